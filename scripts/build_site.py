"""Build the site of docs/ into dist/site: pages, search, API reference, llms.txt.

The pages are Markdown that GitHub shows as they stand. They are staged in dist/site-source, where
links between them lead to pages of the site and links to other files lead to the source; Sphinx
builds that. ./scripts/docs runs it.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
STAGED: Final = ROOT / "dist" / "site-source"
SITE: Final = ROOT / "dist" / "site"
_OWN: Final = ROOT / "docs" / "site"  # what only the site has
URLS: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "urls"
]

_ABOUT: Final = """# chessa

> Typed Python client, sync and async, for the Chessa Accounts API: crypto in, fiat paid out. A call
> returns a typed model, or raises an error whose `outcome` says whether money may have moved.

Three rules. Never send a write again after `UNKNOWN` or `DONE`: check first. Make the reference of
an intent before its job is queued. Amounts are `Decimal`, never float.
"""

_TOP: Final = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "docs/README.md": "index.md",
    "docs/reference/README.md": "reference/index.md",
    "docs/migration/README.md": "migration/index.md",
}
_LINK: Final = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#])")
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\((\S*pictures/\S+\.svg)\)")
_TITLE: Final = re.compile(r"^# (.+)$", re.MULTILINE)
_FENCE: Final = re.compile(r"^( *```.*?^ *```)$", re.DOTALL | re.MULTILINE)


def pages() -> dict[str, str]:
    """Return the page of the site for each page of the project, by their paths."""
    found = dict(_TOP)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        name = path.relative_to(ROOT).as_posix()
        if not path.is_relative_to(_OWN):
            found.setdefault(name, name.removeprefix("docs/"))
    return found


def moved(name: str, text: str, known: Mapping[str, str]) -> str:
    """Return the text of a page with its links as the site needs them."""
    there = Path(known[name]).parent

    def link(found: re.Match[str]) -> str:
        if ":" in found[1]:
            return found[1]
        path = os.path.relpath((ROOT / name).parent / found[1], ROOT)
        if path in known or path.endswith(".svg"):
            return os.path.relpath(known.get(path, path.removeprefix("docs/")), there)
        return f"{URLS['Source']}/{path}"

    parts = _FENCE.split(text)
    return "".join(part if at % 2 else _LINK.sub(link, part) for at, part in enumerate(parts))


def with_pictures(page: str, text: str) -> str:
    """Return the text with each picture in it, so that it has the colours of the page."""

    def drawing(found: re.Match[str]) -> str:
        svg = (STAGED / page).parent / found[1]
        return f"```{{raw}} html\n{svg.read_text(encoding='utf-8')}```"

    return _PICTURE.sub(drawing, text)


def stage() -> dict[str, str]:
    """Write the source of the site, and return its pages in Markdown without directives."""
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(_OWN, STAGED)
    for picture in (ROOT / "docs").rglob("*.svg"):
        write(STAGED / picture.relative_to(ROOT / "docs"), picture.read_text(encoding="utf-8"))
    known = pages()
    plain = {
        page: moved(name, (ROOT / name).read_text(encoding="utf-8"), known)
        for name, page in known.items()
        if name != "docs/README.md"  # each page of the site has the contents
    }
    contents = STAGED / "contents.md"
    for page, text in plain.items():
        toctree = contents.read_text(encoding="utf-8") if page == "index.md" else ""
        write(STAGED / page, with_pictures(page, text) + toctree)
    contents.unlink()
    return plain


def write(path: Path, text: str) -> None:
    """Write a file, and its folder where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build() -> None:
    """Run Sphinx; every warning is an error."""
    shutil.rmtree(SITE, ignore_errors=True)
    options = ("--fail-on-warning", "--keep-going", "--quiet", "--jobs", "auto")
    command = (sys.executable, "-m", "sphinx", *options, "-b", "html", "-c", _OWN, STAGED, SITE)
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("The site was not built: fix the warnings above.")


def write_for_agents(plain: Mapping[str, str]) -> None:
    """Write each page as Markdown, and `llms.txt` with all of them (https://llmstxt.org)."""
    lines, everything = [_ABOUT], [_ABOUT]
    for page, text in sorted(plain.items(), key=lambda item: (item[0] != "index.md", item[0])):
        write(SITE / page, text)
        title = _TITLE.findall(text)[0].replace("`", "")
        lines.append(f"- [{title}]({URLS['Documentation']}/{page}): {summary(text)}")
        everything.append(f"<!-- {page} -->\n\n{text.strip()}\n")
    write(SITE / "llms.txt", lines[0] + "\n## Pages\n\n" + "\n".join(lines[1:]) + "\n")
    write(SITE / "llms-full.txt", "\n".join(everything))


def summary(text: str) -> str:
    """Return the first sentence of a page, without markup."""
    paragraphs = (part.replace("\n", " ") for part in text.split("\n\n")[1:])
    first = next(part for part in paragraphs if part[:1].isalpha() or part[:1] in "`[")
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first)
    return re.split(r"(?<=[.?])\s", plain, maxsplit=1)[0]


def main() -> None:
    """Build the site."""
    plain = stage()
    build()
    write_for_agents(plain)
    print(f"The site is in {SITE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()

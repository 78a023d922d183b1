"""Draw docs/pictures/*.dot as SVG with Graphviz; ./scripts/docs --pictures runs it.

The SVG is committed, with the hash of its source, which a test compares: building the site needs no
Graphviz. Colours are those of the page, light or dark.
"""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"

_LOOK: Final = (
    "-Gbgcolor=transparent", "-Gfontname=sans-serif", "-Gfontsize=15", "-Glabelloc=t",
    "-Gnodesep=0.35", "-Granksep=0.45", "-Gpad=0.15",
    "-Nshape=box", "-Nfontname=sans-serif", "-Nfontsize=12", "-Nmargin=0.16,0.08",
    "-Nheight=0.35",
    "-Efontname=sans-serif", "-Efontsize=11", "-Earrowsize=0.7",
)  # fmt: skip
_STYLE: Final = """<style>
.picture { color: #1f2328; --good: #1a7f37; --bad: #b42318 }
@media (prefers-color-scheme: dark) { .picture { color: #e6edf3; --good: #4ac26b; --bad: #ff8182 } }
.picture text { fill: currentColor }
.picture .node path, .picture .node polygon { fill: none; stroke: currentColor }
.picture .edge path { fill: none; stroke: currentColor }
.picture .edge polygon { fill: currentColor; stroke: currentColor }
.picture .good > path, .picture .good > polygon { stroke: var(--good) }
.picture .bad > path, .picture .bad > polygon { stroke: var(--bad) }
.picture .edge.good > polygon { fill: var(--good) }
.picture .edge.bad > polygon { fill: var(--bad) }
</style>"""


def hash_of(source: Path) -> str:
    """Return what the SVG says about its source."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def draw(source: Path) -> str:
    """Return the SVG of a source."""
    dot = shutil.which("dot")
    if dot is None:
        raise SystemExit("Graphviz is not installed: `dot` was not found.")
    drawn = subprocess.run(
        [dot, "-Tsvg", *_LOOK, source], capture_output=True, text=True, check=True
    )
    svg = drawn.stdout[drawn.stdout.index("<svg") :]
    title = re.findall(r'label="(.*)"', source.read_text(encoding="utf-8"))[0]
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:stroke|fill)="(?:black|none|transparent)"', "", svg)
    svg = re.sub(r"<title>.*?</title>\n?", "", svg)
    head, _, rest = svg.partition(">\n")
    named = f'{head} class="picture" role="img" aria-label="{title}">'
    return f"<!-- {source.name} sha256 {hash_of(source)} -->\n{named}\n{_STYLE}\n{rest}"


if __name__ == "__main__":
    for source in sorted(PICTURES.glob("*.dot")):
        source.with_suffix(".svg").write_text(draw(source), encoding="utf-8")
        print(f"drew {source.stem}.svg")

"""Text of the vendor stays text: no markup of the spec takes effect on a page."""

import pytest
from markdown_it.token import Token

from chessa_codegen.docs import markdown
from tests.docs.made import Reference, document, make
from tests.docs.pages import headings, links, parsed, rows, text_of
from tests.marks import table

HOSTILE = (
    "```python\nimport os; os.system('true')\n```",
    "``````````\nx",
    "~~~\nx\n~~~",
    "    indented by four",
    "# Heading",
    "Heading\n=======",
    "Heading\n---",
    "---",
    "***",
    "> quote",
    "- item\n- item",
    "+ item",
    "* item",
    "1. item",
    "12345) item",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment",
    "--> after a comment",
    "<details><summary>x</summary>",
    "<https://evil.example/>",
    "[click](javascript:alert(1))",
    "](javascript:alert(1))",
    "[a]: javascript:alert(1)\n[a]",
    "![image](https://evil.example/x.png)",
    "| a | b |\n|---|---|\n| c | d |",
    "a | b",
    "\\| a \\\\| b",
    "`|`",
    "`` ` ``",
    "a `code` and ``more``",
    "*emphasis* __strong__ ~~struck~~",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "$x$ and $$y$$",
    "{{ 7 * 7 }} {% raw %}",
    "back\\slash \\ `end\\",
    "line\rreturn\x0bfeed",
    "separator\u2028and\u2029paragraph",
    "\u202eright to left\u202c and zero\u200bwidth",
    "trailing two spaces  \nnext",
    "\"\"\"\nquotes '''",
    "[^1]: note",
    ":---:",
    "=",
    "",
    "   ",
)
IN_A_SPEC = [text for text in HOSTILE if "\x0b" not in text]
"""Controls are refused long before."""


def plain(text: str) -> str:
    """Return a text as a reader must see it: white space joined, direction marks escaped."""
    shown = text.replace("\u202e", "\\u202e").replace("\u202c", "\\u202c")
    return " ".join(shown.replace("\u200b", "\\u200b").split())


def only_text(tokens: list[Token]) -> bool:
    """Return whether the tokens are a paragraph of text."""
    allowed = {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}
    return {token.type for token in tokens} <= allowed


@table("text", HOSTILE)
def test_prose_stays_text(text: str) -> None:
    """A paragraph of any text shows this text."""
    tokens = parsed(markdown.text(text))
    assert only_text(tokens)
    assert "".join(text_of(token) for token in tokens if token.type == "inline") == plain(text)


@table("text", HOSTILE)
def test_a_cell_holds_any_text(text: str) -> None:
    """A table keeps its form: as many cells in each row, each with its own text."""
    cells = [write(text) for write in (markdown.text, markdown.sentence, markdown.code)]
    lines = markdown.table(("a", "b", "c"), [*(("one", each, "three") for each in cells), "xyz"])
    _, *found, last = rows(parsed("\n".join(lines)))
    assert last == ["x", "y", "z"]
    for one, cell, three in found:
        assert (one, three) == ("one", "three")
        assert "".join(cell.split()).rstrip(".") == "".join(plain(text).split()).rstrip(".")


@table("text", HOSTILE)
def test_code_is_one_span(text: str) -> None:
    """A code span holds any text, or it is plain text; on one line either way."""
    written = markdown.code(text)
    assert "\n" not in written
    tokens = parsed(f"before {written} after")
    assert only_text([token for token in tokens if token.type != "code_inline"])


@table("text", HOSTILE)
def test_a_block_ends_where_it_must(text: str) -> None:
    """No line of a block closes it."""
    tokens = parsed("\n".join(["before", *markdown.block("python", text.splitlines()), "after"]))
    assert [token.type for token in tokens if token.block and token.level == 0] == [
        *("paragraph_open", "paragraph_close", "fence"),
        *("paragraph_open", "paragraph_close"),
    ]


def test_only_plain_addresses_become_links() -> None:
    """The source of an operation is a link only if it is a plain https address."""
    for url in ("https://docs.chessa.ai/a-b/c_d#e?f=g", "https://example.com"):
        assert links(parsed(markdown.link(url))) == [url]
    for url in ("javascript:alert(1)", "https://a b", "https://a>b", "http://x/", "https://x/)"):
        assert not links(parsed(markdown.link(url)))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Make the reference of a document all of whose text is hostile."""
    prose = "\n\n".join(IN_A_SPEC)
    schema = {
        "type": "object",
        "title": "Thing",
        "description": prose,
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "description": prose, "example": prose},
            "kind": {"title": "Kind", "type": "string", "enum": list(HOSTILE[:5]), "example": "`"},
            "a|b `c` <i>": {"type": "string", "description": prose},
            **{f"p{n}": {"type": "string", "example": text} for n, text in enumerate(IN_A_SPEC)},
        },
    }
    error = {"error": "a|`b`<script>", "message": [prose, "| x |"], "statusCode": 400}
    body = {"application/json": {"schema": schema, "examples": {"x": {"value": {"id": prose}}}}}
    operation = {
        "tags": ["Things"],
        "summary": prose,
        "description": prose,
        "x-source": {"page": "javascript:alert(1)", "completeness": prose, "notSeen": [prose]},
        "parameters": [
            {
                "name": "q",
                "in": "query",
                "required": True,
                "description": prose,
                "schema": {"type": "string", "example": prose},
            }
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {"description": prose, "content": body},
            "400": {
                "description": prose,
                "content": {"application/json": {"schema": {}, "example": error}},
            },
        },
    }
    tags = [{"name": "Things", "description": prose}]
    spec = document({"/things": {"post": operation}}, tags=tags)
    return make(tmp_path_factory.mktemp("hostile"), spec)


def test_hostile_pages_have_our_structure_only(hostile: Reference) -> None:
    """Headings, blocks and links are those that the pages make; no HTML, image, list or quote."""
    known = {"things", "things.post_things", "Classes", "Kind", "Thing", "Reference"}
    known |= {"How to read the pages", "Classes from A to Z", "Other classes", "What to check"}
    for page in hostile.pages:
        tokens = parsed(page.read_text(encoding="utf-8"))
        kinds = [token.type for token in tokens]
        assert kinds.count("html_block") == 1  # the first line
        assert not {"html_inline", "image", "hr", "blockquote_open", "code_block"} & {*kinds}
        assert ("bullet_list_open" in kinds) == (page.stem == "README")
        assert "ordered_list_open" not in kinds
        assert set(headings(tokens)) <= known
        fences = [token.info for token in tokens if token.type == "fence"]
        assert fences == (["pyi", "python"] if page.stem == "things" else [])
        for link in links(tokens):
            assert link.partition("#")[0] in {"", "README.md", "things.md", "models.md"} | {
                "what-to-check.md",
                "../did-it-happen.md",
                "../errors.md",
                "../testing.md",
            }
        widths = {len(row) for row in rows(tokens)}
        assert all(widths) or not widths


def test_hostile_values_stay_values(hostile: Reference) -> None:
    """The example is Python whose literals are the spec's texts, and that calls nothing else."""
    tokens = parsed(hostile.page("things"))
    code = next(token.content for token in tokens if token.info == "python")
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = []

    class Things:
        def post_things(self, *args: object, **named: object) -> object:
            calls.append((args, named))
            return self

        id = "x"

    class Client:
        things = Things()

    before, _, call = code.partition("with sandbox() as api, api.client() as chessa:\n")
    assert before == "from chessa.testing import sandbox\n\n"
    source = "\n".join(line.removeprefix("    ") for line in call.splitlines())
    exec(source, {"chessa": Client(), "print": lambda *_: None})  # noqa: S102
    prose = "\n\n".join(IN_A_SPEC)
    assert calls == [((), {"q": prose, "id": prose})]


def test_hostile_text_is_all_there(hostile: Reference) -> None:
    """The page shows every text of the spec."""
    tokens = parsed(hostile.page("things"))
    seen = " ".join(text_of(token) for token in tokens if token.type == "inline")
    assert [text for text in IN_A_SPEC if plain(text) not in " ".join(seen.split())] == []

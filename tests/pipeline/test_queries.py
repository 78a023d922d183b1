"""Queries of an overlay find what the library finds."""

from pathlib import Path
from typing import Any, Final

import jsonpath_rfc9535
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa_codegen.document import loader
from chessa_codegen.overlay import apply, queries

ROOT: Final = Path(__file__).resolve().parents[2]
_NAMES = ("a", "b", "title")
_SCALARS = st.sampled_from((None, True, False, 0, 1, "", "a", "Order"))
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)
_STEPS = st.lists(
    st.sampled_from((".a", ".b", ".title", "['a']", "[0]", "[-1]", "[1]")), max_size=3
).map("".join)
_LITERALS = st.sampled_from(("'Order'", "'a'", "''", "1", "true", "null"))


def _conditions() -> st.SearchStrategy[str]:
    definite = st.builds("{}{}".format, st.sampled_from("@$"), _STEPS)
    plain = st.one_of(
        definite,
        st.builds("{}..a".format, definite),
        st.builds("{}[*]".format, definite),
        st.builds(
            "{} {} {}".format,
            definite | _LITERALS,
            st.sampled_from(("==", "!=", "<", ">=")),
            definite | _LITERALS,
        ),
        st.builds("length({}) == 1".format, definite),
        st.builds("count({}.*) == 1".format, definite),
        st.builds("match({}, '[aO].*')".format, definite),
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.builds("({} && {})".format, inner, inner),
            st.builds("({} || {})".format, inner, inner),
            st.builds("!({})".format, inner),
            st.builds("@[?{}]".format, inner),
        ),
        max_leaves=4,
    )


_QUERIES = st.lists(
    st.one_of(
        _STEPS,
        st.sampled_from((".*", "..*", "..a", "..[0]", "[0, 'a', 0]", "[1:]", "[::-1]")),
        st.builds("[?{}]".format, _conditions()),
        st.builds("..[?{}]".format, _conditions()),
    ),
    max_size=3,
).map(lambda steps: "".join(["$", *steps]))


@given(_DOCUMENTS, _QUERIES)
def test_the_same_nodes_in_the_same_order(document: Any, query: str) -> None:
    """Names, indexes, filters and descents select the library's nodes, or are refused alike."""
    assert _found(queries.compiled, query, document) == _found(
        jsonpath_rfc9535.compile, query, document
    )


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("$.paths['/v1/orders'].post", ["$['paths']['/v1/orders']['post']"]),
        ("$.tags[-1].name", ["$['tags'][1]['name']"]),
        ("$.tags[2]", []),
        ("$.tags['0']", []),
        ("$.paths[0]", []),
        ("$..[?@.name == 'two']", ["$['tags'][1]"]),
        ("$..[?@.name && !@.other || @.post]", None),
    ],
)
def test_plain_queries(query: str, places: list[str] | None) -> None:
    """A name selects a member, an index an item, and neither selects the other."""
    document = {
        "paths": {"/v1/orders": {"post": {}}},
        "tags": [{"name": "one", "other": None}, {"name": "two"}],
    }
    found = queries.compiled(query).find(document)
    assert places is None or found.paths() == places
    assert found.paths() == jsonpath_rfc9535.find(query, document).paths()


def test_too_deep_a_document_is_refused_alike() -> None:
    """A descent stops at the depth at which the library stops."""
    document: Any = {}
    for _ in range(150):
        document = [document]
    for query in ("$..a", "$[?@..a]"):
        with pytest.raises(jsonpath_rfc9535.JSONPathRecursionError):
            queries.compiled(query).find(document)


def test_queries_of_our_overlay() -> None:
    """Each query of spec/overlay.yaml selects the same nodes of the vendored document."""
    document = loader.read(ROOT / "spec" / "openapi.yaml")
    for action in apply.parse(loader.read(ROOT / "spec" / "overlay.yaml")).actions:
        for query in filter(None, (action.target, action.obsolete_when)):
            assert _found(queries.compiled, query, document) == _found(
                jsonpath_rfc9535.compile, query, document
            ), query


def _found(compiler: Any, query: str, document: Any) -> Any:
    try:
        found = compiler(query).find(document)
    except jsonpath_rfc9535.JSONPathError as error:
        return type(error)
    return [
        (node.location, id(node.value), node.parent and node.parent.location, id(node.root))
        for node in found
    ]

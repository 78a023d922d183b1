"""JSONPath queries, followed by jsonpath-rfc9535 with less work for what is plain.

The overlay's time is spent in the conditions of its filters, such as `@.title == 'Order'`, on each
node of the document. Those that follow names and indexes are read here without the nodes between,
the right side of `&&` and `||` is read only where it counts, and descendants come from a stack.
Everything else is the library's, and so is the meaning: `tests/pipeline/test_queries.py` holds the
two equal.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from jsonpath_rfc9535 import JSONPathNode, JSONPathQuery, JSONPathRecursionError
from jsonpath_rfc9535 import compile as compile_query
from jsonpath_rfc9535.filter_expressions import (
    ComparisonExpression,
    Expression,
    FilterContext,
    FilterExpression,
    FilterQuery,
    FunctionExtension,
    LogicalExpression,
    PrefixExpression,
    RelativeFilterQuery,
    StringLiteral,
)
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import FilterSelector, IndexSelector, NameSelector

_Steps = tuple[str | int, ...]


@functools.cache
def compiled(query: str) -> JSONPathQuery:
    """Return a query that finds what the library's finds, in the same order."""
    return _faster(compile_query(query))


def _faster(query: JSONPathQuery) -> JSONPathQuery:
    steps = _steps(query)
    if steps is not None:
        return _Definite(query, steps)
    return JSONPathQuery(env=query.env, segments=tuple(map(_segment, query.segments)))


def _segment(segment: JSONPathSegment) -> JSONPathSegment:
    selectors = tuple(
        FilterSelector(env=one.env, token=one.token, expression=_condition(one.expression))
        if isinstance(one, FilterSelector)
        else one
        for one in segment.selectors
    )
    is_descent = isinstance(segment, JSONPathRecursiveDescentSegment)
    made = _Descent if is_descent else type(segment)
    return made(env=segment.env, token=segment.token, selectors=selectors)


def _condition(one: Expression) -> Any:
    """Return what is true where an expression holds, and false elsewhere."""
    inner = one.expression if isinstance(one, FilterExpression) else one
    if isinstance(inner, RelativeFilterQuery) and (steps := _steps(inner.query)):
        return _Is(inner, steps)
    found = _expression(inner)
    is_truth = isinstance(found, _Is | _Logical | ComparisonExpression | PrefixExpression)
    return found if is_truth else FilterExpression(one.token, found)


def _expression(one: Expression) -> Expression:
    match one:
        case ComparisonExpression(
            left=RelativeFilterQuery(query=query), operator="==", right=StringLiteral(value=text)
        ) if steps := _steps(query):
            return _Is(one, steps, text)
        case ComparisonExpression():
            left, right = _expression(one.left), _expression(one.right)
            return ComparisonExpression(one.token, left, one.operator, right)
        case LogicalExpression():
            left, right = _condition(one.left), _condition(one.right)
            return _Logical(one.token, left, one.operator, right)
        case PrefixExpression():
            return PrefixExpression(one.token, one.operator, _condition(one.right))
        case FunctionExtension():
            return FunctionExtension(one.token, one.name, [_expression(each) for each in one.args])
        case FilterQuery():
            return type(one)(one.token, _faster(one.query))
        case _:
            return one


# ---- Names and indexes ---------------------------------------------------------------------------


def _steps(query: JSONPathQuery) -> _Steps | None:
    """Return the names and indexes that a query consists of, or None if it has more."""
    if not query.singular_query():
        return None
    selectors = (segment.selectors[0] for segment in query.segments)
    return tuple(
        one.name if isinstance(one, NameSelector) else one.index
        for one in selectors
        if isinstance(one, NameSelector | IndexSelector)
    )


def _key(held: Any, step: str | int) -> str | int | None:
    """Return the key of a child, an index from the start, or None if there is no such child."""
    if isinstance(step, str):
        return step if isinstance(held, dict) and step in held else None
    is_there = isinstance(held, list) and -len(held) <= step < len(held)
    return step % len(held) if is_there else None


class _Definite(JSONPathQuery):
    """A query that selects one node or none."""

    __slots__ = ("_steps",)

    def __init__(self, query: JSONPathQuery, steps: _Steps) -> None:
        super().__init__(env=query.env, segments=query.segments)
        self._steps: Final = steps

    def finditer(self, value: Any) -> Iterable[JSONPathNode]:
        node = JSONPathNode(value=value, location=(), parent=None, root=value)
        for step in self._steps:
            held: Any = node.value
            key = _key(held, step)
            if key is None:
                return ()
            node = node.new_child(held[key], key, node)
        return (node,)


class _Is(Expression):
    """A condition: the current node has a value at a place, and if a text is given, that one."""

    __slots__ = ("_steps", "_text")

    def __init__(self, written: Expression, steps: _Steps, text: str | None = None) -> None:
        super().__init__(written.token)
        self._steps: Final = steps
        self._text: Final = text

    def evaluate(self, context: FilterContext) -> bool:
        held: Any = context.current
        for step in self._steps:
            key = _key(held, step)
            if key is None:
                return False
            held = held[key]
        return self._text is None or held == self._text


# ---- Conditions and descendants ------------------------------------------------------------------


class _Logical(LogicalExpression):
    """`&&` or `||` of two conditions, the second of which is read only where it counts."""

    def evaluate(self, context: FilterContext) -> bool:
        left = bool(self.left.evaluate(context))
        return left if left == (self.operator == "||") else bool(self.right.evaluate(context))


class _Descent(JSONPathRecursiveDescentSegment):
    """Descendants in the library's order. Nodes are made for what is selected, and not before."""

    def resolve(self, nodes: Iterable[JSONPathNode]) -> Iterator[JSONPathNode]:
        for start in nodes:
            context = FilterContext(env=self.env, current=None, root=start.root)
            stack: list[tuple[Any, _Way, int]] = [(start.value, start, 1)]
            while stack:
                value, way, depth = stack.pop()
                if depth > self.env.max_recursion_depth:
                    raise JSONPathRecursionError("recursion limit exceeded", token=self.token)
                children = _members(value)
                for selector in self.selectors:
                    if not isinstance(selector, FilterSelector):
                        yield from selector.resolve(_node(way))
                        continue
                    for key, child in children:
                        context.current = child
                        if selector.expression.evaluate(context):
                            yield _node((way, key, child))
                stack += [
                    (child, (way, key, child), depth + 1)
                    for key, child in reversed(children)
                    if isinstance(child, dict | list)
                ]


_Way: TypeAlias = "JSONPathNode | tuple[_Way, str | int, Any]"
"""A node, or how to make one: its parent, its key and its value."""


def _node(way: _Way) -> JSONPathNode:
    steps: list[tuple[str | int, Any]] = []
    while not isinstance(way, JSONPathNode):
        way, key, value = way
        steps.append((key, value))
    node = way
    for key, value in reversed(steps):
        node = node.new_child(value, key, node)
    return node


def _members(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return [*value.items()]
    return [*enumerate(value)] if isinstance(value, list) else []

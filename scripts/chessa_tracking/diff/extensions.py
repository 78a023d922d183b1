"""Keys that no rule of their own names: prose, examples, extensions, and what nobody knows.

In: a key of the document. Out: the rule of its change.
"""

from typing import Final

from chessa_tracking.diff.node import EXAMPLES, PROSE

OURS: Final = frozenset(
    {"x-resource", "x-safe-to-repeat", "x-unwrap", "x-mutually-exclusive", "x-iterate"}
    | {"x-optional", "x-python-name", "x-open-enum"}
)
"""Extensions that the pipeline reads, and that shape the client; CONTRIBUTING has the table."""


def rule_of_key(key: str) -> str:
    """The rule of a key whose value changed."""
    if key in PROSE or key == "x-source":
        return "documentation-changed"
    if key in EXAMPLES:
        return "example-changed"
    if key in OURS:
        return "extension-changed"
    return "vendor-extension-changed" if key.startswith("x-") else "other-change"

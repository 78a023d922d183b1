"""Pieces of Python source, for the templates: docstrings, literals, signatures, hints.

Prose of the spec enters the generated code here and nowhere else, as an escaped docstring.
"""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.characters import in_prose, literal
from chessa_codegen.ir import types
from chessa_codegen.ir.links import after_unknown
from chessa_codegen.ir.plan import (
    ArgumentPlan,
    BodyPlan,
    EnumPlan,
    FieldPlan,
    LinkPlan,
    OperationPlan,
    ResourcePlan,
    ResponsePlan,
    WebhookPlan,
)
from chessa_codegen.ir.types import Array, Shape

_WIDTH: Final = 100
STREAM: Final = (
    "Close it, or use it in a `with` statement. Each event has the timeout of a call; a stream "
    "that ends or breaks off is not opened again."
)
DEPRECATED: Final = "Deprecated by the vendor."
"""The line of a docstring that says so: a comparison of packages reads it."""
_OPENING: Final = '"""'


def docstring(text: str, indent: int = 0) -> str:
    """Write prose as a docstring: wrapped, indented, and unable to end itself."""
    margin = " " * indent
    lines: list[str] = []
    for line in text.strip().expandtabs(4).splitlines():
        own = " " * min(40, len(line) - len(line.lstrip()))
        wrapped = textwrap.wrap(
            _escaped(line.strip()),
            width=max(40, _WIDTH - indent - len(own) - len(_OPENING)),
            break_long_words=False,
            break_on_hyphens=False,
        )
        hanging = own + ("    " if own else "")
        lines += [(own if i == 0 else hanging) + part for i, part in enumerate(wrapped)] or [""]
    if not lines:
        return f'{margin}"""…"""'
    if len(lines) == 1 and len(margin) + len(lines[0]) + 6 <= _WIDTH:
        return f'{margin}"""{lines[0]}"""'
    body = [f"{margin}{line}".rstrip() for line in lines[1:]]
    return "\n".join([f'{margin}"""{lines[0]}', *body, f'{margin}"""'])


def draft_docstring(text: str, indent: int = 0) -> str:
    """Write of some prose what a comparison of packages reads: whether a method is deprecated."""
    return docstring(DEPRECATED if DEPRECATED in text.splitlines() else "", indent)


def _escaped(text: str) -> str:
    shown = in_prose(text)
    body, end = (shown[:-1], r"\"") if shown.endswith('"') else (shown, "")
    return body.replace('"""', r"\"\"\"") + end


def codec(shape: Shape) -> str:
    return types.codec(shape)


def field_hint(field: FieldPlan) -> str:
    """Return the type that an attribute has when it can be read."""
    return types.hint(_read_as(field))


def _read_as(field: FieldPlan) -> Shape:
    """Return the shape to read: an optional field may also be null."""
    return types.nullable(field.shape) if field.optional else field.shape


def words_of(one: FieldPlan | ArgumentPlan) -> str:
    """Return the docstring of an attribute or argument: the description, and a short example."""
    shown = f"Example: `{one.example}`" if one.example else ""
    told = DEPRECATED if isinstance(one, ArgumentPlan) and one.deprecated else ""
    return "\n\n".join(filter(None, (told, one.description, shown))).strip()


def field_value(field: FieldPlan) -> str:
    """Return the right-hand side of an attribute of a model."""
    bound = f"{literal(field.key)}, {codec(_read_as(field))}"
    if field.essential and field.read_only:
        return f"_fields.read_only({bound})"
    if field.essential:
        return f"attrs.field(metadata=_fields.required({bound}))"
    if field.required and not field.read_only and not field.optional:
        return f"_fields.expected({bound})"
    return f"_fields.{'optional' if field.optional else 'documented'}({bound})"


def item_hint(field: FieldPlan) -> str:
    """Return the type of the items of an array attribute."""
    shape = types.without_null(field.shape)
    return types.hint(shape.item) if isinstance(shape, Array) else "Any"


def constants(enum: EnumPlan) -> Iterator[tuple[str, str | int]]:
    """Yield the constants of an enum and their values."""
    yield from enum.constants.items()


def words_of_value(enum: EnumPlan, value: str | int) -> str:
    """Return the docstring of a constant: the description of its value."""
    return enum.descriptions.get(value, "").strip()


def constant_name(operation: OperationPlan) -> str:
    """Return the name of the constant that holds an operation."""
    name = operation.method_name.upper()
    return f"{name}_" if name == "UNSET" else name  # its module has the sentinel of that name


def about(resource: ResourcePlan) -> str:
    """Return the docstring of a resource class."""
    return "\n".join(_paragraphs(resource.description or f"Operations on {resource.name}"))


def result_hint(operation: OperationPlan, lists: str = "builtins.list") -> str:
    """Return the hint of a result. `builtins.list`: a resource may have a method `list`."""
    return "None" if operation.result is None else types.hint(operation.result, lists=lists)


def returned_hint(
    operation: OperationPlan, *, awaited: bool = False, lists: str = "builtins.list"
) -> str:
    """Return the hint of what a method returns: its result, or a stream of events of that data."""
    hint = result_hint(operation, lists)
    prefix = "Async" if awaited else ""
    return f"{prefix}EventStream[{hint}]" if operation.streams else hint


def webhook_hint(webhook: WebhookPlan) -> str:
    """Return the type of a body that the API sends."""
    return types.hint(webhook.shape)


def webhook_text(webhook: WebhookPlan) -> str:
    """Return the docstring of a webhook or callback."""
    lines = _paragraphs(webhook.summary or webhook.description or f"The request `{webhook.key}`")
    if webhook.summary and webhook.description not in ("", webhook.summary):
        lines += ["", webhook.description]
    return "\n".join(lines)


_IMPORTS: Final = (
    ("builtins.", "import builtins"),
    ("datetime.", "import datetime"),
    ("Mapping[", "from collections.abc import Mapping"),
    ("Sequence[", "from collections.abc import Sequence"),
    ("Decimal", "from decimal import Decimal"),
    ("Any", "from typing import Any"),
    ("os.PathLike", "import os"),
    ("FileContent", "from ...files import FileContent"),
    ("SavedFile", "from ...files import SavedFile"),
    ("EventStream[", "from ...events import AsyncEventStream, EventStream"),
    ("Literal[", "from typing import Literal"),
)


def hints_of(resource: ResourcePlan) -> str:
    """Return all hints in the signatures of a resource: its module imports what they name."""
    operations = resource.operations
    hints = {returned_hint(operation) for operation in operations}
    hints |= {_hint(argument) for op in operations for argument in op.arguments}
    hints |= {file_signature(op) + " -> SavedFile" for op in operations if op.file_method}
    return "; ".join(sorted(hints))


def imports(hints: str) -> str:
    """Return the imports of the standard library that hints need."""
    return "\n".join(line for token, line in _IMPORTS if token in hints)


def argument_value(argument: ArgumentPlan) -> str:
    """Return the `Argument` of an operation's argument."""
    parts = [literal(argument.name), literal(argument.key), literal(argument.location)]
    parts.append(codec(argument.shape))
    if argument.required:
        parts.append("required=True")
    said = attrs.asdict(argument.form, filter=lambda field, value: value != field.default)
    parts += [f"{name}={literal(value)}" for name, value in said.items()]
    return f"Argument({', '.join(parts)})"


def body_value(body: BodyPlan) -> str:
    """Return the `BodyForm` of a request body."""
    parts = [literal(body.kind), literal(body.media_type)]
    if body.encodings:
        said = [f"{literal(key)}: {_encoding(each)}" for key, each in body.encodings.items()]
        parts.append(f"{{{', '.join(said)}}}")
    return f"_media.BodyForm({', '.join(parts)})"


def _encoding(said: Mapping[str, Any]) -> str:
    names = {"contentType": "content_type", "style": "style", "explode": "explode"}
    parts = [f"{names[key]}={literal(value)}" for key, value in said.items()]
    return f"_media.Encoding({', '.join(parts)})"


def response_value(response: ResponsePlan) -> str:
    """Return the codec of a response; None where it has no content."""
    if len(response.forms) > 1:
        forms = [f"{literal(name)}: {codec(shape)}" for name, shape in response.forms]
        return f"_media.by_type({{{', '.join(forms)}}})"
    return "None" if response.shape is None else codec(response.shape)


def link_value(link: LinkPlan) -> str:
    """The `Link` of an operation's Link."""
    pairs = (f"{literal(name)}: {literal(text)}" for name, text in link.arguments.items())
    parts = [literal(link.operation), f"{{{', '.join(pairs)}}}"]
    if link.evidence is not None:
        parts.append(f"evidence={literal(link.evidence)}")
    return f"Link({', '.join(parts)})"


def call(operation: OperationPlan) -> str:
    """Return the arguments with which a method calls its operation."""
    named = [f"{argument.name}={argument.name}" for argument in operation.arguments]
    return ", ".join([constant_name(operation), *named])


def signature(operation: OperationPlan) -> str:
    """Return the parameters of a method, itself included."""
    return ", ".join(["self", *parameters(operation)])


def file_signature(operation: OperationPlan) -> str:
    """Return the parameters of the method that saves a response to a file."""
    return ", ".join(["self", "file: str | os.PathLike[str]", "/", *parameters(operation)])


def file_call(operation: OperationPlan) -> str:
    """Return the arguments with which that method calls its operation."""
    name = constant_name(operation)
    return call(operation).replace(name, f"{name}.saved_to(file)", 1)


def file_text(operation: OperationPlan) -> str:
    """Return the docstring of that method."""
    return "\n".join(
        [
            f"Save the response of `{operation.method_name}` to a file.",
            "",
            "It is written next to its place, and put there once it is complete. Its length has no "
            "limit but the deadline of the call.",
            "",
            "Args:",
            "    file: The path, in a folder that exists. A file there is replaced.",
            "",
            "Returns:",
            "    `SavedFile`: the path, the size and the digest.",
        ]
    )


def parameters(operation: OperationPlan) -> list[str]:
    """Return the parameters of a call: path ones by position or name, all others by name only."""
    in_path, named = _ordered(operation)
    return [*map(_parameter, in_path), *(["*"] if named else []), *map(_parameter, named)]


def in_order(operation: OperationPlan) -> list[ArgumentPlan]:
    """Return the arguments in the order of the signature."""
    in_path, named = _ordered(operation)
    return [*in_path, *named]


def _ordered(operation: OperationPlan) -> tuple[list[ArgumentPlan], list[ArgumentPlan]]:
    """Return the arguments by position, and those by name: required ones first."""
    in_path = [a for a in operation.arguments if a.location == "path"]
    named = [a for a in operation.arguments if a.location != "path"]
    return in_path, sorted(named, key=lambda argument: not argument.required)


def _parameter(argument: ArgumentPlan) -> str:
    return f"{argument.name}: {_hint(argument)}{'' if argument.required else ' = UNSET'}"


def _hint(argument: ArgumentPlan) -> str:
    hint = types.hint(argument.shape, argument=True)
    if argument.form.allow_empty_value and "str" not in hint.split(" | "):
        hint += ' | Literal[""]'
    return hint if argument.required else f"{hint} | Unset"


def method_text(operation: OperationPlan) -> str:
    """Return the docstring of a method."""
    lines = _paragraphs(operation.summary or operation.description or f"Call {operation.name}")
    if operation.description and operation.description != operation.summary and operation.summary:
        lines += ["", operation.description]
    vendor = f" (the vendor's `{operation.operation_id}`)" if operation.operation_id else ""
    kind = (
        "Read operation. Retried on transient failures."
        if operation.is_read
        else ("Write operation. Never retried once any byte of the request may have been sent.")
    )
    lines += ["", f"`{operation.method} {operation.path}`{vendor}. {kind}"]
    if not operation.is_read:
        lines += ["", after_unknown(operation)]
    if operation.deprecated:
        lines += ["", DEPRECATED]
    described = [(a.name, words_of(a)) for a in in_order(operation)]
    if any(words for _, words in described):
        lines += ["", "Args:"]
        lines += [f"    {name}: {' '.join(words.split())}" for name, words in described if words]
    lines += _returns(operation)
    for group in operation.exclusive:
        lines += ["", f"Give only one of {' and '.join(f'`{name}`' for name in group)}."]
    succeeds = any(response.status[0] == "2" for response in operation.responses)
    failures = "45d" if succeeds else "45"
    errors: dict[str, list[str]] = {}
    for response in operation.responses:
        if response.status[0] in failures:
            errors.setdefault(" ".join(response.description.split()), []).append(response.status)
    if errors:
        lines += ["", "Documented errors:"]
        lines += [f"    {', '.join(s)}: {words}".rstrip(": ") for words, s in errors.items()]
    if operation.source:
        lines += ["", f"Source: {operation.source}"]
    return "\n".join(lines)


def _returns(operation: OperationPlan) -> list[str]:
    if operation.result is None:
        return []
    kinds = types.hint(operation.result).replace("models.", "")
    if operation.streams:
        return ["", "Returns:", f"    A stream of events: `data` of each is `{kinds}`. {STREAM}"]
    origin = f", the `{operation.unwrap}` of the response" if operation.unwrap else ""
    return ["", "Returns:", f"    `{kinds}`{origin}."]


def _paragraphs(text: str) -> list[str]:
    """Return prose with its first sentence on a line of its own, as in docstrings."""
    first, _, rest = text.strip().partition("\n\n")
    return [_sentence(first), *(["", rest.strip()] if rest.strip() else [])]


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."

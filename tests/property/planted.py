"""Bugs to plant: each a small change of the package that a careful reviewer could miss.

In: a copy of the generated and the hand-written package. Out: the copy with one bug in it. Each bug
names the property that has to see it.
"""

import re
from pathlib import Path
from typing import Final

import attrs


@attrs.frozen
class Bug:
    """A change: in the first of these files where the pattern is found, once."""

    name: str
    seen_by: str
    files: str
    find: str
    put: str
    examples: int = 6
    """How many values are drawn for each test: more where few of them show it."""

    def plant(self, folder: Path) -> None:
        """Change the copy in this folder."""
        for path in sorted(folder.glob(self.files)):
            text = path.read_text(encoding="utf-8")
            changed, count = re.subn(self.find, self.put, text, count=1, flags=re.DOTALL)
            if count and changed != text:
                path.write_text(changed, encoding="utf-8")
                return
        raise AssertionError(f"{self.name}: {self.files} has no place for it any more")


_MODEL: Final = "chessa_api/model.py"
_CODECS: Final = "chessa_api/codecs.py"
_SCALARS: Final = "chessa_api/scalars.py"
_JSON: Final = "chessa_api/exact_json.py"
_OPERATION: Final = "chessa_api/operation.py"
_MODELS: Final = "chessa_api/models/*.py"
_ORDER: Final = "chessa_api/models/order.py"
_METHODS: Final = "chessa_api/api/*/__init__.py"
_OPERATIONS: Final = "chessa_api/api/*/[a-z]*.py"
_OUTCOMES: Final = "chessa/_call/outcomes.py"

BUGS: Final = (
    # ---- Fields and names
    Bug("a field is not declared", "declared", "chessa_api/models/refund.py",
        r"    reason: str = _fields\.documented\(\"reason\", _fields\.STRING\)\n", ""),
    Bug("a field is dropped on read", "round_trip", _ORDER,
        r"self\.(\w+) = \1\n", "pass\n"),
    Bug("a field is dropped on write", "round_trip", _MODEL,
        r"in self\._described\(\)\.fields\.values\(\):\n            value = self\._slot\(name\)",
        "in [*self._described().fields.values()][:-1]:\n            value = self._slot(name)"),
    Bug("a wire name is changed", "round_trip", _MODELS, '"createdAt"', '"created_at"'),
    Bug("a Python name is changed", "declared", _MODELS, "updated_at:", "updated:"),
    Bug("two names are swapped", "round_trip", "chessa_api/models/refund.py",
        r'"orderId"(.*?)"refundAddress"', r'"refundAddress"\1"orderId"'),
    Bug("a required field is not", "declared", "chessa_api/fields.py",
        '"required": True', '"required": False'),
    Bug("a documented field reads as None when it is absent", "declared", _MODEL,
        r"if not field\.optional:", "if False:"),
    Bug("an optional field raises when it is absent", "declared", _MODEL,
        r"if not field\.optional:", "if True:"),
    Bug("null is written for what is absent", "round_trip", _MODEL,
        r"(            )(if key in self\._misfits:)", r"\1members[key] = None\n\1\2"),
    Bug("null is read as absent", "round_trip", _MODEL,
        r"schema = cls\._schema or",
        "data = {k: v for k, v in data.items() if v is not None}\n"
        "        schema = cls._schema or"),
    Bug("absent is read as null", "any_json", _MODEL,
        r"dict\.fromkeys\(keys, UNSET\)", "dict.fromkeys(keys)"),
    Bug("an unknown key is lost", "round_trip", _MODEL,
        r"not data\.keys\(\) <= schema\.fields\.keys\(\)", "False"),
    Bug("an unknown key is lost where a documented one is absent", "any_json", _MODEL,
        r"all_known = False", "all_known = len(data) <= len(values)"),
    Bug("an unknown null is lost", "any_json", _MODEL,
        r"and v is not UNSET", "and v not in (UNSET, None)"),
    Bug("a misfit is handed out", "any_json", _MODEL,
        r"(elif value is not UNSET:\n +)", r"\1setattr(self, name, value)\n            "),
    Bug("a misfit is not noted", "any_json", _MODEL,
        r"self\._misfits = \{key", "_ = {key"),
    Bug("a misfit is not written back", "any_json", _MODEL,
        r"members\[key\] = self\._misfits\[key\]\[0\]", "pass"),
    Bug("a list loses its first row", "round_trip", _MODELS,
        r"return iter\(self\.(\w+)\)", r"return iter(self.\1[1:])"),
    # ---- Decoders
    Bug("an unknown key is lost beside known ones", "round_trip", _MODEL,
        r"all_known = len\(data\) == len\(values\)", "all_known = True"),
    Bug("an optional field is dropped", "round_trip", _ORDER,
        r"if \"\w+\" in _data:", "if False:"),
    Bug("a field is dropped where all are like that", "round_trip", _ORDER,
        r"\(self\.\w+, (self\.\w+)", r"(_, \1"),
    Bug("two values are given to each other's attributes", "round_trip", _ORDER,
        r"\(self\.(\w+), self\.(\w+)", r"(self.\2, self.\1"),
    Bug("a value is not converted", "round_trip", _ORDER,
        r"= models\.\w+\.members\[(\w+)\]", r"= \1"),
    Bug("a value is not decoded", "round_trip", "chessa_api/models/order_list.py",
        r"\n        self\._decode_field\(\"(\w+)\", (\w+)\)", r"\n        self.\1 = \2"),
    Bug("texts of another form are not converted", "rare_values", _MODELS,
        r"else:\n            self\._decode_field\(\"(\w+_amount)\", (\w+)\)",
        r"else:\n            self.\1 = \2"),
    Bug("any value is a text", "rare_values", _ORDER,
        r"if \w+\.__class__ is str:", "if True:"),
    Bug("null fits everywhere", "rare_values", _ORDER,
        r"if (\w+)\.__class__ is str:", r"if \1 is None or \1.__class__ is str:"),
    # ---- Amounts, timestamps, enums
    Bug("a plain amount is a float", "rare_values", _ORDER,
        r"= Decimal\((\w+)\)", r"= float(\1)"),
    Bug("a plain amount goes through a float", "rare_values", _ORDER,
        r"= Decimal\((\w+)\)", r"= Decimal(str(float(\1)))"),
    Bug("a plain amount may begin with zeros", "rare_values", _CODECS,
        r"\(\?!0\[0-9\]\)", ""),
    Bug("a plain amount may end in its point", "rare_values", _CODECS,
        r"(\\\.\[0-9\])\{1,400\}", r"\1{0,400}"),
    Bug("a plain amount may have any sign", "rare_values", _CODECS,
        r"\"-\?\+", '"[-+]?+'),
    Bug("a plain amount may hold a comma", "rare_values", _CODECS,
        r"\{\{\{count - 1\}\}\}", "*"),
    Bug("a number needs no conversion to a text", "rare_values", _ORDER,
        r"if (\w+)\.__class__ is str:", r"if \1.__class__ in (str, int):"),
    Bug("an amount in a text is a float", "rare_values", _CODECS,
        r"return Decimal\(value\)\n        return Misfit\(\"is not a decimal number\"\)",
        'return float(value)\n        return Misfit("is not a decimal number")'),
    Bug("an amount in a text went through a float", "rare_values", _CODECS,
        r"return Decimal\(value\)\n        return Misfit\(\"is not a decimal number\"\)",
        'return Decimal(repr(float(value)))\n        return Misfit("is not a decimal number")'),
    Bug("a number went through a float", "round_trip", _JSON,
        r"return Decimal\(text\) if within", "return Decimal(repr(float(text))) if within"),
    Bug("an amount is declared a float", "declared", _MODELS, ": Decimal =", ": float ="),
    Bug("a text that is nearly a number is an amount", "rare_values", _CODECS,
        r"if _JSON_NUMBER\.fullmatch\(value\) and within_bounds\(value\)",
        "if value.strip().strip('0123456789_.') == '' and value.strip()"),
    Bug("digits are cut on write", "construction", _JSON,
        r"return format\(value, \"f\"\) if", 'return format(value, ".8f") if'),
    Bug("a float is taken for an amount", "declared", _METHODS,
        r"Decimal \| int", "Decimal | float"),
    Bug("true is the number one", "rare_values", _CODECS,
        r"isinstance\(value, int\) and not isinstance\(value, bool\):\n        return value\n",
        "isinstance(value, int):\n        return value\n"),
    Bug("a number is a text", "rare_values", _CODECS,
        r"    return Misfit\(\"is not a string\"\)", "    return str(value)"),
    Bug("a timestamp is naive", "round_trip", _SCALARS,
        r"map\((datetime\.datetime\.fromisoformat), values\)",
        r"map(lambda text: \1(text).replace(tzinfo=None), values)"),
    Bug("a timestamp is in another zone", "round_trip", _SCALARS,
        r"else WireDateTime\.read\(value, text\)",
        "else WireDateTime.read(value.replace(tzinfo=_UTC), text)"),
    Bug("a millisecond is lost on read", "round_trip", _SCALARS,
        r"return usual\[0\]", "return usual[0].replace(microsecond=0)"),
    Bug("a millisecond is lost where all are like that", "round_trip", _SCALARS,
        r"map\((datetime\.datetime\.fromisoformat), values\)",
        r"map(lambda text: \1(text).replace(microsecond=0), values)"),
    Bug("a time of another form is taken for the usual one", "rare_values", _SCALARS,
        r" +or value\[7:20:3\] != \"-T::\.\"\n +or value\[23:\] != \"Z\"\n", ""),
    Bug("a microsecond is lost on write", "construction", _SCALARS,
        '"microseconds" if value', '"milliseconds" if value'),
    Bug("an offset is lost on write", "construction", _SCALARS,
        r' if text\.endswith\("\+00:00"\) else text', "", examples=25),
    Bug("an enum is closed", "round_trip", _CODECS,
        r"return enum\(value\)\n",
        'return enum(value) if value in enum.members else Misfit("is not listed")\n'),
    Bug("an enum's value is changed", "declared", _MODELS,
        r'Known\("', 'Known("A'),
    Bug("an integer enum is closed", "rare_values", _CODECS,
        r"else enum\(integer\)", 'else enum(integer) if integer in enum.members else Misfit("no")'),
    Bug("a bad row is left out of its list", "any_json", _CODECS,
        r"                return Misfit\(f\"holds an item that does not fit.*?\n",
        "                return [i for i in items if not isinstance(i, Misfit)]\n"),
    Bug("one kind is read as another", "round_trip", "chessa_api/unions.py",
        r"return min\(fitting, key=.*?\)\[0\]\n", "return fitting[0][0]\n"),
    # ---- Requests
    Bug("two parameters of a path are swapped", "requests", _OPERATIONS,
        r'Argument\("(\w+)", "(\w+)", "path"(.*?)Argument\("(\w+)", "(\w+)", "path"',
        r'Argument("\1", "\5", "path"\3Argument("\4", "\2", "path"'),
    Bug("a value in a path is not quoted", "requests", "chessa/_call/request.py",
        r"urllib\.parse\.quote\(value, safe=\"\"\)", 'urllib.parse.quote(value, safe="/?#")',
        examples=25),
    Bug("a member is sent under its Python name", "requests", _OPERATION,
        r"members\[argument\.wire\] = value", "members[argument.name] = value"),
    Bug("a query is sent in the body", "requests", _OPERATION,
        r"query \+= \[\(argument\.wire, text\) for text in self\._texts\(argument, value\)\]",
        "members[argument.wire] = value"),
    Bug("the items of a query are joined", "requests", _OPERATION,
        r"if not texts or argument\.separator is None:", "if not texts:"),
    Bug("a header parameter is dropped", "requests", _OPERATION,
        r"headers \+= \[.*?\]\n", "pass\n"),
    Bug("a header of the credentials is dropped", "requests", "chessa_api/__init__.py",
        r'"client_secret": "x-client-secret"', '"client_secret": "x-client-id"'),
    Bug("the credentials are swapped", "requests", "chessa/_credentials.py",
        r'"client_id": self\._client_id, "client_secret": self\._client_secret',
        '"client_id": self._client_secret, "client_secret": self._client_id'),
    Bug("a body does not say that it is JSON", "requests", "chessa/_call/request.py",
        r"\(b\"content-type\", b\"application/json\"\), ", ""),
    Bug("a method of HTTP is wrong", "declared", _OPERATIONS, 'method="POST"', 'method="PUT"'),
    Bug("arguments that exclude each other are sent", "requests", _OPERATIONS,
        r"    exclusive=.*?\n", ""),
    Bug("the async method forgets an argument", "requests", _METHODS,
        r"(await self\._call\([A-Z_]+, )\w+=\w+, ", r"\1"),
    Bug("an optional argument is needed", "declared", _METHODS,
        r" \| Unset = UNSET", ""),
    Bug("an amount is sent as a text", "requests", _OPERATIONS,
        r"_fields\.NUMBER", "_fields.DECIMAL"),
    # ---- Answers
    Bug("a success is read as an error", "answers", _OPERATIONS,
        r'"(2\d\d|2XX)": _fields\.model\(lambda: models\.\w+\)',
        r'"\1": _fields.model(lambda: models.ApiError)'),
    Bug("an answer is read as that of the status before", "answers", _OPERATION,
        r"found = self\._answers\.get\(status_code\)",
        "found = next(iter(self._answers.values()), None)"),
    Bug("an envelope is not unwrapped", "answers", _OPERATIONS, r'    unwrap="\w+",\n', ""),
    Bug("a 4xx is returned", "answers", _OUTCOMES,
        r"400 <= status <= 499\n", "False\n"),
    Bug("a refusal is a result", "answers", "chessa/_call/machine.py",
        r"raise build_error\(\n +result, self\.known.*?\n {16}\)\n",
        "return Result(None, None, result.response, self.attempts, 0.0, None)\n"),
    Bug("an answer that is lost is a refusal", "answers", _OUTCOMES,
        r"_Row\(_otherwise, read=Outcome\.REJECTED, write=Outcome\.UNKNOWN\)",
        "_Row(_otherwise, read=Outcome.REJECTED, write=Outcome.REJECTED)"),
    Bug("a success that cannot be read may not have happened", "answers", _OUTCOMES,
        r"write=Outcome\.DONE", "write=Outcome.UNKNOWN", examples=25),
    Bug("a conflict is a refusal", "answers", _OUTCOMES,
        r"\{408, 409, ", "{408, "),
    Bug("a write is taken for a read", "declared", _OPERATIONS, "is_read=False", "is_read=True"),
    Bug("an error is of another class", "answers", "chessa/_errors.py",
        "404: NotFoundError", "404: BadRequestError"),
    Bug("the vendor's code is lost", "answers", "chessa/_call/messages.py",
        r"code=result\.error\.code,", "code=None,"),
)  # fmt: skip

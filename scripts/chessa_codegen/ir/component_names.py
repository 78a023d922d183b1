"""The names of the classes of components."""

import itertools
from collections.abc import Collection, Mapping
from typing import Any

from chessa_codegen.document.refs import Where
from chessa_codegen.ir import naming
from chessa_codegen.ir.keywords import python_name
from chessa_codegen.ir.names import Names


def names_of_components(
    components: Mapping[str, Any], kept: Collection[str], names: Names
) -> dict[str, str]:
    """Name the class of each component; of two with one file the second is numbered.

    The names in `kept` are those of other schemas.
    """
    known = {
        key: name
        for key in sorted(components)
        if (name := names.known("classes", "component", key))
        and python_name(components[key], key) == key
    }
    files = {naming.snake(name) for name in (*known.values(), *kept)}
    result: dict[str, str] = {}
    for key in sorted(components):
        name = known.get(key)
        if name is None:
            first = name = naming.pascal(python_name(components[key], key))
            short = naming.without_suffix(name)
            if naming.snake(short) not in files and short not in components:
                first = name = short
            numbers = itertools.count(2)
            while naming.snake(name) in files:
                name = f"{first}{next(numbers)}"
            files.add(naming.snake(name))
        names.remember("classes", "component", key, name)
        result[key] = name
    return result


def name_at(at: Where, class_names: Mapping[str, str]) -> str | None:
    """Return the name that a part of a component has wherever it is referred to."""
    if at[:2] != ("components", "schemas"):
        return None
    name = class_names[str(at[2])]
    rest = list(at[3:])
    while rest:
        match rest:
            case ["properties", key, *rest]:
                name += naming.pascal(str(key))
            case ["items", *rest]:
                name += "Item"
            case ["additionalProperties", *rest]:
                name += "Value"
            case _:
                return None
    return name

"""A second opinion: what griffe finds broken, under the names that callers know.

In: two packages as griffe loaded them, and what our own walk found. Out: what only griffe found.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import griffe

from chessa_codegen.docs.markdown import code
from chessa_tracking.api_diff.reader import PUBLIC, modules
from chessa_tracking.api_diff.surface import ITSELF, Found, found
from chessa_tracking.diff.changes import Level

_ABOUT: Final = {
    griffe.BreakageKind.RETURN_CHANGED_TYPE: "result",
    griffe.BreakageKind.CLASS_REMOVED_BASE: ITSELF,
    griffe.BreakageKind.OBJECT_CHANGED_KIND: ITSELF,
    griffe.BreakageKind.OBJECT_REMOVED: ITSELF,
}


def breakages(old: griffe.Module, new: griffe.Module) -> Iterator[griffe.Breakage]:
    """What griffe finds in the modules that the vendor's document makes."""
    for name in PUBLIC:
        for one in griffe.find_breaking_changes(old[name], new[name]):
            if _is_public(one, {old.name, new.name}):
                yield one


def missed(old: griffe.Module, new: griffe.Module, seen: Iterable[Found]) -> Iterator[Found]:
    """The breakages that nothing of `seen` speaks about, each as a major change."""
    ours = [one for one in seen if one.level is Level.MAJOR]
    homes = {**_homes(new), **_homes(old)}
    for breakage in breakages(old, new):
        name, about = placed(breakage, homes)
        if not any(_covers(one, name, about) for one in ours):
            told = breakage.explain(griffe.ExplanationStyle.MARKDOWN).partition(": *")[2]
            kind, _, values = told.partition("*")
            subject = [code(about)] if about and about not in _ABOUT.values() else []
            shown = values.lstrip(": ").replace("`", "").strip()
            details = ", ".join([*subject, *([code(shown)] if shown else [])])
            text = f"{code(name)}: {kind.lower()}{f' ({details})' if details else ''}"
            yield found(name, Level.MAJOR, text, about)


def _covers(one: Found, name: str, about: str) -> bool:
    if one.name == name and about in one.about:
        return True
    return ITSELF in one.about and f"{name}.".startswith(f"{one.name}.")


def _is_public(breakage: griffe.Breakage, packages: set[str]) -> bool:
    """Inherited members are of the pipeline's own modules, which no vendor changes."""
    try:
        path = breakage.obj.canonical_path.split(".")
    except griffe.GriffeError:
        return True
    return path[0] in packages and path[1:2] != [] and path[1] in PUBLIC


def _homes(package: griffe.Module) -> dict[str, str]:
    homes: dict[str, str] = {}
    for exported in package["models"].exports or ():
        name = str(exported)
        homes[f"models.{name}"] = f"models.{name}"
        module, _, owner = package["models"][name].canonical_path.rpartition(".")
        home = module.removeprefix(f"{package.name}.")
        homes[home] = homes[f"{home}.{owner}"] = f"models.{name}"
    client = package["client"]
    for holder in client.classes.values():
        homes[f"client.{holder.name}"] = ""
        for resource, attribute in holder.members.items():
            if attribute.is_attribute and str(attribute.annotation) in client.members:
                target = client[str(attribute.annotation)].canonical_path
                home = target.removeprefix(f"{package.name}.")
                if home.startswith("api."):
                    homes[home] = homes[home.rpartition(".")[0]] = resource
    for folder in modules(package["api"]):
        for module in modules(folder):
            for constant in module.members.values():
                if not isinstance(constant, griffe.Attribute):
                    continue
                operation = getattr(constant.value, "arguments", ())
                name = next((a.value for a in operation if getattr(a, "name", "") == "name"), "")
                if name:
                    home = module.path.removeprefix(f"{package.name}.")
                    homes[home] = homes[f"{home}.{constant.name}"] = str(name).strip("'\"")
    return homes


def placed(breakage: griffe.Breakage, homes: dict[str, str]) -> tuple[str, str]:
    """What callers call the broken thing, and what of it broke."""
    parts = breakage.obj.path.split(".")[1:]
    cut = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in homes), 0)
    rest = parts[cut:]
    about = _ABOUT.get(breakage.kind)
    if about is None:  # of an argument
        about = (breakage.old_value or breakage.new_value).name
    if rest and rest[-1].startswith("__"):
        about = rest.pop()
    owner = homes.get(".".join(parts[:cut]), "")
    return ".".join([*([owner] if owner else []), *rest]) or ".".join(parts), about

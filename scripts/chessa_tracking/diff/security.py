"""Security and servers, compared: what a call must show, and where it goes.

In: requirements, schemes and servers before and after. Out: changes, in the ledger.
"""

from typing import Any, Final

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.extensions import rule_of_key
from chessa_tracking.diff.node import ABSENT, Side, quoted, same

_DEFAULT_SERVERS: Final = [{"url": "/"}]


def requirements(
    ledger: Ledger, old: Side, new: Side, *, prefix: str = "api-security", owner: str = "it"
) -> None:
    """Compare what is asked for: alternatives, in any order. An operation may inherit them."""
    key = "security"
    count = ledger.count
    written = [side.get(key) for side in (old, new)]
    if same(*written):
        return
    said = [_said(side) for side in (old, new)]
    where = (*new.where, key)
    if not all(is_sequence(each) and all(map(_is_requirement, each)) for each in said):
        ledger.report("other-change", where, f"the security of {owner} changed")
        return
    before, after = ({_schemes(each): each for each in alternatives} for alternatives in said)
    if [len(before), len(after)] != list(map(len, said)):  # one scheme twice, of other scopes
        ledger.report("other-change", where, f"the security of {owner} changed")
        return
    for names in after.keys() - before.keys():
        ledger.report(f"{prefix}-added", where, f"{owner} takes {_words(names)} now")
    for names in before.keys() - after.keys():
        ledger.report(f"{prefix}-removed", where, f"{owner} takes {_words(names)} no more")
    for names in before.keys() & after.keys():
        for scheme in names:
            was, now = ({*map(str, each[names][scheme])} for each in (before, after))
            for scope in now - was:
                text = f"{owner} asks {quoted(scheme)} for the scope {quoted(scope)}"
                ledger.report(f"{prefix}-scope-added", where, text)
            for scope in was - now:
                text = f"{owner} asks {quoted(scheme)} no more for the scope {quoted(scope)}"
                ledger.report(f"{prefix}-scope-removed", where, text)
    if ledger.count == count:
        text = f"the security of {owner} is written otherwise and means the same"
        ledger.report("equivalent-change", where, text)


def _said(side: Side) -> Any:
    own = side.get("security")
    return side.document.get("security", []) if own is ABSENT else own


def _is_requirement(value: Any) -> bool:
    return is_mapping(value) and all(map(is_sequence, value.values()))


def _schemes(requirement: dict[str, Any]) -> frozenset[str]:
    return frozenset(requirement)


def _words(names: frozenset[str]) -> str:
    return " with ".join(map(quoted, sorted(names))) or "no credentials"


# ---- Schemes ------------------------------------------------------------------------------------


def schemes(ledger: Ledger, old: dict[str, Side], new: dict[str, Side]) -> None:
    """Compare the ways to show who one is."""
    rule = "api-security-component"
    for name, side in old.items():
        if name not in new:
            ledger.report(f"{rule}-removed", side.where, f"the scheme {quoted(name)} is gone")
    for name, side in new.items():
        if name not in old:
            ledger.report(f"{rule}-added", side.where, f"the scheme {quoted(name)} is new")
        else:
            _scheme(ledger, old[name].followed(), side.followed(), f"the scheme {quoted(name)}")


def _scheme(ledger: Ledger, old: Side, new: Side, name: str) -> None:
    rule = "api-security-component"
    for key in _keys(old, new):
        where = (*new.where, key)
        if same(old.get(key), new.get(key)):
            continue
        if key == "type":
            ledger.report(f"{rule}-type-changed", where, f"{name} is of another type")
        elif key == "flows" and is_mapping(old.get(key)) and is_mapping(new.get(key)):
            _flows(ledger, old.into(key), new.into(key), name)
        else:
            known = rule_of_key(key)
            known = f"{rule}-changed" if known == "other-change" else known
            ledger.report(known, where, f"{quoted(key)} of {name} changed")


def _flows(ledger: Ledger, old: Side, new: Side, name: str) -> None:
    rule = "api-security-component"
    for flow in _keys(old, new):
        before, after = old.get(flow), new.get(flow)
        where = (*new.where, flow)
        what = f"the flow {quoted(flow)} of {name}"
        if not (is_mapping(before) and is_mapping(after)):
            if not same(before, after):
                ledger.report(f"{rule}-changed", where, f"{what} changed")
            continue
        one, other = old.into(flow), new.into(flow)
        for key in _keys(one, other):
            was, now = one.get(key), other.get(key)
            if same(was, now):
                continue
            if key in ("authorizationUrl", "refreshUrl"):
                ledger.report(f"{rule}-oauth-url-changed", where, f"{key} of {what} changed")
            elif key == "tokenUrl":
                ledger.report(f"{rule}-oauth-token-url-changed", where, f"{key} of {what} changed")
            elif key == "scopes" and is_mapping(was) and is_mapping(now):
                for scope in _keys(one.into(key), other.into(key)):
                    if not same(was.get(scope, ABSENT), now.get(scope, ABSENT)):
                        how = "removed" if scope not in now else "changed"
                        how = "added" if scope not in was else how
                        text = f"the scope {quoted(scope)} of {what} was {how}"
                        ledger.report(f"{rule}-oauth-scope-{how}", (*where, key, scope), text)
            else:
                ledger.report(f"{rule}-changed", (*where, key), f"{quoted(key)} of {what} changed")


# ---- Servers ------------------------------------------------------------------------------------


def servers(ledger: Ledger, old: Side, new: Side, owner: str) -> None:
    """Compare where calls go: the first is where they go unless told otherwise."""
    key = "servers"
    if same(old.get(key), new.get(key)):
        return
    where = (*new.where, key)
    count = ledger.count
    lists = [_servers(side) for side in (old, new)]
    if any(each is None for each in lists):
        ledger.report("other-change", where, f"the servers of {owner} changed")
        return
    before, after = ({each["url"]: each for each in one or ()} for one in lists)
    was, now = next(iter(before)), next(iter(after))
    if was != now:
        text = f"the calls of {owner} went to {quoted(was)} and go to {quoted(now)}"
        ledger.report("api-default-server-changed", where, text)
    for url in after.keys() - before.keys() - ({now} if was != now else set()):
        ledger.report("api-server-added", where, f"{owner} has the server {quoted(url)} too")
    for url in before.keys() - after.keys() - ({was} if was != now else set()):
        ledger.report("api-server-removed", where, f"{owner} lost the server {quoted(url)}")
    for url in before.keys() & after.keys():
        for name in dict.fromkeys((*before[url], *after[url])):
            if not same(before[url].get(name, ABSENT), after[url].get(name, ABSENT)):
                rule = rule_of_key(name)
                rule = "api-server-changed" if rule == "other-change" else rule
                text = f"{quoted(name)} of the server {quoted(url)} changed"
                ledger.report(rule, where, text)
    if ledger.count == count:
        text = f"the servers of {owner} are written otherwise and mean the same"
        ledger.report("equivalent-change", where, text)


def _servers(side: Side) -> list[dict[str, Any]] | None:
    """The servers of a node, or those that it inherits; None where they have no form."""
    found = side.get("servers")
    if found is ABSENT:
        found = side.document.get("servers", [])
    if not is_sequence(found):
        return None
    found = found or _DEFAULT_SERVERS
    if not all(is_mapping(each) and isinstance(each.get("url"), str) for each in found):
        return None
    if len({each["url"] for each in found}) < len(found):
        return None
    return list(found)


def _keys(old: Side, new: Side) -> list[str]:
    return list(dict.fromkeys((*old.value, *new.value)))

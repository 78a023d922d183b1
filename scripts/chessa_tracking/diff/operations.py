"""One operation, before and after: its name, arguments, bodies and answers.

In: an operation of each document. Out: changes, in the ledger.
"""

from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where
from chessa_tracking.diff import schemas, security
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.changes import Level
from chessa_tracking.diff.node import ABSENT, Side, quoted, same, shown
from chessa_tracking.diff.operation_view import NAMES, Operation, beside, unnamed
from chessa_tracking.diff.rules import Direction, Place
from chessa_tracking.diff.values import Spot

_STYLES: Final = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_OF_OPERATION: Final = frozenset(
    {"operationId", "tags", "deprecated", "security", "servers", "parameters", "requestBody"}
    | {"responses"}
)


@attrs.frozen(eq=False)
class Comparison:
    """One operation, before and after."""

    ledger: Ledger
    old: Operation
    new: Operation
    pinned: bool
    """Whether its names are ours, whatever the vendor calls it."""

    def run(self) -> None:
        self._itself()
        self._parameters()
        self._body()
        self._responses()
        security.requirements(self.ledger, self.old.side, self.new.side)
        security.servers(self.ledger, self.old.side, self.new.side, "the operation")
        unnamed(self.ledger, self.old.side, self.new.side, _OF_OPERATION, "the operation")

    def _say(self, rule: str, text: str, at: Side | None = None, *keys: str) -> None:
        self.ledger.report(rule, (*(at or self.new.side).where, *keys), text)

    def _equivalent(self, what: str, where: Where) -> None:
        text = f"{what} is written otherwise and means the same"
        self.ledger.report("equivalent-change", where, text)

    # ---- The operation itself

    def _itself(self) -> None:
        old, new = self.old.side, self.new.side
        before, after = old.get("operationId"), new.get("operationId")
        level = Level.PATCH if self.pinned else None
        if not same(before, after):
            how = "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
            was = f"was {shown(before)} and " if before is not ABSENT else ""
            now = "is gone" if after is ABSENT else f"is {shown(after)}"
            where = (*new.where, "operationId")
            text = f"the operationId {was}{now}"
            self.ledger.report(f"api-operation-id-{how}", where, text, level)
        self._tags(level)
        self._deprecated(old, new, "endpoint", "the operation")

    def _deprecated(self, old: Side, new: Side, prefix: str, name: str) -> None:
        key = "deprecated"
        if old.says(key) != new.says(key):
            how = "deprecated" if new.says(key) else "reactivated"
            verb = "is deprecated now" if new.says(key) else "is no longer deprecated"
            self._say(f"{prefix}-{how}", f"{name} {verb}", new)
        elif not same(old.get(key), new.get(key)):
            self._equivalent(f"deprecated of {name}", (*new.where, key))

    def _tags(self, level: Level | None) -> None:
        old, new = self.old.side, self.new.side
        key = "tags"
        where = (*new.where, key)
        lists = [[] if side.get(key) is ABSENT else side.get(key) for side in (old, new)]
        if not all(is_sequence(each) and all(isinstance(t, str) for t in each) for each in lists):
            if not same(*lists):
                self._say("other-change", "the tags have another form", new, key)
            return
        before, after = lists
        count = self.ledger.count
        moved = before[:1] != after[:1]
        if moved:
            was, now = (quoted(each[0]) if each else "none" for each in (before, after))
            text = f"the first tag was {was} and is {now}"
            self.ledger.report("api-first-tag-changed", where, text, level)
        for tag in sorted(set(after) - set(before) - set(after[:1] if moved else [])):
            self._say("api-tag-added", f"the tag {quoted(tag)} is new", new, key)
        for tag in sorted(set(before) - set(after) - set(before[:1] if moved else [])):
            self._say("api-tag-removed", f"the tag {quoted(tag)} is gone", new, key)
        unordered = (key in old.value) == (key in new.value) and set(before) == set(after)
        if self.ledger.count == count and not unordered:
            self._equivalent("tags", where)

    # ---- Parameters

    def _parameters(self) -> None:
        before, after = self.old.parameters(), self.new.parameters()
        self._malformed()
        names = [NAMES.findall(each.path) for each in (self.old, self.new)]
        renamed = dict(zip(*names, strict=True))
        matched: dict[tuple[str, str], Side] = {}
        for (name, place), side in before.items():
            matched[renamed.get(name, name) if place == "path" else name, place] = side
        for was, now in renamed.items():
            if was != now:
                self._renamed(was, now, before.get((was, "path")), after.get((now, "path")))
        for key, side in after.items():
            if key not in matched:
                self._added(*key, side)
        for key, side in matched.items():
            if key not in after:
                self._say("request-parameter-removed", f"{_called(*key)} is gone", side)
            else:
                self._shared(side, after[key], "request", self._pair, _called(*key))

    def _malformed(self) -> None:
        """Parameters that have no name or no place, or are no list."""
        sides = zip((self.old.item, self.old.side), (self.new.item, self.new.side), strict=True)
        for one, other in sides:
            lists = [side.get("parameters") for side in (one, other)]
            if any(
                each is not ABSENT and not _are_parameters(side)
                for each, side in zip(lists, (one, other), strict=True)
            ) and not same(*lists):
                self._say("other-change", "the parameters have another form", other, "parameters")
            elif (lists[0] is ABSENT) != (lists[1] is ABSENT) and not (
                one.sequence("parameters") or other.sequence("parameters")
            ):
                self._equivalent("the list of parameters", (*other.where, "parameters"))

    def _renamed(self, was: str, now: str, old: Side | None, new: Side | None) -> None:
        key = "x-python-name"
        text = f"the path parameter {quoted(was)} is called {quoted(now)} now"
        at = new or self.new.item
        pins = [side.followed().get(key) if side else ABSENT for side in (old, new)]
        if isinstance(pins[0], str) and pins[0] == pins[1]:
            self._say("equivalent-change", f"{text}; its name in Python stays", at)
        else:
            self._say("request-path-parameter-renamed", text, at)

    def _added(self, name: str, place: str, side: Side) -> None:
        need = "required" if side.followed().says("required") else "optional"
        rule = "new-request-path-parameter" if place == "path" else f"new-{need}-request-parameter"
        self._say(rule, f"{_called(name, place)} is new, and {need}", side)

    def _pair(self, old: Side, new: Side, name: str) -> None:
        self._required(old, new, "request-parameter", name)
        if not same(_written(old), _written(new)):
            self._say(
                "request-parameter-serialization-changed", f"{name} is written otherwise", new
            )
        for key in ("style", "explode", "allowReserved", "allowEmptyValue", "name"):
            told = not same(_written(old), _written(new)) or (
                key == "name" and new.get("in") == "path"
            )
            if not told and not same(old.get(key), new.get(key)):
                self._equivalent(f"{key} of {name}", (*new.where, key))
        self._deprecated(old, new, "request-parameter", name)
        self._schema(old, new, "request", "parameter", name)
        if not same([*old.mapping("content")], [*new.mapping("content")]):
            text = f"{name} is of another media type"
            self._say("request-parameter-serialization-changed", text, new, "content")
        for media in old.mapping("content").keys() & new.mapping("content").keys():
            one, other = old.into("content", media), new.into("content", media)
            self._media(one, other, "request", "parameter", name)
        known = {"name", "in", "required", "deprecated", "schema", "style", "explode"}
        known |= {"allowReserved", "allowEmptyValue"}
        known |= {"content"} if old.mapping("content") and new.mapping("content") else set()
        unnamed(self.ledger, old, new, known, name)

    def _required(self, old: Side, new: Side, prefix: str, name: str) -> None:
        key = "required"
        if old.says(key) != new.says(key):
            how = "required" if new.says(key) else "optional"
            self._say(f"{prefix}-became-{how}", f"{name} became {how}", new)
        elif not same(old.get(key), new.get(key)):
            self._equivalent(f"required of {name}", (*new.where, key))

    # ---- Bodies

    def _body(self) -> None:
        key = "requestBody"
        sides = [
            each.side.into(key) if key in each.side.value else None for each in (self.old, self.new)
        ]
        old, new = sides
        if new is None:
            if old is not None:
                self._say("request-body-removed", "the operation takes no body any more", old)
            return
        followed = new.followed()
        if old is None:
            need = "required" if followed.says("required") else "optional"
            self._say(f"request-body-added-{need}", f"the operation takes a body, {need}", new)
            return
        self._shared(old, new, "request", self._body_pair, "the body")

    def _body_pair(self, old: Side, new: Side, name: str) -> None:
        self._required(old, new, "request-body", name)
        self._content("request", old, new, name)
        unnamed(self.ledger, old, new, {"required", "content"}, name)

    def _shared(self, old: Side, new: Side, direction: str, job: Any, name: str) -> None:
        """Compare two nodes, or the components that both refer to, those once."""
        beside(self.ledger, old, new, name)
        both = old.refers() and new.refers()
        one, other = old.followed(), new.followed()
        if not (is_mapping(one.value) and is_mapping(other.value)):
            if not same(one.value, other.value):
                self._say("other-change", f"{name} has another form", new)
        elif not both:
            job(one, other, name)
        elif not self.ledger.use(one, other, direction, lambda: job(one, other, name)):
            self._say("other-change", f"{name} stands for too many others", new)

    def _content(self, direction: Direction, old: Side, new: Side, name: str) -> None:
        key = "content"
        before, after = old.mapping(key), new.mapping(key)
        formless = [
            side.get(key) is not ABSENT and not is_mapping(side.get(key)) for side in (old, new)
        ]
        if any(formless) and not same(old.get(key), new.get(key)):
            self._say("other-change", f"the content of {name} has another form", new, key)
            return
        prefix = "request-body-media-type" if direction == "request" else "response-media-type"
        for media, side in after.items():
            if media not in before:
                self._say(f"{prefix}-added", f"{name} may be {quoted(media)} now", side)
        for media, side in before.items():
            if media not in after:
                self._say(f"{prefix}-removed", f"{name} is {quoted(media)} no more", side)
            else:
                self._media(side, after[media], direction, "body", name)
        if not before and not after and (key in old.value) != (key in new.value):
            self._equivalent(f"content of {name}", (*new.where, key))

    def _media(self, old: Side, new: Side, direction: Direction, place: Place, name: str) -> None:
        if not (is_mapping(old.value) and is_mapping(new.value)):
            if not same(old.value, new.value):
                self._say("other-change", f"the content of {name} has another form", new)
            return
        self._schema(old, new, direction, place, name)
        unnamed(self.ledger, old, new, {"schema"}, name)

    def _schema(self, old: Side, new: Side, direction: Direction, place: Place, name: str) -> None:
        has = "schema" in old.value, "schema" in new.value
        if all(has):
            spot = Spot(direction, place, name)
            schemas.compare(self.ledger, old.into("schema"), new.into("schema"), spot)
        elif any(has):
            how = "added" if has[1] else "removed"
            rule = "other-change"
            if place == "body":
                rule = f"{direction}-body-media-type-schema-{how}"
            at = (new if has[1] else old).into("schema")
            self._say(rule, f"the schema of {name} was {how}", at)

    # ---- Responses

    def _responses(self) -> None:
        key = "responses"
        before, after = (
            {
                status: side
                for status, side in each.side.mapping(key).items()
                if not status.startswith("x-")
            }
            for each in (self.old, self.new)
        )
        written = [each.side.get(key) for each in (self.old, self.new)]
        if not all(map(is_mapping, written)):
            if not same(*written):
                self._say("other-change", "the answers have another form", None, key)
            return
        for status, side in after.items():
            if status not in before:
                rule = f"response-{_kind(status)}-status-added"
                self._say(rule, f"the operation may answer {quoted(status)} now", side)
        for status, side in before.items():
            if status not in after:
                rule = f"response-{_kind(status)}-status-removed"
                self._say(rule, f"the operation answers {quoted(status)} no more", side)
            else:
                name = f"the answer {quoted(status)}"
                self._shared(side, after[status], "response", self._response, name)
        known = {*before, *after}
        unnamed(self.ledger, self.old.side.into(key), self.new.side.into(key), known, "the answers")

    def _response(self, old: Side, new: Side, name: str) -> None:
        self._content("response", old, new, name)
        headers = self._headers(old, new, name)
        known = {"content", "headers"} if headers else {"content"}
        unnamed(self.ledger, old, new, known, name)

    def _headers(self, old: Side, new: Side, name: str) -> bool:
        key = "headers"
        forms = [side.get(key) is ABSENT or is_mapping(side.get(key)) for side in (old, new)]
        if not all(forms):
            return False
        before, after = (
            {each.lower(): one for each, one in side.mapping(key).items()} for side in (old, new)
        )
        for each, side in after.items():
            if each not in before:
                text = f"{name} has the header {quoted(each)} now"
                self._say("response-header-added", text, side)
        for each, side in before.items():
            called = f"the header {quoted(each)} of {name}"
            if each not in after:
                need = "required" if side.followed().says("required") else "optional"
                self._say(f"{need}-response-header-removed", f"{called} is gone", side)
            else:
                self._shared(side, after[each], "response", self._header, called)
                if side.where[-1] != after[each].where[-1]:
                    self._equivalent(f"the name of {called}", after[each].where)
        if not before and not after and (key in old.value) != (key in new.value):
            self._equivalent(f"headers of {name}", (*new.where, key))
        return True

    def _header(self, old: Side, new: Side, name: str) -> None:
        self._required(old, new, "response-header", name)
        self._schema(old, new, "response", "header", name)
        unnamed(self.ledger, old, new, {"required", "schema"}, name)


def _are_parameters(side: Side) -> bool:
    if not is_sequence(side.get("parameters")):
        return False
    sides = [each.followed() for each in side.sequence("parameters")]
    keys = [(each.get("name"), each.get("in")) for each in sides]
    strings = all(isinstance(word, str) for key in keys for word in key)
    return strings and len(set(keys)) == len(keys)


def _written(side: Side) -> list[Any]:
    """How a parameter is written into a request; what is not said is the default."""
    place = side.get("in")
    style = side.get("style")
    style = _STYLES.get(str(place)) if style is ABSENT else style
    explode = side.get("explode")
    explode = style == "form" if explode is ABSENT else explode
    return [style, explode, side.says("allowReserved"), side.says("allowEmptyValue")]


def _called(name: str, place: str) -> str:
    return f"the {place} parameter {quoted(name)}"


def _kind(status: str) -> str:
    return "success" if status.startswith("2") else "non-success"

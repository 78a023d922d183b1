"""The arguments of a method: parameters of every place, and the members of a JSON body."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.refs import Where, parameter_key, place, resolved
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import forms, naming, types
from chessa_codegen.ir.keywords import prose, short_example
from chessa_codegen.ir.media_types import Media, examples_of, sent
from chessa_codegen.ir.names import Names, operation_key
from chessa_codegen.ir.plan import ArgumentPlan, BodyPlan, FieldPlan
from chessa_codegen.ir.schemas import Schemas

# OpenAPI gives the first three no meaning; the client always sends the others itself.
_NOT_OURS: Final = frozenset(
    {"accept", "content-type", "authorization", "user-agent", "accept-encoding"}
)
_SUFFIXES: Final = {
    **{place: f"_{place}" for place in ("query", "header", "cookie")},
    **dict.fromkeys(("member", "body"), "_body"),
}
_RESERVED_HEADERS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade"}
    | {"cookie", "content-encoding", "keep-alive", "trailer"}
    | {"proxy-authorization", "proxy-connection"}
)
_MEDIA_TYPE: Final = re.compile(r"[a-zA-Z0-9.+_-]+/[a-zA-Z0-9.+_-]+(; ?[a-z]+=[a-zA-Z0-9.+_-]+)*")

Read = tuple[BodyPlan | None, bool, tuple[ArgumentPlan, ...], tuple[tuple[str, ...], ...]]


class Arguments:
    """Reads the arguments of operations of one document."""

    def __init__(
        self,
        document: Mapping[str, Any],
        schemas: Schemas,
        names: Names,
        shared: Collection[str],
    ) -> None:
        self._document = document
        self._shared = shared
        self._schemas = schemas
        self._names = names
        self._parameters_read: list[tuple[ArgumentPlan, Where, Where]] = []

    def read(
        self,
        path: str,
        item: Mapping[str, Any],
        operation: Mapping[str, Any],
        where: Where,
        context: str,
    ) -> Read:
        """Return the form of the body, whether it is required, and all arguments.

        At the end the groups of arguments of which one may be given.
        """
        parameters = list(self._parameters(item, operation, where, context))
        in_path = self._in_path_order(path, parameters, where)
        others = [argument for argument in parameters if argument.location != "path"]
        body, body_required, members, groups = self._body(operation, where, context)
        key = operation_key(path, str(where[-1]), self._shared)
        arguments = self._named(key, [*in_path, *others, *members])
        by_key = {a.key: a.name for a in arguments if a.location == "member"}
        return body, body_required, arguments, self._exclusive(groups, by_key, where)

    def _named(self, owner: str, arguments: list[ArgumentPlan]) -> tuple[ArgumentPlan, ...]:
        """Name every argument: path parameters keep theirs, what collides gets a suffix."""
        keys = [f"{each.location} {each.key}" for each in arguments]
        plans = dict(zip(keys, arguments, strict=True))
        wanted = {
            k: naming.snake(each.name, naming.ARGUMENT_NAMES_TAKEN) for k, each in plans.items()
        }
        names = self._names.distinct(
            "arguments",
            owner,
            {**wanted, **self._renamed(owner, plans)},
            {key for key, each in plans.items() if each.is_pinned},
            {key: _SUFFIXES.get(each.location, "") for key, each in plans.items()},
        )
        return tuple(attrs.evolve(plans[key], name=names[key]) for key in keys)

    def _renamed(self, owner: str, plans: Mapping[str, ArgumentPlan]) -> dict[str, str]:
        """Return the name of the one path parameter that the document calls otherwise now."""
        known = {key: name for name, key in self._names.owners("arguments", owner)}
        lost = [key for key in known if key.startswith("path ") and key not in plans]
        new = [
            key
            for key, each in plans.items()
            if each.location == "path" and key not in known and not each.is_pinned
        ]
        return {new[0]: known[lost[0]]} if len(lost) == len(new) == 1 else {}

    # --- parameters

    def formless(self) -> Iterator[tuple[SpecError, Where]]:
        """Find parameters whose style has no form for their values, and their operations.

        Call it once all classes are known.
        """
        for read, at, where in self._parameters_read:
            if not forms.fits(read, self._schemas.classes.models):
                error = SpecError(
                    f"The {read.location} parameter {read.key!r} is {types.described(read.shape)}, "
                    f"which has no form {forms.described(read)}.",
                    place(at),
                    "If the server reads another form, say so by the overlay: style: deepObject "
                    "in a query, or content: application/json; else remove the parameter.",
                )
                yield error, where

    def _parameters(
        self, item: Mapping[str, Any], operation: Mapping[str, Any], where: Where, context: str
    ) -> Iterator[ArgumentPlan]:
        seen: set[tuple[str, str]] = set()
        for holder, at in ((operation, where), (item, where[:-1])):
            for position, raw in enumerate(holder.get("parameters") or ()):
                parameter, there = resolved(self._document, raw, (*at, "parameters", position))
                key = parameter_key(parameter)
                if key not in seen and not (key[1] == "header" and key[0] in _NOT_OURS):
                    read = self._parameter(parameter, there, context)
                    self._parameters_read.append((read, there, where))
                    yield read
                seen.add(key)

    def _parameter(self, raw: Mapping[str, Any], where: Where, context: str) -> ArgumentPlan:
        key, location = raw["name"], raw["in"]
        if location == "header" and key.lower() in _RESERVED_HEADERS:
            raise SpecError(
                f"The header {key!r} belongs to the connection, not to the operation.",
                place(where),
                "Remove the parameter by the overlay.",
            )
        form = forms.form_of(raw, where, str(self._document["openapi"]))
        schema, at = forms.schema_of(raw, where)
        stated = schema if isinstance(schema, Mapping) else {}
        name = raw.get("x-python-name") or stated.get("x-python-name") or key
        shape = self._schemas.shape(schema, at, context + naming.pascal(key))
        if form.media_type is None:
            shape = types.without_null(shape)  # null has no form in a URL or a header
        return ArgumentPlan(
            key=key,
            name=name,
            location=location,
            shape=shape,
            required=location == "path" or raw.get("required") is True,
            form=form,
            description=prose({**stated, **raw}),
            example=short_example({**stated, **raw}),
            schema=_with_examples(self._schemas.plain(schema, at), {**forms.media_of(raw), **raw}),
            is_pinned=name != key,
            deprecated=raw.get("deprecated") is True or stated.get("deprecated") is True,
        )

    def _in_path_order(
        self, path: str, parameters: list[ArgumentPlan], where: Where
    ) -> list[ArgumentPlan]:
        declared = {a.key: a for a in parameters if a.location == "path"}
        wanted = re.findall(r"\{([^{}]*)\}", path)
        if len(set(wanted)) < len(wanted):
            raise SpecError("The path names a parameter twice.", place(where), "Rename one.")
        return [declared[name] for name in wanted]

    # --- bodies

    def _body(
        self, operation: Mapping[str, Any], where: Where, context: str
    ) -> tuple[BodyPlan | None, bool, list[ArgumentPlan], list[list[str]]]:
        if "requestBody" not in operation:
            return None, False, [], []
        raw, at = resolved(self._document, operation["requestBody"], (*where, "requestBody"))
        media = sent(raw, at)
        if media is None:
            return None, False, [], []
        required = raw.get("required") is True
        schema = media.schema, media.where
        if self._schemas.is_binary(*schema) and media.kind not in ("multipart", "form"):
            media = attrs.evolve(media, kind="binary")
        is_form = media.kind in ("multipart", "form")
        has_members = is_form or media.kind == "json"
        flat = self._schemas.members(*schema, f"{context}Body") if has_members else None
        if flat is None:
            self._check_no_groups(*schema)
            whole = self._whole(media, f"{context}Body", required=required)
            if is_form and whole.shape == types.JSON:
                whole = attrs.evolve(whole, shape=types.Dictionary(types.JSON))
            if is_form and not types.is_object(whole.shape):
                raise SpecError(
                    f"The {media.type} body is {types.described(whole.shape)}, not an object.",
                    place(media.where),
                    "Describe it as an object, a property for each member.",
                )
            return _body_plan(media), required, [attrs.evolve(whole, description=prose(raw))], []
        described, fields = flat
        # An optional body with required members: the server rejects a body without them, so the
        # method requires them and sends the body.
        required = required or any(field.required for field in fields)
        members = [
            ArgumentPlan(
                key=field.key,
                name=field.name,
                location="member",
                shape=self._member_shape(field, media),
                required=field.required and required,
                description=field.description,
                example=field.example,
                schema=field.schema,
                is_pinned=field.is_pinned,
                deprecated=field.schema.get("deprecated") is True,
            )
            for field in fields
        ]
        groups = described.get("x-mutually-exclusive") or []
        return _body_plan(media), required, members, groups

    def _member_shape(self, field: FieldPlan, media: Media) -> types.Shape:
        if media.kind == "multipart":
            return self._schemas.part(field, media.where)
        return types.without_null(field.shape) if media.kind == "form" else field.shape

    def _whole(self, media: Media, name: str, *, required: bool) -> ArgumentPlan:
        """Return the argument for a complete body."""
        shape: types.Shape
        match media.kind:
            case "text":
                shape = types.STRING
            case "binary":
                shape = types.FILE
            case _:
                shape = self._schemas.shape(media.schema, media.where, name)
        schema = self._schemas.plain(media.schema, media.where)
        return ArgumentPlan(
            key="",
            name="body",
            location="body",
            shape=shape,
            required=required,
            schema=_with_examples(schema, media.raw),
        )

    def _check_no_groups(self, schema: Any, where: Where) -> None:
        whole, at = resolved(self._document, schema, where)
        if isinstance(whole, Mapping) and "x-mutually-exclusive" in whole:
            raise SpecError(
                "x-mutually-exclusive names properties, but this body is one argument.",
                place(at),
                "Remove it: it goes with a body that is one plain object.",
            )

    def _exclusive(
        self, groups: list[list[str]], names: Mapping[str, str], where: Where
    ) -> tuple[tuple[str, ...], ...]:
        for group in groups:
            for key in group:
                if key not in names:
                    raise SpecError(
                        f"x-mutually-exclusive names {key!r}, which the body does not have.",
                        place((*where, "requestBody")),
                        "Name properties of the body.",
                    )
        return tuple(tuple(names[key] for key in group) for group in groups)


def _body_plan(media: Media) -> BodyPlan | None:
    """Return the form of a body; None for plain JSON."""
    if media.type == "application/json" and media.kind == "json":
        return None
    raw: Mapping[str, Any] = media.raw.get("encoding") or {}
    encodings = {key: _encoding(each, media) for key, each in raw.items()}
    return BodyPlan(media.kind, media.type, {key: each for key, each in encodings.items() if each})


def _encoding(raw: Mapping[str, Any], media: Media) -> Mapping[str, Any]:
    """Return what an Encoding Object says of a member: of several content types the first."""
    said: dict[str, Any] = {}
    style = raw.get("style", "form" if "explode" in raw else None)
    if media.kind == "form" and style in forms.QUERY_STYLES:
        said = {"style": style, "explode": raw.get("explode", style == "form")}
    content_type = str(raw.get("contentType", "")).partition(",")[0].strip()
    if content_type and "*" not in content_type:
        if not _MEDIA_TYPE.fullmatch(content_type):
            raise SpecError(
                "The content type of a member is not one.",
                place(media.where[:-1]),
                "Correct its contentType by the overlay.",
            )
        said["contentType"] = content_type
    return said


def _with_examples(schema: Mapping[str, Any], holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, with the example next to it in place of its own."""
    found = examples_of(holder)
    return {**schema, "example": found[0]} if found else schema

"""The server of the calls of a package, and the headers of its credentials.

The client sends every call to one address, with the same two headers. Both are read from the
document here. A document that asks for anything else is refused, so that no call reaches another
host, or another scheme, with credentials that are not for it.
"""

import ipaddress
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chessa_codegen.document.loader import METHODS
from chessa_codegen.document.refs import Where, place, resolved
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.plan import ArgumentPlan, EndpointPlan

CREDENTIALS: Final = ("client_id", "client_secret")
ROLE: Final = "x-credential"
"""The extension of a security scheme that says which credential its header carries."""

# Sent by the client or the connection; a credential in one of them would break the request.
_NOT_FOR_CREDENTIALS: Final = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length"}
    | {"content-type", "cookie", "expect", "host", "keep-alive", "proxy-authorization"}
    | {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"}
)
_DEFAULT_SERVERS: Final = ({"url": "/"},)  # OpenAPI's own
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_VERSION: Final = re.compile(r"/(v[0-9]+)/.+")
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_PORTS: Final = {"https": 443, "http": 80}


class Endpoint:
    """Reads the servers and the security of a document, and checks its operations against them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        servers = document.get("servers") or _DEFAULT_SERVERS
        self._address = _normal(servers[0])
        headers = _credential_headers(document)
        self._headers = frozenset(headers.values())
        problem = _problem(self._address)
        if problem and headers and document.get("servers"):
            raise SpecError(
                f"The server {self._address} cannot be used with credentials: {problem}.",
                place(("servers", 0, "url")),
                "Ask the vendor for the right address. If it is known, set it by an action of the "
                "overlay with the target $.servers[0].",
            )
        self.plan = EndpointPlan(
            base_url=None if problem else self._address,
            version_segments=tuple(sorted(_versions(document))),
            credential_headers=headers,
        )

    def check(self, path: str, node: Mapping[str, Any], where: Where, method: str = "") -> None:
        """Refuse calls that must go to another server, or show other credentials.

        `node` is an operation, or with an empty `method` a path item.
        """
        self._check_servers(path, node.get("servers") or (), where, method)
        if method and self._headers and node.get("security"):
            self._check_security(path, node["security"], where, method)

    def check_arguments(self, path: str, method: str, arguments: Sequence[ArgumentPlan]) -> None:
        """Refuse a credential that a caller would have to give with each call as well."""
        for argument in arguments:
            if argument.location == "header" and argument.key.lower() in self._headers:
                raise SpecError(
                    f"{_name(path, method)} takes the header {argument.key} as an argument. The "
                    "client sends that credential with every call.",
                    place(("paths", path, method, "parameters")),
                    "Remove the parameter by an action of the overlay.",
                )

    def _check_servers(
        self, path: str, servers: Sequence[Mapping[str, Any]], where: Where, method: str
    ) -> None:
        found = [_normal(server) for server in servers]
        if not found or self._address in found:
            return
        target = _target(path, method)
        raise SpecError(
            f"{_name(path, method)} has servers of its own: {', '.join(found)}. The client sends "
            f"every call, credentials included, to {self._address}.",
            place((*where, "servers")),
            f"If {self._address} takes these calls too, remove the servers by an action of the "
            f"overlay (target: {target}.servers, remove: true); else remove what cannot be called "
            f"(target: {target}, remove: true).",
        )

    def _check_security(
        self, path: str, security: Sequence[Mapping[str, Any]], where: Where, method: str
    ) -> None:
        if any(self._is_met(requirement) for requirement in security):
            return
        asked = " or ".join(" with ".join(requirement) for requirement in security)
        raise SpecError(
            f"{_name(path, method)} asks for {asked}. The client sends "
            f"{' and '.join(sorted(self._headers))} with every call, and nothing else.",
            place((*where, "security")),
            "If those are the right credentials, correct the security by an action of the overlay "
            f"(target: {_target(path, method)}.security, remove: true); else remove the operation "
            f"(target: {_target(path, method)}, remove: true).",
        )

    def _is_met(self, requirement: Mapping[str, Any]) -> bool:
        return all(_header(self._document, name) in self._headers for name in requirement)


def check_for_client(plan: EndpointPlan) -> None:
    """Refuse a document without a server, or without the headers of the credentials."""
    if plan.base_url is None:
        raise SpecError(
            "The document does not say where the API is.",
            "#/servers",
            "Name its https:// address by an action of the overlay: target: $, update: {servers: "
            "[{url: …}]}.",
        )
    if not plan.credential_headers:
        raise SpecError(
            "The document does not say which headers carry the client id and the client secret.",
            "#/security",
            "Ask for two schemes of type apiKey, in: header, in `security`, and call them clientId "
            f"and clientSecret or mark them with {ROLE}: client_id and {ROLE}: client_secret, by "
            "the overlay.",
        )


# ---- Servers ------------------------------------------------------------------------------------


def _normal(server: Mapping[str, Any]) -> str:
    """Return the address of a server: variables filled, without default port and last slash."""
    variables = server.get("variables") or {}
    filled = {name: str(each.get("default", "")) for name, each in variables.items()}
    url = _VARIABLE.sub(lambda found: filled.get(found[1], found[0]), server["url"]).strip()
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    netloc = parts.netloc.lower()
    if port is not None and port == _PORTS.get(parts.scheme):
        netloc = netloc.removesuffix(f":{port}")
    return parts._replace(netloc=netloc, path=parts.path.rstrip("/")).geturl() or "/"


def _problem(address: str) -> str | None:
    """Return why a client cannot use an address, None where it can."""
    if left := _VARIABLE.search(address):
        return f"the variable {left[1]!r} has no default"
    if any(not "!" <= character <= "~" for character in address):
        return "it holds characters that no URL has"
    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in _PORTS:
        return "it is relative" if not parts.scheme else "it does not begin with https://"
    if "@" in parts.netloc:
        return "it holds a user name or password"
    if set("?#") & set(address):
        return "it has a query or a fragment"
    if not host or port == 0 or not _is_host(host):
        return "it has no host name, or an invalid port"
    if parts.scheme == "http" and not _is_loopback(host):
        return "http:// would send them in clear"
    return None if _PATH.fullmatch(parts.path) else "its path cannot be used"


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or (":" in host and _ip(host) is not None)


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return host == "localhost" or (ip is not None and ip.is_loopback)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _versions(document: Mapping[str, Any]) -> set[str]:
    found = (_VERSION.fullmatch(path) for path in document.get("paths") or {})
    return {match[1] for match in found if match}


# ---- Credentials --------------------------------------------------------------------------------


def _credential_headers(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of the first requirement that both credentials, and nothing else, meet."""
    for where, requirement in _requirements(document):
        roles = [(_role(document, name), _header(document, name)) for name in requirement]
        headers = {role: header for role, header in roles if role is not None and header}
        if len(roles) == len(CREDENTIALS) and headers.keys() == set(CREDENTIALS):
            _check_first(document, requirement, where)
            _check_headers(headers, where)
            return {role: headers[role] for role in CREDENTIALS}
    return {}


def _requirements(document: Mapping[str, Any]) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """Yield the security of the document; that of its operations where it has none.

    After those of one place all of them together: frameworks write as either of two keys that a
    call needs both, and the client sends both.
    """
    for requirement in _and_together(document.get("security") or ()):
        yield ("security",), requirement
    if document.get("security"):
        return
    for path, raw in (document.get("paths") or {}).items():
        if path.startswith("x-"):
            continue
        item, at = resolved(document, raw, ("paths", path))
        for method in METHODS:
            for requirement in _and_together((item.get(method) or {}).get("security") or ()):
                yield (*at, method, "security"), requirement


def _and_together(security: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield from security
    yield {name: scopes for requirement in security for name, scopes in requirement.items()}


def _check_first(document: Mapping[str, Any], found: Mapping[str, Any], where: Where) -> None:
    """Refuse other ways that stand first: an overlay appends to what the vendor prefers."""
    first = next((each for each in document.get("security") or () if each), found)
    sent = [_header(document, name) for name in found]
    if any(_header(document, name) not in sent for name in first):
        raise SpecError(
            f"The document asks first for {' with '.join(first)}, and for "
            f"{' with '.join(found)} only instead of it. The client sends the latter.",
            place((*where, 0)),
            "If that is right, remove the first by an action of the overlay (target: "
            "$.security[0], remove: true); else correct the action that adds the other.",
        )


def _scheme(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    where = ("components", "securitySchemes", name)
    scheme, _ = resolved(document, schemes.get(name), where)
    return scheme if isinstance(scheme, Mapping) else {}


def _header(document: Mapping[str, Any], name: str) -> str | None:
    """Return the header of an API key, in lower case; None for schemes of another kind."""
    scheme = _scheme(document, name)
    is_header = scheme.get("type") == "apiKey" and scheme.get("in") == "header"
    return str(scheme["name"]).lower() if is_header else None


def _role(document: Mapping[str, Any], name: str) -> str | None:
    """Return the credential of a scheme: as it is marked, else as it or its header is called."""
    marked = _scheme(document, name).get(ROLE)
    if marked is not None:
        return str(marked)
    names = (name, _header(document, name) or "")
    called = [re.sub(r"[^a-z]", "", each.lower()).removeprefix("x") for each in names]
    return next(
        (role for each in called for role in CREDENTIALS if each == role.replace("_", "")), None
    )


def _check_headers(headers: Mapping[str, str], where: Where) -> None:
    names = list(headers.values())
    if len(set(names)) < len(names):
        raise SpecError(
            f"The client id and the client secret would both be sent as {names[0]}.",
            place(where),
            "Give each scheme the header that the API reads, by the overlay.",
        )
    for credential, name in headers.items():
        if name in _NOT_FOR_CREDENTIALS:
            raise SpecError(
                f"The {credential.replace('_', ' ')} would be sent as {name}, a header that every "
                "request has already.",
                place(where),
                "Give the scheme the header that the API reads, by the overlay.",
            )


# ---- Messages -----------------------------------------------------------------------------------


def _name(path: str, method: str) -> str:
    return f"{method.upper()} {path}" if method else f"The path {path}"


def _target(path: str, method: str) -> str:
    quoted = path.replace("\\", "\\\\").replace("'", "\\'")
    return f"$.paths['{quoted}']{f'.{method}' if method else ''}"

"""One request through the sandbox: routed, checked, performed, recorded.

The in-process transport and the server both call this and know nothing else of the API.
"""

from typing import TYPE_CHECKING, Any, Final

import attrs

from chessa_api import CREDENTIAL_HEADERS
from chessa_api.exact_json import dumps

from .._domain import fixtures as reference
from .._domain.handlers import BEHAVIOURS
from .._domain.newest import Newest
from .._domain.records import RequestCounts, SandboxRequest
from .._domain.state import State
from .._errors import UNAUTHORIZED, Problem, SandboxError
from .._spec.bodies import ReadBody, read_body
from .._spec.compat import Fitting
from .._spec.document import EVENTS, Documented, Spec, SpecOperation, is_json
from .._spec.events import stream_of_examples
from .._spec.examples import Examples
from .._spec.schemas import Schemas, types_of
from .._spec.validation import Arrival, check_response, read_call
from .faults import HTML, Chaos, FaultQueue, PlannedFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .drifting import Drifting

Headers = tuple[tuple[str, str], ...]
KEPT_REQUESTS: Final = 10_000
"""Of the newest; all of them are counted."""
SECRET_HEADERS: Final = frozenset(
    {*CREDENTIAL_HEADERS.values(), "authorization", "proxy-authorization", "cookie"}
)
_CREDENTIALS: Final = {
    "client_id": reference.CLIENT_ID,
    "client_secret": reference.CLIENT_SECRET,
}
_JSON: Final[Headers] = (("content-type", "application/json"),)


@attrs.frozen
class Delivery:
    """A response, or a lost connection."""

    status: int | None
    """None: the connection is lost."""
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    """Seconds of real time before it is sent."""
    is_truncated: bool = False
    """Whether the connection is lost after half of the body."""


@attrs.define
class _Exchange:
    """One request in flight."""

    arrival: Arrival
    operation: SpecOperation | None = None
    values: tuple[str, ...] = ()
    refusal: Problem | None = None
    acted: bool = False
    invented: tuple[str, ...] = ()
    body: ReadBody | None = None
    """What arrived, once it was read."""


class Backend:
    """The API, without a network."""

    def __init__(self, state: State, spec: Spec) -> None:
        self.state = state
        self.spec = spec
        self.schemas = Schemas(spec)
        self.faults = FaultQueue()
        self.chaos: Chaos | None = None
        self.drifting: dict[str | None, Drifting] = {}
        """By the name of the operation."""
        self.requests: Newest[SandboxRequest] = Newest(KEPT_REQUESTS)
        self.counts = RequestCounts()
        self.bugs: list[SandboxError] = []

    def takes_connection(self, method: str, target: str) -> bool:
        """Return whether the server accepts the connection of this request."""
        with self.state.lock:
            name = _name(self._routed(Arrival.of(method, target, [], b"")))
            fault = self.faults.peek(name) or self._chance(name)
            if fault is None or fault.kind != "refuse":
                return True
            self.faults.take(name)
            self.state.note("lost", f"{method} {target}: the connection is refused")
            return False

    def _chance(self, operation: str | None) -> PlannedFault | None:
        """Put the fault that chance has for a request before those that wait."""
        fault = None if self.chaos is None else self.chaos.draw(operation)
        if fault is not None:
            self.faults.put_first(attrs.evolve(fault, operation=operation))
        return fault

    def answer(
        self,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        body: bytes,
        *,
        is_accepted: bool = False,
    ) -> Delivery:
        """Perform a request.

        Args:
            method: Of the request.
            target: Path and query, percent-encoded.
            headers: By name, credentials included.
            body: Empty for none.
            is_accepted: Whether `takes_connection` was asked: chance had its turn.

        Raises `SandboxError` if the response does not conform to the spec.
        """
        with self.state.lock:
            exchange = self._routed(Arrival.of(method, target, headers, body))
            if not is_accepted and self.faults.peek(_name(exchange)) is None:
                self._chance(_name(exchange))
            fault = self.faults.take(_name(exchange))
            self.state.catch_up()
            self.state.note("request", f"{method} {exchange.arrival.path}")
            try:
                delivery = self._delivery(exchange, fault)
            except Exception as error:
                bug = error if isinstance(error, SandboxError) else _unexpected(exchange, error)
                self.bugs.append(bug)
                raise bug from error
            self._record(exchange, delivery, fault)
            return delivery

    def _routed(self, arrival: Arrival) -> _Exchange:
        exchange = _Exchange(arrival)
        try:
            exchange.operation, exchange.values = self.spec.route(arrival.method, arrival.path)
        except Problem as problem:
            exchange.refusal = problem
        return exchange

    def _delivery(self, exchange: _Exchange, fault: PlannedFault | None) -> Delivery:
        delivery = Delivery(None)
        if fault is None or fault.acts:
            delivery = self._performed(exchange)
        match fault:
            case PlannedFault(kind="lose" | "refuse"):
                return Delivery(None)
            case PlannedFault(kind="delay"):
                return attrs.evolve(delivery, delay=fault.seconds)
            case PlannedFault(kind="truncate"):
                is_cut = bool(delivery.body)  # nothing of an empty body can be missing
                return attrs.evolve(delivery, is_truncated=True) if is_cut else Delivery(None)
            case PlannedFault(kind="fail"):
                return self._failed(exchange, fault)
            case _:
                return delivery

    def _performed(self, exchange: _Exchange) -> Delivery:
        operation = exchange.operation
        try:
            if operation is None:
                raise exchange.refusal or SandboxError("a request has no operation and no refusal")
            self._check_credentials(operation, exchange.arrival)
            return self._success(operation, exchange)
        except Problem as problem:
            return self._refused(operation, exchange, problem)

    def _check_credentials(self, operation: SpecOperation, arrival: Arrival) -> None:
        wrong = [
            header
            for name, header in CREDENTIAL_HEADERS.items()
            if arrival.headers.get(header) != _CREDENTIALS[name]
        ]
        if operation.needs_credentials and wrong:
            raise Problem(401, UNAUTHORIZED, "The credentials are missing or wrong")

    def _success(self, operation: SpecOperation, exchange: _Exchange) -> Delivery:
        body = self._body(exchange)
        call = read_call(self.schemas, operation, exchange.values, exchange.arrival, body)
        fitting = Fitting(self.schemas, operation)
        status = operation.success(200)
        documented = operation.answer(status)
        if documented is not None and documented.media_type == EVENTS:
            data = stream_of_examples(self.schemas, documented, operation.name)
            exchange.invented = ("",)
            headers = self._headers(operation, documented)
            return Delivery(status, (("content-type", EVENTS), *headers), data)
        behaviour = BEHAVIOURS.get(operation.key)
        if behaviour is None or not self._documents(operation, behaviour.needs):
            exchange.acted = True
            status = operation.success(200)
            body = fitting.example(_documented(operation, status))
        else:
            answer = behaviour.act(self.state, call)  # or a `Problem`: nothing happened
            exchange.acted = True
            status = operation.success(behaviour.status)
            body = fitting.fit(answer, _documented(operation, status))
        exchange.invented = tuple(fitting.invented)
        return self._drifted(operation, self._checked(operation, status, body))

    def _drifted(self, operation: SpecOperation, delivery: Delivery) -> Delivery:
        """Return a success as an API would send it that has moved on from the spec."""
        drifting = self.drifting.get(operation.name)
        if drifting is None:
            return delivery
        is_object = is_json(dict(delivery.headers).get("content-type", ""))
        body = drifting.body(delivery.body) if is_object else delivery.body
        return attrs.evolve(delivery, status=drifting.status or delivery.status, body=body)

    def _documents(self, operation: SpecOperation, needs: frozenset[str]) -> bool:
        """Return whether the operation still takes these strings in its body."""
        if not needs:
            return True
        properties = self.schemas.merged(operation.body_schema() or {}).get("properties", {})
        types = {name: types_of(self.schemas.merged(each)) for name, each in properties.items()}
        return all(name in types and "string" in (types[name] or ["string"]) for name in needs)

    def _refused(
        self, operation: SpecOperation | None, exchange: _Exchange, problem: Problem
    ) -> Delivery:
        envelope: Any = problem.envelope()
        if operation is None:
            return refused(problem)
        documented = operation.answer(problem.status)
        if documented is not None and documented.schema is not None:
            fitting = Fitting(self.schemas, operation)
            envelope = fitting.fit(envelope, documented)
            exchange.invented = tuple(fitting.invented)
        return self._checked(operation, problem.status, envelope)

    def _checked(self, operation: SpecOperation, status: int, body: Any) -> Delivery:
        check_response(self.schemas, operation, status, body)
        documented = operation.answer(status)
        headers = self._headers(operation, documented)
        if body is None and (documented is None or documented.schema is None):
            return Delivery(status, headers)
        if documented is None or is_json(documented.media_type):
            return Delivery(status, (*_JSON, *headers), dumps(body))
        data = body.encode("utf-8") if isinstance(body, str) else dumps(body)
        return Delivery(status, (("content-type", documented.content_type), *headers), data)

    def _headers(self, operation: SpecOperation, documented: Documented | None) -> Headers:
        """Return the headers that the spec requires of a response, with its examples."""
        headers: list[tuple[str, str]] = []
        declared: Mapping[str, Any] = {} if documented is None else documented.headers
        for name, node in declared.items():
            header: Mapping[str, Any] = self.spec.resolve(node)
            if header.get("required") and name.lower() != "content-type":
                what = f"{operation.name}, header {name}"
                value = Examples(self.schemas).of(header.get("schema", {}), what)
                text = value if isinstance(value, str) else dumps(value).decode("ascii")
                headers.append((name, text))
        return tuple(headers)

    def _failed(self, exchange: _Exchange, fault: PlannedFault) -> Delivery:
        extra = tuple(fault.headers.items())
        if fault.html:
            return Delivery(fault.status, (("content-type", "text/html"), *extra), HTML)
        problem = Problem(fault.status, fault.error, fault.message)
        refused = self._refused(exchange.operation, exchange, problem)
        return attrs.evolve(refused, headers=(*refused.headers, *extra))

    def _record(self, exchange: _Exchange, delivery: Delivery, fault: PlannedFault | None) -> None:
        arrival = exchange.arrival
        shown = {k: v for k, v in arrival.headers.items() if k not in SECRET_HEADERS}
        request = SandboxRequest(
            operation=_name(exchange),
            method=arrival.method,
            path=arrival.path,
            query=arrival.query,
            headers=shown,
            body=self._body(exchange).value,
            status=delivery.status,
            acted=exchange.acted,
            invented=exchange.invented,
            fault=None if fault is None else fault.kind,
            at=self.state.clock.now,
        )
        is_lost = request.outcome == "lost"
        self.requests.append(request)
        self.counts = RequestCounts(
            self.counts.arrived + 1,
            self.counts.acted + request.acted,
            self.counts.lost + is_lost,
        )
        self.state.note("lost" if is_lost else "response", describe_response(request))

    def _body(self, exchange: _Exchange) -> ReadBody:
        """Return the body that arrived; it is read once."""
        if exchange.body is None:
            arrival = exchange.arrival
            sent = arrival.headers.get("content-type", "")
            exchange.body = (
                read_body(self.schemas, exchange.operation, sent, arrival.body)
                if arrival.body
                else ReadBody()
            )
        return exchange.body


def describe_response(request: SandboxRequest) -> str:
    """Return what the caller gets: `200`, `response lost, acted`."""
    status = "" if request.status is None else f"{request.status}"
    match request.fault:
        case "lose" | "refuse":
            status = "response lost"
        case "truncate":
            status = f"{status}, body truncated"
        case "delay":
            status = f"{status}, delayed"
        case _:
            pass
    return f"{status}, {'acted' if request.acted else 'did not act'}"


def refused(problem: Problem) -> Delivery:
    """The vendor's envelope, for a request without an operation."""
    return Delivery(problem.status, (*_JSON, *problem.headers), dumps(problem.envelope()))


def _unexpected(exchange: _Exchange, error: Exception) -> SandboxError:
    return SandboxError(f"the sandbox failed at {_name(exchange)}: {type(error).__name__}: {error}")


def _name(exchange: _Exchange) -> str | None:
    return None if exchange.operation is None else exchange.operation.name


def _documented(operation: SpecOperation, status: int) -> Documented:
    documented = operation.answer(status)
    if documented is None:
        raise SandboxError(f"the spec documents no success of {operation.name}")
    return documented

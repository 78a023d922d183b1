"""Statuses of responses: those that a documented one stands for, and any other number."""

from typing import Any, Final

import attrs
from hypothesis import strategies as st

from chessa.testing._spec.document import SpecOperation
from tests.property.media import kind_of

TELLING: Final = (
    *(100, 102, 200, 201, 202, 204, 206, 299, 300, 301, 302, 304, 307, 308),
    *(400, 401, 402, 403, 404, 405, 408, 409, 418, 422, 423, 425, 429, 451, 499),
    *(500, 501, 502, 503, 504, 520, 599, 600, 999),
)
any_status: Final = st.sampled_from(TELLING) | st.integers(100, 999)


@attrs.frozen
class Case:
    """A status, and the schema of its body; None where it has no content."""

    status: int
    schema: Any
    media_type: str = "application/json"

    @property
    def is_json(self) -> bool:
        """Return whether the body is JSON, if there is one."""
        return self.schema is None or kind_of(self.media_type) == "json"


def documented_cases(documented: SpecOperation) -> list[Case]:
    """Every documented status, a class of them by its first, its last and one in between."""
    cases: list[Case] = []
    for written, answer in documented.answers.items():
        if written.isdigit():
            numbers = [int(written)]
        elif written == "default":
            numbers = [400, 500] if successes_documented(documented) else [200, 400, 500]
        else:
            first = int(written[0]) * 100
            numbers = [first, first + 1, first + 22, first + 99]
        others = set(documented.answers) - {written}
        own = [number for number in numbers if str(number) not in others]
        cases += [Case(number, answer.schema, answer.media_type) for number in own]
    return cases


def successes_documented(documented: SpecOperation) -> bool:
    """Return whether any 2xx is documented by name."""
    return any(status.startswith("2") for status in documented.answers)


def successes(documented: SpecOperation) -> list[Case]:
    """The documented successes."""
    return [case for case in documented_cases(documented) if 200 <= case.status <= 299]


def errors(documented: SpecOperation) -> list[Case]:
    """The documented errors."""
    return [case for case in documented_cases(documented) if case.status >= 300]

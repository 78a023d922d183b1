"""The public names: one list, loaded lazily, and nothing else that could be relied upon."""

import subprocess
import sys

import pytest

import chessa
import chessa.models
from tests.marks import table

ERRORS = {
    "AbsentFieldError",
    "ApiError",
    "AuthenticationError",
    "BadRequestError",
    "ChessaError",
    "ConfigurationError",
    "DecodeError",
    "DirectTransport",
    "EncodeError",
    "InProgressError",
    "InvalidRequestError",
    "MisfitFieldError",
    "ModelError",
    "NotFoundError",
    "NotSentError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "ReferenceConflictError",
    "ResponseError",
    "ServerError",
    "UnprocessableEntityError",
}
OTHERS = {
    "UNSET",
    "AsyncChessa",
    "AsyncDirectTransport",
    "AsyncEventStream",
    "AsyncJournal",
    "Chessa",
    "ErrorCode",
    "Event",
    "EventStream",
    "File",
    "FileContent",
    "FileJournal",
    "Hooks",
    "Journal",
    "JournalRecord",
    "Outcome",
    "RawResponse",
    "RequestInfo",
    "ResponseInfo",
    "SavedFile",
    "Unset",
    "__version__",
    "flows",
    "journal",
    "models",
    "webhooks",
}


def test_the_public_names_are_these() -> None:
    """A name comes or goes by intent only."""
    assert set(chessa.__all__) == ERRORS | OTHERS
    assert dir(chessa) == sorted(chessa.__all__)


@table("name", sorted(ERRORS | OTHERS))
def test_every_public_name_can_be_had(name: str) -> None:
    """Each listed name exists, and is the same object every time."""
    assert getattr(chessa, name) is getattr(chessa, name)


def test_other_names_are_attribute_errors() -> None:
    """A name that is not there says so in the usual way."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        vars(chessa)["__getattr__"]("Nothing")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        vars(chessa.models)["__getattr__"]("Nothing")


def test_models_are_those_of_the_generated_package() -> None:
    """`chessa.models` lists and gives every generated model, and nothing else."""
    import chessa_api.models

    assert dir(chessa.models) == sorted(chessa_api.models.__all__)
    for name in chessa_api.models.__all__:
        assert getattr(chessa.models, name) is getattr(chessa_api.models, name)


def loaded(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_importing_is_cheap() -> None:
    """`import chessa` loads no dependency and no generated code; errors load theirs, no other."""
    modules = loaded("import chessa; chessa.__version__; dir(chessa)")
    assert not modules & {"attrs", "attr", "httpx", "httpcore", "chessa_api", "chessa._client"}
    modules = loaded("from chessa import ChessaError, Outcome, NotFoundError, ErrorCode")
    assert not modules & {"attrs", "attr", "httpx", "httpcore", "chessa._client"}
    generated = {name for name in modules if name.startswith("chessa_api")}
    assert generated == {"chessa_api", "chessa_api.errors"}


def test_the_http_library_is_loaded_with_the_first_client() -> None:
    """Importing the client's class loads none; making one does, so no call waits for it."""
    named = loaded("from chessa import Chessa, AsyncChessa, UNSET, models")
    assert not named & {"httpcore", "httpx", "aiohttp", "asyncio", "ssl"}
    made = loaded("import chessa; chessa.Chessa(client_id='a', client_secret='b')")
    assert made >= {"httpcore", "httpx"}


def test_star_import_gives_the_list() -> None:
    """`from chessa import *` works with lazy names."""
    names: dict[str, object] = {}
    exec("from chessa import *\nfrom chessa.models import *", names)  # noqa: S102
    assert {"Chessa", "NotFoundError", *dir(chessa.models)} <= set(names)

"""The headers of the credentials, as the package under test names them."""

from typing import Final

from chessa_api import CREDENTIAL_HEADERS

ID_HEADER: Final = CREDENTIAL_HEADERS["client_id"]
SECRET_HEADER: Final = CREDENTIAL_HEADERS["client_secret"]

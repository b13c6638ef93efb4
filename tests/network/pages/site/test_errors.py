"""What the site answers where a view failed."""

import pytest
from django.db import InterfaceError, OperationalError

from network.pages.people import home
from tests.support.makers import make_user
from tests.support.reading import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(OperationalError("connection refused"), 503, id="postgresql_is_away"),
        pytest.param(InterfaceError("the connection is closed"), 503, id="it_went_away"),
        pytest.param(ValueError("of ours"), 500, id="an_error_of_ours"),
    ],
)
def test_only_an_absent_database_is_not_our_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(_: object) -> None:
        raise error

    client = signed_in(make_user("member", name="mia"))
    client.raise_request_exception = False
    monkeypatch.setattr(home, "access_of", fail)

    response = client.get("/")

    assert (response.status_code, "Retry-After" in response.headers) == (status, status == 503)

"""Addresses of lists that nobody's page leads to: an answer, never an error of ours."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/tracking/report/?source=%00",
        "/admin/tracking/setaside/?host=a%00b",
        "/admin/tracking/conversion/?state=%00",
        "/admin/tracking/click/?cookie_type__exact=%00",
        "/admin/publishers/noticemail/?state__exact=%00",
    ],
)
def test_a_null_character_finds_nothing_and_is_told(operator: Client, address: str) -> None:
    response = operator.get(address)
    assert (response.status_code, response.headers.get("Location")) == (
        302,
        f"{address.partition('?')[0]}?e=1",
    )
    assert operator.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("lookup", ["regex", "iregex"])
@pytest.mark.parametrize("address", ["tracking/click/?cookie_type", "publishers/publisher/?status"])
def test_a_list_takes_no_regular_expression(operator: Client, address: str, lookup: str) -> None:
    assert operator.get(f"/admin/{address}__{lookup}=((((a*)*)*)*)b").status_code == 400

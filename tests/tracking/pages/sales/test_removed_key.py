"""Pages of sales whose click ids were signed with a token key that is no longer here."""

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    report_sale,
)
from tests.tracking.pages.sales.test_sale_page import DAY, MINUTE
from tracking.conversions import journeys
from tracking.models import Conversion, Report, Validation
from tracking.rule.tokens import Keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SETTLE_MANY = "/admin/tracking/conversion/settle/"


@pytest.fixture(params=["journeys", "figures"])
def contested(request: pytest.FixtureRequest, shop: Advertiser, blog: Partnership) -> Conversion:
    first, second = Shopper(), Shopper()
    for shopper in (first, second):
        shopper.follow(blog, NOW - DAY)
    sale = first.buy(shop, NOW - 2 * MINUTE, order="7")
    other = second if request.param == "journeys" else first
    other.buy(shop, NOW - MINUTE, order="7", amount="20.00")
    sale.refresh_from_db()
    assert sale.conflict == request.param
    return sale


@pytest.fixture
def without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Called once everything was reported."""
    monkeypatch.setattr(journeys, "KEYS", Keys({9: b"another key of 32 bytes or more."}, 9))


def test_a_sale_in_conflict_is_shown(
    owner: Client, contested: Conversion, without_the_key: None
) -> None:
    shown = owner.get(f"/admin/tracking/conversion/{contested.pk}/change/").content.decode()
    assert "data-key-gone" in shown
    assert shown.count("signed with a key that is no longer here") >= 2
    assert 'id="claim-1"' not in shown


def test_a_sale_with_its_key_says_nothing_of_it(owner: Client, contested: Conversion) -> None:
    shown = owner.get(f"/admin/tracking/conversion/{contested.pk}/change/").content.decode()
    assert "data-key-gone" not in shown


def test_the_conflict_stays_and_says_why(
    owner: Client, contested: Conversion, without_the_key: None
) -> None:
    report = Report.objects.filter(conversion=contested).first()
    assert report
    answer = owner.post(
        f"/admin/tracking/conversion/{contested.pk}/settle/",
        {"report": str(report.pk), "reason": "By phone"},
    )
    assert "TOKEN_KEYS" in answer.content.decode()
    contested.refresh_from_db()
    assert (contested.settled_at, contested.conflict != "") == (None, True)


def test_none_of_them_declines_nothing_either(
    owner: Client, contested: Conversion, without_the_key: None
) -> None:
    answer = owner.post(
        f"/admin/tracking/conversion/{contested.pk}/settle/",
        {"report": "neither", "reason": "By phone"},
    )
    assert answer.status_code == 200
    assert "TOKEN_KEYS" in answer.content.decode()
    contested.refresh_from_db()
    assert contested.settled_at is None
    assert not Validation.objects.exists()


def test_settling_many_says_which_stays(
    owner: Client, contested: Conversion, without_the_key: None
) -> None:
    address = f"{SETTLE_MANY}?sales={contested.pk}"
    assert owner.get(address).content.decode().count("data-key-gone") == 1
    answer = owner.post(address, {"side": "earlier", "reason": "By phone"})
    said = answer.content.decode()
    assert "None of these conflicts can be settled; see why below." in said
    assert said.count("data-key-gone") == 1
    contested.refresh_from_db()
    assert contested.settled_at is None


def test_a_report_of_a_test_is_shown(
    owner: Client, shop: Advertiser, blog: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = Shopper()
    shopper.follow(blog, NOW - DAY)
    data = {"order": "9", "amount": "5.00", "test": "1"}
    report_sale(shop, NOW, data, from_cookies=shopper.cookies)
    address = f"/admin/tracking/report/{Report.objects.get().pk}/change/"
    assert "Blog A" in owner.get(address).content.decode()
    monkeypatch.setattr(journeys, "KEYS", Keys({9: b"another key of 32 bytes or more."}, 9))
    shown = owner.get(address).content.decode()
    assert "signed with a key that is no longer here" in shown

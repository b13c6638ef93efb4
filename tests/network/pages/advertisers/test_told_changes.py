"""Changing terms and commission: what the page shows before, whom it tells, what it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from network.models import Advertiser, CommissionRate
from publishers.models import Notice, NoticeMail, Partnership
from publishers.notices.writing import unreached
from publishers.policy import assigning, deciding
from tests.support.makers import NOW, Shopper, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
DAY = timedelta(days=1)
TERMS = {
    "soft_rule": "first",
    "hard_days": "30",
    "soft_hours": "24",
    "validation_days": "0",
    "notice_days": "0",
}


@pytest.fixture
def partners(shop: Advertiser) -> dict[str, Partnership]:
    """Blog has a member, Loop nobody; Gone is no partner any more."""
    rows = {name: make_partner(shop, make_publisher(name), "hard") for name in ("Blog", "Loop")}
    rows["Gone"] = make_partner(shop, make_publisher("Gone"), status="ended")
    make_user("member", rows["Blog"].publisher, name="bea")
    return rows


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


def of(shop: Advertiser, page: str) -> str:
    return f"/admin/network/advertiser/{shop.pk}/{page}/"


def look(client: Client, address: str, **typed: str) -> Any:
    return client.post(address, {"do": "look", **typed})


def test_a_commission_is_shown_before_it_changes(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    for order in ("1", "2"):
        shopper = Shopper()
        shopper.follow(partners["Blog"], NOW - DAY)
        shopper.buy(shop, NOW - DAY / 2, order=order, amount="10.10")
    assert "3 partners work on these terms" in text(owner.get(of(shop, "rate")))
    page = text(look(owner, of(shop, "rate"), percent="5"))
    assert "Tried on past sales" in page
    assert "2 sales of £20.20 earned £1.62 of commission." in page
    assert "would have earned £1.02: -£0.60." in page
    assert "2 partners are told." in page
    assert "Loop has nobody with an account, so no email goes there." in page
    assert "Commission: 5%; so far 8%." in page
    assert "(the reason that you give)" in page
    assert CommissionRate.objects.filter(advertiser=shop).count() == 1
    assert not Notice.objects.filter(event="terms.changed").exists()


def test_a_commission_that_changes_is_told(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    typed = {"percent": "", "fixed": "3.50", "reason": "Winter prices."}
    page = text(owner.post(of(shop, "rate"), typed, follow=True))
    assert "Its partners are told." in page
    told = Notice.objects.filter(event="terms.changed").order_by("partnership_id")
    assert [row.partnership_id for row in told] == sorted(
        partners[name].pk for name in ("Blog", "Loop")
    )
    assert {row.reason for row in told} == {"Winter prices."}
    facts = told[0].facts
    assert (facts["from"]["percent"], facts["to"]["percent"]) == ("8", None)
    assert facts["to"]["fixed_minor"] == 350
    assert NoticeMail.objects.get(notices=told[0]).recipient.username == "bea"
    assert CommissionRate.objects.latest("pk").reason == "Winter prices."
    client = signed_in(NoticeMail.objects.get(notices=told[0]).recipient)
    read = text(client.get(f"/dashboard/{partners['Blog'].publisher_id}/notices/"))
    assert "Commission: £3.50 per sale; so far 8%." in read


def test_a_commission_that_is_cancelled_is_told(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    typed = {"percent": "5", "reason": "Spring", "start": "2026-04-01T00:00"}
    owner.post(of(shop, "rate"), typed)
    row = CommissionRate.objects.latest("pk")
    assigning.cancel(row, NOW, reason="Not yet", made_by=None)
    last = Notice.objects.filter(partnership=partners["Blog"]).latest("pk")
    assert (last.facts["cancelled"], last.reason) == (True, "Not yet")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({"percent": "8", "reason": "x"}, "this is already the commission", id="same"),
        pytest.param(
            {"percent": "8.000", "reason": "x", "start": "2026-04-01T00:00"},
            "this is already the commission",
            id="same_later",
        ),
        pytest.param({"percent": "9"}, "This field is required", id="no_reason"),
        pytest.param({"percent": "101", "reason": "x"}, "less than or equal to 100", id="over"),
        pytest.param({"reason": "x"}, "either a percentage or a fixed amount", id="nothing"),
    ],
)
def test_a_commission_that_is_refused(
    shop: Advertiser, owner: Client, typed: dict[str, str], said: str
) -> None:
    answer = owner.post(of(shop, "rate"), {"percent": "", **typed})
    assert said in text(answer)
    assert CommissionRate.objects.filter(advertiser=shop).count() == 1


def test_terms_are_shown_before_they_change(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    deciding.change_terms(partners["Loop"], {"hard_days": 7}, NOW, made_by=None)
    page = text(look(owner, of(shop, "terms"), **TERMS | {"hard_days": "14"}))
    assert "1 partner is told." in page
    assert "Cookie period of a hard click: 14 days; so far 30 days." in page
    assert "nobody with an account" not in page
    before = set(Notice.objects.values_list("pk", flat=True))
    owner.post(of(shop, "terms"), TERMS | {"hard_days": "14", "reason": "Shorter."})
    assert [row.partnership for row in Notice.objects.exclude(pk__in=before)] == [partners["Blog"]]


def test_what_is_to_come_is_part_of_the_preview(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    """Terms that are scheduled follow what changes before them, as when they are written."""
    typed = TERMS | {"soft_hours": "12", "reason": "Later.", "start": "2026-04-01T00:00"}
    owner.post(of(shop, "terms"), typed)
    again = text(look(owner, of(shop, "terms"), **TERMS | {"validation_days": "14"}))
    told = again.partition("What this does")[2]
    assert "Validation period: 14 days; so far 0 days." in told
    assert "1 Apr 2026" not in told


def test_terms_need_a_reason(
    shop: Advertiser, owner: Client, partners: dict[str, Partnership]
) -> None:
    answer = owner.post(of(shop, "terms"), TERMS | {"hard_days": "14"})
    assert list(answer.context["form"].errors) == ["reason"]
    assert "2 partners are told." in text(answer)


def test_whom_no_mail_reaches(partners: dict[str, Partnership]) -> None:
    rows = [partners["Blog"], partners["Loop"]]
    assert unreached(rows) == [partners["Loop"]]
    user = partners["Blog"].publisher.team.memberships.get().user
    user.is_active = False
    user.save()
    assert unreached(rows) == rows


def test_a_change_of_cookie_type_names_them_too(
    owner: Client, partners: dict[str, Partnership]
) -> None:
    address = "/admin/publishers/partnership/cookie-type/?to=soft&partners="
    page = text(owner.get(f"{address}{partners['Loop'].pk},{partners['Blog'].pk}"))
    assert "2 partners are told. Loop has nobody with an account" in page
    assert "nobody with an account" not in text(owner.get(f"{address}{partners['Blog'].pk}"))

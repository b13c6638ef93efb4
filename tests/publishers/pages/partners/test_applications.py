"""Applications as a queue: what it says of each, and deciding several together."""

from datetime import timedelta

import pytest
from django.test import Client

from network.models import Advertiser
from publishers.models import Notice, Partnership
from publishers.policy import deciding
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
QUEUE, DECIDE = "/admin/applications/", "/admin/publishers/partnership/decide/"
DAY = timedelta(days=1)


@pytest.fixture
def owner(shop: Advertiser) -> Client:
    return signed_in(make_user("owner", shop, name="olga"))


@pytest.fixture
def applied(shop: Advertiser) -> list[Partnership]:
    """Three, the first of which has waited longest; and a partner."""
    make_partner(shop, make_publisher("Blog"), "hard")
    rows = []
    for days, name in ((9, "Old"), (2, "Middle"), (1, "New")):
        publisher = make_publisher(name)
        member = make_user("owner", publisher, name=name.lower())
        rows.append(
            deciding.apply(
                shop, publisher, NOW - days * DAY, made_by=member, message=f"I am {name}"
            )
        )
    return rows


def chosen(rows: list[Partnership], to: str) -> str:
    return f"{DECIDE}?to={to}" + "".join(f"&partner={row.pk}" for row in rows)


def statuses(rows: list[Partnership]) -> list[str]:
    return [row.terms.order_by("starts_at").last().status for row in rows]  # type: ignore[union-attr]


def test_it_says_who_waits_how_long_and_in_which_words(
    owner: Client, applied: list[Partnership]
) -> None:
    page = text(owner.get(QUEUE))
    assert page.index("I am Old") < page.index("I am Middle") < page.index("I am New")
    assert "Waiting 9 days, since 3 Mar 2026 14:00" in page
    assert "By old · old@example.com" in page
    assert "Blog" not in page


def test_an_empty_queue_says_where_they_come_from(owner: Client) -> None:
    assert "No applications are waiting. Publishers apply on" in text(owner.get(QUEUE))


def test_several_are_approved_together(
    owner: Client, applied: list[Partnership], at: SetClock
) -> None:
    address = chosen(applied[:2], "approved")
    assert "Approve 2 applications" in text(owner.get(address))
    page = text(owner.post(address, {"reason": "Welcome."}, follow=True))
    assert "2 approved, from 14:00:15 UTC." in page
    assert "→ Approved, from 14:00:15 UTC" in page
    assert statuses(applied) == ["approved", "approved", "applied"]
    told = Notice.objects.filter(event="partnership.changed", reason="Welcome.")
    assert {row.partnership_id for row in told} == {row.pk for row in applied[:2]}
    at(NOW + timedelta(minutes=1))
    assert "I am Old" not in text(owner.get(QUEUE))


def test_several_are_declined_together_with_a_reason(
    owner: Client, applied: list[Partnership]
) -> None:
    address = chosen(applied[1:], "declined")
    answer = owner.post(address, {"reason": " "})
    assert list(answer.context["form"].errors) == ["reason"]
    page = text(owner.post(address, {"reason": "We have enough."}, follow=True))
    assert "2 declined, from 14:00:15 UTC." in page
    assert statuses(applied) == ["applied", "declined", "declined"]


@pytest.mark.parametrize("to", ["approved", "declined"])
def test_all_or_none(owner: Client, applied: list[Partnership], to: str) -> None:
    """Somebody else has decided about one of them while the page was open."""
    other = make_user("operator", name="opal")
    deciding.decide(applied[1], "declined", NOW, made_by=other, reason="No")
    answer = owner.post(chosen(applied, to), {"reason": "x"})
    assert answer.status_code == 200
    assert "Middle" in text(answer)
    assert statuses(applied) == ["applied", "declined", "applied"]


@pytest.mark.parametrize(
    "query", ["", "?to=approved", "?to=ended&partner={pk}", "?to=approved&partner=x"]
)
def test_what_cannot_be_decided_is_not_there(
    owner: Client, applied: list[Partnership], query: str
) -> None:
    assert owner.get(DECIDE + query.format(pk=applied[0].pk)).status_code == 404


def test_viewers_and_others_decide_nothing(shop: Advertiser, applied: list[Partnership]) -> None:
    viewer = signed_in(make_user("viewer", shop, name="vera"))
    assert "Approve" not in text(viewer.get(QUEUE))
    assert viewer.get(chosen(applied, "approved")).status_code == 403
    stranger = signed_in(make_user("owner", make_advertiser("Other"), name="otto"))
    assert "I am Old" not in text(stranger.get(QUEUE))
    assert stranger.post(chosen(applied, "approved"), {"reason": ""}).status_code == 404
    assert statuses(applied) == ["applied"] * 3

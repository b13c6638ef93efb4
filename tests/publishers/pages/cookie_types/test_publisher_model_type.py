"""Giving a publisher another model type: at whom its cookie type changes, why, who was first."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from network.models import User
from publishers.models import Notice, Publisher, PublisherModelType
from publishers.policy import assigning
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUTE, Market, counted
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def operator() -> User:
    return make_user("operator", name="otto")


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


def address(publisher: Publisher) -> str:
    return f"/admin/publishers/publisher/{publisher.pk}/model-type/"


def opened(client: Client, publisher: Publisher, model_type: str) -> Any:
    return client.get(address(publisher), {"model_type": model_type})


def send(client: Client, page: Any, **typed: str) -> Any:
    """The form of this page, with what is typed."""
    shown, run = page.context, page.context["run"]
    hidden = {**shown["hidden"], "seen": shown["seen"], "run": run.pk if run else ""}
    return client.post(shown["address"], {**hidden, **typed})


def kinds(publisher: Publisher) -> list[str]:
    rows = publisher.model_types.order_by("starts_at")
    return [row.model_type for row in rows]


def test_it_first_asks_which(client: Client) -> None:
    blog = make_publisher("Blog")
    page = client.get(address(blog))
    assert page.context["form"]["model_type"].value() == "content"
    assert "the advertisers where the cookie type changes" in text(page)
    wrong = opened(client, blog, "popups")
    assert list(wrong.context["form"].errors) == ["model_type"]
    assert kinds(blog) == ["content"]


def test_it_says_at_which_advertisers_the_cookie_type_changes(client: Client) -> None:
    blog = make_publisher("Blog")
    shops = [make_advertiser(name) for name in ("Alder", "Birch", "Cedar")]
    for shop in shops[:2]:
        make_partner(shop, blog)
    make_partner(shops[2], blog, "hard")
    said = text(opened(client, blog, "extension"))
    assert "Change the model type of Blog from Content to Extension" in said
    assert "Its cookie type changes at 2 of 3 advertisers." in said
    for name in ("Alder", "Birch"):
        assert f"{name} Content Hard Content default — Soft Extension default" in said
    assert (
        "Cedar Content Hard set individually, since 11 Jan 2026 — Hard set individually, since"
        in said
    )
    assert "Your clicks are soft from 12 Mar 2026 14:00 UTC, hard until then" in said
    assert "Decided by: the network." in said


@pytest.mark.parametrize(
    ("model_type", "said"),
    [
        pytest.param("voucher", "Its cookie type stays as it is.", id="another_hard_one"),
        pytest.param("extension", "Its cookie type changes. ", id="soft"),
    ],
)
def test_at_one_advertiser_it_is_told_without_numbers(
    client: Client, model_type: str, said: str
) -> None:
    blog = make_publisher("Blog")
    make_partner(make_advertiser(), blog)
    assert said in text(opened(client, blog, model_type))


def test_it_says_what_would_have_become_of_the_last_90_days(client: Client, market: Market) -> None:
    publisher = market.extension.publisher
    assigning.assign([market.extension], "inherit", NOW - DAY, reason="Over", made_by=None)
    assigning.change_model_type(publisher, "cashback", NOW - DAY, reason="So far", made_by=None)
    page = opened(client, publisher, "extension")
    counted(WhatIfRun.objects.get())
    said = text(send(client, page, do="look"))
    assert "to 12 Mar 2026, 2 of 4 sales would have been credited differently" in said


def test_the_reason_is_required_and_told_to_the_partner(client: Client) -> None:
    blog = make_publisher("Blog")
    make_partner(make_advertiser(), blog)
    page = opened(client, blog, "extension")
    refused = send(client, page, reason=" ")
    assert list(refused.context["form"].errors) == ["reason"]
    assert kinds(blog) == ["content"]
    send(client, page, preset="You told us that you promote in another way now.")
    assert kinds(blog) == ["content", "extension"]
    told = Notice.objects.latest("pk")
    assert (told.reason, str(told.made_by)) == (
        "You told us that you promote in another way now.",
        "otto",
    )


def test_a_start_is_kept(client: Client) -> None:
    blog = make_publisher("Blog")
    page = opened(client, blog, "voucher")
    assert send(client, page, reason="Codes", start="2026-04-01T09:00").status_code == 302
    assert PublisherModelType.objects.latest("pk").starts_at == NOW + 19 * DAY + 19 * 60 * MINUTE


def test_a_start_of_another_change_is_refused_before_it_is_sent(client: Client) -> None:
    blog = make_publisher("Blog")
    then = NOW + 9 * DAY
    assigning.change_model_type(blog, "voucher", NOW, start=then, reason="Codes", made_by=None)
    page = opened(client, blog, "overlay")
    said = text(send(client, page, do="look", start="2026-03-21T14:00"))
    assert "This start will be refused. Another change starts at 21 Mar 2026 14:00 UTC" in said


@pytest.mark.parametrize("with_partner", [True, False])
def test_two_operators_are_told_of_each_other(
    client: Client, at: SetClock, *, with_partner: bool
) -> None:
    blog = make_publisher("Blog")
    if with_partner:  # nobody's default decides for it
        make_partner(make_advertiser(), blog, "soft")
    page = opened(client, blog, "extension")
    at(NOW + MINUTE)
    olga = make_user("operator", name="olga")
    assigning.change_model_type(blog, "voucher", NOW + MINUTE, reason="Codes", made_by=olga)
    at(NOW + 3 * MINUTE)
    refused = send(client, page, reason="Mine")
    said = "The model type of Blog was changed to Voucher 2 minutes ago."
    assert said in text(refused)
    assert "Nothing was changed" in text(refused)
    assert "Mine" in text(refused)
    assert kinds(blog) == ["content", "voucher"]
    again = send(client, refused, do="count", reason="Mine")
    assert "from Voucher to Extension" in text(again)
    assert send(client, again, reason="Mine").status_code == 302
    assert kinds(blog) == ["content", "voucher", "extension"]


def test_the_type_that_it_has_is_no_change(client: Client) -> None:
    blog = make_publisher("Blog")
    make_partner(make_advertiser(), blog)
    page = opened(client, blog, "content")
    assert "There is nothing to change: the model type of Blog is Content already." in text(page)
    assert "nothing to change" in text(send(client, page, reason="So"))
    assert kinds(blog) == ["content"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_the_policy_itself_asks_for_a_reason(reason: str) -> None:
    blog = make_publisher("Blog")
    with pytest.raises(ValidationError, match="Give the reason"):
        assigning.change_model_type(blog, "voucher", NOW, reason=reason, made_by=None)
    with pytest.raises(ValidationError, match="Give the reason"):
        assigning.set_default(None, "voucher", "soft", NOW, reason=reason, made_by=None)
    with pytest.raises(ValidationError, match="There is no model type “popups”"):
        assigning.change_model_type(blog, "popups", NOW, reason="So", made_by=None)


@pytest.mark.parametrize("role", ["owner", "manager", "viewer"])
def test_only_operators_change_it(role: str) -> None:
    shop, blog = make_advertiser(), make_publisher("Blog")
    make_partner(shop, blog)
    staff = signed_in(make_user(role, shop))
    assert opened(staff, blog, "extension").status_code in (403, 404)
    sent = {"model_type": "extension", "reason": "Mine"}
    assert staff.post(address(blog), sent).status_code in (403, 404)
    assert kinds(blog) == ["content"]

"""The confirmation of a model type's default."""

import pytest
from django.test import Client

from network.models import Advertiser, User
from publishers.models import ModelTypeCookieType, Partnership
from publishers.policy import assigning
from tests.publishers.pages.cookie_types.asking import DEFAULT, opened_default, send
from tests.support.makers import (
    NOW,
    SetClock,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tests.support.reading import signed_in, text
from tests.support.what_ifs import DAY, MINUTE, Market, counted, make_market, the_run
from tracking.whatif.models import WhatIfRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def make_vouchers(shop: Advertiser, owner: User) -> list[Partnership]:
    """Two for which the default decides, and one with a type of its own."""
    return [
        make_partner(shop, make_publisher(name, model_type="voucher"), own)
        for name, own in (("Codes", None), ("More codes", None), ("Own codes", "hard"))
    ]


def test_a_default_says_for_whom_it_decides(client: Client, market: Market, owner: User) -> None:
    make_vouchers(market.shop, owner)
    page = opened_default(client, market, "voucher")
    assert (
        "Set the Voucher default of Shop to soft It changes 2 partners. 1 partner keeps its own "
        "cookie type." in text(page)
    )
    counted(the_run())
    said = text(send(client, page, DEFAULT, do="look"))
    assert "none of 4 sales" in said
    answer = send(client, page, DEFAULT, reason="All vouchers")
    assert answer.status_code == 302
    assert ModelTypeCookieType.objects.get().reason == "All vouchers"


def test_a_default_counts_what_it_would_have_done(client: Client, market: Market) -> None:
    assigning.assign([market.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    assigning.set_default(market.shop, "extension", "hard", NOW - DAY, reason="R", made_by=None)
    page = opened_default(client, market, "extension")
    assert len(page.context["proposal"].changing) == 1
    counted(the_run())
    said = text(send(client, page, DEFAULT, do="look"))
    assert "2 of 4 sales would have been credited differently" in said


def test_it_offers_what_the_default_is_not_now(client: Client, market: Market) -> None:
    def offered(model_type: str) -> object:
        return client.get(f"{DEFAULT}?model_type={model_type}").context["form"]["to"].value()

    assert (offered("voucher"), offered("overlay")) == ("soft", "hard")
    assigning.set_default(market.shop, "voucher", "soft", NOW - DAY, reason="R", made_by=None)
    assigning.set_default(None, "content", "soft", NOW - DAY, reason="R", made_by=None)
    assert (offered("voucher"), offered("content")) == ("hard", "hard")
    assert (offered(""), offered("weather")) == ("soft", "soft")


def test_the_only_advertiser_is_chosen_already(client: Client, market: Market) -> None:
    make_advertiser("Other")
    form = client.get(DEFAULT).context["form"]
    assert form["advertiser"].value() == market.shop.pk


def test_a_model_type_nobody_has(client: Client, market: Market) -> None:
    page = opened_default(client, market, "email")
    assert "Set the Email default of Shop to soft" in text(page)
    assert not WhatIfRun.objects.exists()
    answer = send(client, page, DEFAULT, reason="To come")
    assert answer.status_code == 302
    assert "No partner has this model type yet;" in text(client.get(answer.url))
    assert ModelTypeCookieType.objects.count() == 1


def test_a_default_changed_meanwhile_is_refused(
    client: Client, market: Market, owner: User, at: SetClock
) -> None:
    make_vouchers(market.shop, owner)
    page = opened_default(client, market, "voucher")
    assigning.set_default(market.shop, "voucher", "hard", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 3 * MINUTE)
    answer = send(client, page, DEFAULT, reason="Mine")
    assert "The Voucher default of Shop was set to hard 2 minutes ago." in text(answer)
    assert ModelTypeCookieType.objects.count() == 1


def test_the_networks_default_leaves_advertisers_their_own(market: Market) -> None:
    other = make_market("Other")
    for one in (market, other):
        assigning.assign([one.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    assigning.set_default(other.shop, "extension", "soft", NOW - DAY, reason="R", made_by=None)
    client = signed_in(make_user("operator"))
    page = client.get(DEFAULT, {"advertiser": "", "model_type": "extension", "to": "hard"})
    assert (
        "Set the network's Extension default to hard It changes 1 partner. 1 partner keeps the "
        "default of its advertiser." in text(page)
    )


def test_the_network_cannot_inherit(market: Market) -> None:
    client = signed_in(make_user("operator"))
    page = client.get(DEFAULT, {"advertiser": "", "model_type": "extension", "to": "inherit"})
    assert list(page.context["form"].errors) == ["to"]

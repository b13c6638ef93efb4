"""The confirmation of a change of cookie type says what others changed since."""

from collections.abc import Callable

import pytest
from django.test import Client

from network.models import User
from publishers.models import CookieTypeAssignment
from publishers.policy import assigning, deciding
from tests.publishers.pages.cookie_types.asking import looked_again, opened, send
from tests.support.makers import NOW, SetClock, make_user
from tests.support.reading import text
from tests.support.what_ifs import DAY, MINUTE, Market

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("founded", "at_now")]


def test_somebody_elses_change_is_told_and_refused(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension, market.blog)
    at(NOW + MINUTE)
    assigning.assign([market.extension], "soft", NOW + MINUTE, reason="First", made_by=None)
    at(NOW + 3 * MINUTE)
    answer = send(client, page, reason="Second", internal_note="Kept", start="2026-03-20T09:00")
    said = text(answer)
    assert answer.status_code == 200
    assert "Cat of Shop was set to soft 2 minutes ago." in said
    assert "Nothing was changed, because somebody else made a change first." in said
    assert said.count("was set to soft 2 minutes ago") == 1
    assert "Correct the fields" not in said
    assert not CookieTypeAssignment.objects.filter(reason="Second").exists()
    body = answer.content.decode()
    assert 'value="Kept"' in body
    assert 'value="2026-03-20T09:00"' in body
    assert "Second</textarea>" in body


def test_counted_again_it_knows_of_the_change(client: Client, market: Market, at: SetClock) -> None:
    page = opened(client, market.extension, market.blog)
    assigning.assign([market.extension], "soft", NOW + MINUTE, reason="First", made_by=None)
    at(NOW + 3 * MINUTE)
    page = looked_again(client, page, reason="Second")
    assert "was set to soft 2 minutes ago" in text(page)
    refused = send(client, page, reason="Second")
    assert "Waiting to be counted" in text(refused), "another question than the page's"
    page = send(client, page, do="count", reason="Second")
    said = text(page)
    assert [effect.partnership for effect in page.context["proposal"].changing] == [market.blog]
    assert "1 chosen partner is soft already." in said
    assert "ago. Count again" not in said
    assert send(client, page, reason="Second").status_code == 302
    made = CookieTypeAssignment.objects.get(reason="Second")
    assert made.partnership == market.blog


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            lambda market: assigning.set_default(
                market.shop, "extension", "hard", NOW + MINUTE, reason="R", made_by=None
            ),
            "The Extension default of Shop was set to hard 1 minute ago.",
            id="advertisers_default",
        ),
        pytest.param(
            lambda market: assigning.set_default(
                None, "extension", "hard", NOW + MINUTE, reason="R", made_by=None
            ),
            "The network's Extension default was set to hard 1 minute ago.",
            id="networks_default",
        ),
        pytest.param(
            lambda market: assigning.change_model_type(
                market.extension.publisher, "voucher", NOW + MINUTE, reason="R", made_by=None
            ),
            "The model type of Cat of Shop was changed to Voucher 1 minute ago.",
            id="model_type",
        ),
        pytest.param(
            lambda market: deciding.change_terms(
                market.extension, {"status": "ended"}, NOW + MINUTE, made_by=None
            ),
            "The partnership of Cat of Shop was ended 1 minute ago.",
            id="left",
        ),
        pytest.param(
            lambda market: assigning.assign(
                [market.extension],
                "hard",
                NOW + MINUTE,
                start=NOW + 10 * DAY,
                reason="R",
                made_by=None,
            ),
            "Cat of Shop was set to hard 1 minute ago. It starts on 22 Mar 2026 14:00 UTC.",
            id="for_later",
        ),
    ],
)
def test_each_kind_of_change_is_told(
    client: Client, market: Market, at: SetClock, change: Callable[[Market], object], said: str
) -> None:
    assigning.assign([market.extension], "inherit", NOW - DAY, reason="R", made_by=None)
    page = opened(client, market.extension, to="hard")
    change(market)
    at(NOW + 2 * MINUTE)
    assert said in text(looked_again(client, page))


def test_a_default_that_decides_nothing_here_is_none_of_its_business(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension)
    assigning.set_default(None, "extension", "hard", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 2 * MINUTE)
    assert "ago. Count again" not in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302


def test_a_change_of_this_moment_is_told_as_such(
    client: Client, market: Market, owner: User
) -> None:
    page = opened(client, market.extension)
    otto = make_user("manager", market.shop, name="otto")
    assigning.assign([market.extension], "hard", NOW, reason="R", made_by=otto)
    said = text(send(client, page, reason="R"))
    assert "Cat of Shop was set to hard just now." in said
    assert "otto" in said


def test_a_change_about_others_is_none_of_its_business(
    client: Client, market: Market, at: SetClock
) -> None:
    page = opened(client, market.extension)
    assigning.assign([market.blog], "soft", NOW + MINUTE, reason="First", made_by=None)
    assigning.set_default(market.shop, "loyalty", "soft", NOW + MINUTE, reason="R", made_by=None)
    at(NOW + 2 * MINUTE)
    assert "ago. Count again" not in text(looked_again(client, page))
    assert send(client, page, reason="R").status_code == 302

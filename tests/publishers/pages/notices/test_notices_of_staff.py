"""Notices as staff see them, and mails that operators send again."""

from typing import Any

import pytest
from django.test import Client

from publishers.models import NoticeMail
from publishers.notices import history as notice_history
from publishers.policy import deciding
from publishers.policy.assigning import assign
from tests.publishers.pages.notices.test_notice_pages import REASON, Cast, set_soft
from tests.support.makers import NOW, make_user
from tests.support.reading import signed_in, text

pytestmark = pytest.mark.django_db


# --- What staff see -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param({"state": "waiting"}, "1 waiting", id="waiting"),
        pytest.param(
            {"state": "sent", "sent_at": NOW}, "Sent to 1 member on 12 Mar 2026 14:00", id="sent"
        ),
        pytest.param(
            {"state": "parked", "last_error": "x"}, "Given up 1 could not be delivered", id="parked"
        ),
        pytest.param({"state": "skipped", "last_error": "x"}, "1 not sent: left", id="skipped"),
    ],
)
def test_staff_see_which_notices_went_out(cast: Cast, state: dict[str, Any], words: str) -> None:
    set_soft(cast)
    NoticeMail.objects.update(**state)
    address = f"/admin/publishers/partnership/{cast.partner.pk}/change/"
    shown = text(signed_in(cast.staff).get(address))
    assert (
        "Your clicks are soft from 12 Mar 2026 14:00 UTC, hard until then Still to come "
        f"{REASON} {words}"
    ) in shown
    assert cast.member.username not in shown


def test_staff_see_the_latest_first(cast: Cast) -> None:
    set_soft(cast)
    deciding.change_terms(cast.partner, {"hard_days": 7}, NOW, made_by=cast.staff)
    titles = [told.title for told in notice_history.told(cast.partner, NOW)]
    assert [title.split()[0] for title in titles] == ["New", "Your", "Approved,"]


def test_staff_see_what_was_on_the_page_only(cast: Cast) -> None:
    assign([cast.partner], "hard", NOW, reason=REASON, made_by=cast.staff)
    address = f"/admin/publishers/partnership/{cast.partner.pk}/change/"
    assert f"{REASON} None: on the page only" in text(signed_in(cast.staff).get(address))


# --- Operators: mails -----------------------------------------------------------------------------


@pytest.fixture
def operator(cast: Cast) -> Client:
    return signed_in(make_user("operator"))


def test_health_counts_what_was_given_up(cast: Cast, operator: Client) -> None:
    set_soft(cast)
    health = "/admin/tracking/spoolhost/health/"
    assert "Undeliverable mails 0" in text(operator.get(health))
    NoticeMail.objects.update(state="parked", last_error="Nobody there")
    shown = text(operator.get(health))
    assert "Undeliverable mails 1 Not delivered" in shown
    assert "Something needs your attention" in shown


def test_what_was_given_up_is_sent_again_from_its_page(cast: Cast, operator: Client) -> None:
    set_soft(cast)
    NoticeMail.objects.update(state="parked", last_error="Nobody there", attempts=9)
    mail = NoticeMail.objects.get()
    address = f"/admin/publishers/noticemail/{mail.pk}/"
    assert "Nobody there" in text(operator.get(f"{address}change/"))
    shown = text(operator.post(f"{address}again/", follow=True))
    assert "is on its way" in shown
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (NoticeMail.State.WAITING, 0)
    assert "is not given up: waiting" in text(operator.post(f"{address}again/", follow=True))


def test_many_are_sent_again_from_the_list(cast: Cast, operator: Client) -> None:
    make_user("owner", cast.publisher)
    set_soft(cast)
    NoticeMail.objects.update(state="parked", last_error="Nobody there")
    rows = [str(pk) for pk in NoticeMail.objects.values_list("pk", flat=True)]
    operator.post(
        "/admin/publishers/noticemail/", {"action": "send_all_again", "_selected_action": rows}
    )
    assert set(NoticeMail.objects.values_list("state", flat=True)) == {"waiting"}

"""A publisher's page of notices, what staff see of them, and the operators' list of mails."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network import clock
from network.models import Advertiser, User
from publishers.models import Notice, Partnership, Publisher
from publishers.notices import states as notice_states
from publishers.policy import assigning, deciding, programme_terms
from publishers.policy.assigning import assign
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user
from tests.support.reading import signed_in, text
from tests.support.team import page

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
REASON = "Most clicks come at the checkout."
SECRET, STAFF_NAME = "They will hate this", "nina-of-staff"


@dataclass(frozen=True)
class Cast:
    shop: Advertiser
    partner: Partnership
    member: User
    staff: User

    @property
    def publisher(self) -> Publisher:
        return self.partner.publisher


@pytest.fixture
def member(cast: Cast) -> Client:
    return signed_in(cast.member)


def set_soft(cast: Cast, **when: Any) -> None:
    assign(
        [cast.partner],
        "soft",
        NOW,
        reason=REASON,
        made_by=cast.staff,
        internal_note=SECRET,
        **when,
    )


def notices(client: Client, cast: Cast, query: str = "") -> str:
    return text(page(client, cast.publisher, "notices/", query))


def test_it_says_what_from_when_why_and_what_it_means(cast: Cast, member: Client) -> None:
    set_soft(cast, start=NOW + DAY)
    shown = notices(member, cast)
    for part in (
        "Your clicks are soft from 13 Mar 2026 14:00 UTC, hard until then",
        REASON,
        "Soft: your clicks take the cookie only when no other cookie of this shop is live",
        "Clicks already made keep their type",
        "The advertiser, 12 Mar 2026 14:00",
        "Still to come",
    ):
        assert part in shown


@pytest.mark.parametrize("name", ["notices/", "programmes/", ""])
def test_nothing_internal_is_shown(cast: Cast, member: Client, name: str) -> None:
    set_soft(cast)
    deciding.change_terms(
        cast.partner,
        {"strictly_necessary": True, "evidence": SECRET},
        NOW,
        made_by=cast.staff,
        reason=REASON,
    )
    deciding.add_note(cast.partner, SECRET, NOW, made_by=cast.staff)
    body = page(member, cast.publisher, name).content.decode()
    assert SECRET not in body
    assert STAFF_NAME not in body


# --- What is still to come ------------------------------------------------------------------------


COMING, TOMORROW = "?about=coming", NOW + DAY
SOFT_TOMORROW = "Your clicks are soft from 13 Mar 2026 14:00 UTC, hard until then"


def read(client: Client, cast: Cast, query: str = "") -> str:
    """The page, when nothing on it is new any more."""
    notices(client, cast)
    return notices(client, cast, query)


def cancel_soft(cast: Cast) -> None:
    assigning.cancel(cast.partner.assignments.get(), NOW, reason="We talked.", made_by=cast.staff)


def test_what_was_cancelled_is_not_still_to_come(cast: Cast, member: Client) -> None:
    set_soft(cast, start=TOMORROW)
    assert f"Nimbus Soft Still to come {SOFT_TOMORROW}" in read(member, cast, COMING)
    cancel_soft(cast)
    shown = read(member, cast)
    assert f"Nimbus Cookie type Cancelled {SOFT_TOMORROW}" in shown
    assert "Nimbus Cookie type You stay hard; the change to soft on 13 Mar 2026 14:00 UTC" in shown
    assert "No notices match these filters" in read(member, cast, COMING)
    assert "to come" not in text(page(member, cast.publisher, "programmes/")).lower()
    assert "→ Soft" not in text(page(member, cast.publisher, "programmes/"))


def test_what_was_cancelled_stays_so_after_its_moment(
    cast: Cast, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_soft(cast, start=TOMORROW)
    cancel_soft(cast)
    monkeypatch.setattr(clock, "now", lambda: TOMORROW + DAY)
    assert f"Nimbus Cookie type Cancelled {SOFT_TOMORROW}" in read(member, cast)


def test_what_is_announced_again_is_to_come(cast: Cast, member: Client) -> None:
    set_soft(cast, start=TOMORROW)
    cancel_soft(cast)
    set_soft(cast, start=TOMORROW)
    shown = read(member, cast)
    assert f"Nimbus Cookie type Cancelled {SOFT_TOMORROW}" in shown
    assert f"Nimbus Soft Still to come {SOFT_TOMORROW}" in shown
    assert read(member, cast, COMING).count("Still to come Your clicks") == 1


def test_what_a_nearer_decision_overrides_is_cancelled(cast: Cast, member: Client) -> None:
    assigning.set_default(
        cast.shop, "cashback", "soft", NOW, reason="All", made_by=cast.staff, start=TOMORROW
    )
    assign([cast.partner], "hard", NOW, reason="Agreed", made_by=cast.staff)
    shown = read(member, cast)
    assert f"Nimbus Cookie type Cancelled {SOFT_TOMORROW}" in shown
    assert SOFT_TOMORROW not in read(member, cast, COMING)


@pytest.mark.parametrize("later", [timedelta(), 2 * DAY], ids=["before", "after"])
def test_an_earlier_start_replaces_what_was_announced(
    cast: Cast, member: Client, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    set_soft(cast, start=TOMORROW)
    set_soft(cast, start=NOW + DAY / 2)
    monkeypatch.setattr(clock, "now", lambda: NOW + later)
    shown = read(member, cast)
    assert f"Nimbus Cookie type Replaced {SOFT_TOMORROW}" in shown
    assert "Replaced Your clicks are soft from 13 Mar 2026 02:00" not in shown
    assert SOFT_TOMORROW not in read(member, cast, COMING)


def test_another_change_before_it_leaves_it_to_come(cast: Cast, member: Client) -> None:
    set_soft(cast, start=TOMORROW)
    assign([cast.partner], "hard", NOW, reason="Agreed", made_by=cast.staff)
    assert f"Nimbus Soft Still to come {SOFT_TOMORROW}" in read(member, cast, COMING)


def test_cancelled_terms_and_ends_are_not_to_come(cast: Cast, member: Client) -> None:
    told = programme_terms.change(cast.shop, {"soft_hours": 12}, NOW, made_by=None, start=TOMORROW)
    ended = deciding.change_terms(
        cast.partner, {"status": "ended"}, NOW, made_by=None, start=TOMORROW
    )
    shown = read(member, cast, COMING)
    assert "Nimbus Terms Still to come New terms from" in shown
    assert "Nimbus Partnership Still to come Ended, from" in shown
    for row in (ended, told):
        assigning.cancel(row, NOW, reason="No", made_by=cast.staff)
    shown = read(member, cast)
    assert "Nimbus Terms Cancelled New terms from" in shown
    assert "Nimbus Partnership Cancelled Ended, from" in shown
    assert "No notices match these filters" in read(member, cast, COMING)


def test_staff_see_which_was_cancelled(cast: Cast) -> None:
    set_soft(cast, start=TOMORROW)
    cancel_soft(cast)
    address = f"/admin/publishers/partnership/{cast.partner.pk}/change/"
    assert "hard until then Cancelled Most" in text(signed_in(cast.staff).get(address))


def test_the_same_queries_however_many_are_shown(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            notice_states.states(list(Notice.objects.select_related("partnership")), NOW)
        return len(captured)

    set_soft(cast, start=TOMORROW)
    few = queries()
    for number in range(5):
        other = make_partner(make_advertiser(), cast.publisher)
        assign([other], "soft", NOW, reason="x", made_by=None, start=TOMORROW + number * DAY)
    assert queries() == few


# --- What is new ----------------------------------------------------------------------------------


def test_what_is_new_is_counted_until_it_was_read(cast: Cast, member: Client) -> None:
    colleague = signed_in(make_user("owner", cast.publisher))
    set_soft(cast)
    assert "Notices 1 (1 new)" in text(page(member, cast.publisher))
    assert "New notices" in notices(member, cast)
    assert " new)" not in text(page(member, cast.publisher))
    assert "New notices" not in notices(member, cast)
    assert "Notices 1 (1 new)" in text(page(colleague, cast.publisher))


def test_what_was_told_before_one_joined_is_not_new(cast: Cast) -> None:
    set_soft(cast)
    newcomer = signed_in(make_user("member", cast.publisher))
    assert " new)" not in text(page(newcomer, cast.publisher))
    assert "Your clicks are soft" in notices(newcomer, cast)


def test_a_narrowed_list_leaves_the_rest_unread(cast: Cast, member: Client) -> None:
    set_soft(cast)
    notices(member, cast, "?about=terms.changed")
    assert "Notices 1 (1 new)" in text(page(member, cast.publisher))


def test_filters(cast: Cast, member: Client) -> None:
    other = make_partner(make_advertiser("Blum"), cast.publisher)
    set_soft(cast, start=NOW + DAY)
    deciding.change_terms(other, {"status": "ended"}, NOW - DAY, made_by=None)
    by_shop = notices(member, cast, f"?programme={cast.shop.pk}")
    assert "Your clicks are soft" in by_shop
    assert "Ended, from" not in by_shop
    assert "Ended, from" in notices(member, cast, "?about=partnership.changed")
    coming = notices(member, cast, "?about=coming")
    assert "Your clicks are soft" in coming
    assert "Ended, from" not in coming
    assert "No notices match these filters" in notices(member, cast, "?about=terms.changed")


def test_bad_filters_say_so(cast: Cast, member: Client) -> None:
    stranger = make_advertiser("Not theirs")
    response = page(member, cast.publisher, "notices/", f"?programme={stranger.pk}")
    assert response.status_code == 400
    assert "Not theirs" not in text(response)


def test_an_empty_page_says_what_comes_here(member: Client) -> None:
    publisher = make_publisher()
    user = make_user("owner", publisher)
    assert "No notices yet." in text(page(signed_in(user), publisher, "notices/"))


def test_older_pages(cast: Cast, member: Client) -> None:
    for number in range(25):
        deciding.change_terms(
            cast.partner, {"hard_days": number + 1}, NOW + number * DAY, made_by=None
        )
    first = page(member, cast.publisher, "notices/")
    assert "Cookie period of a hard click: 25 days" in text(first)
    assert "Cookie period of a hard click: 2 days" not in text(first)
    [address] = [part for part in first.content.decode().split('"') if part.startswith("?before=")]
    assert "Cookie period of a hard click: 2 days" in notices(member, cast, address)


def test_each_leads_to_its_programme(cast: Cast, member: Client) -> None:
    set_soft(cast)
    address = f"/dashboard/{cast.publisher.pk}/programmes/#programme-{cast.shop.pk}"
    assert address in page(member, cast.publisher, "notices/").content.decode()
    programmes = page(member, cast.publisher, "programmes/").content.decode()
    assert f'id="programme-{cast.shop.pk}"' in programmes


def test_markup_in_a_reason_is_text(cast: Cast, member: Client) -> None:
    assign([cast.partner], "soft", NOW, reason="<b>x</b>", made_by=None)
    assert "&lt;b&gt;x&lt;/b&gt;" in page(member, cast.publisher, "notices/").content.decode()


# --- What changes a programme's terms -------------------------------------------------------------


def test_terms_changed_in_the_admin_are_told(cast: Cast, member: Client) -> None:
    client = signed_in(cast.staff)
    response = client.post(
        f"/admin/network/advertiser/{cast.shop.pk}/terms/",
        {
            "soft_rule": "sole",
            "hard_days": "30",
            "soft_hours": "12",
            "validation_days": "0",
            "notice_days": "0",
            "reason": "Spring",
            "start_0": "",
            "start_1": "",
        },
    )
    assert response.status_code == 302
    shown = notices(member, cast)
    assert "Longest life of a soft cookie: 12 hours; so far 24 hours." in shown
    assert "When two soft partners meet: sole: as first, and unpaid" in shown
    assert "Spring" in shown


def test_partners_that_left_are_told_nothing_of_terms(cast: Cast) -> None:
    gone = make_partner(cast.shop, make_publisher(), status="ended")
    programme_terms.change(cast.shop, {"soft_hours": 12}, NOW, made_by=None)
    assert cast.partner.notices.filter(event="terms.changed").count() == 1
    assert not gone.notices.filter(event="terms.changed").exists()

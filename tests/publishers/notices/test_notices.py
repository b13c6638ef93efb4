"""What publishers are told of changes, to whom it is addressed, and in which words."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from network.advertisers import terms as advertisers
from network.effective.rows import SPREAD
from network.models import Advertiser, AttributionTerms, User
from publishers.models import (
    Notice,
    NoticeMail,
    Partnership,
    Publisher,
)
from publishers.notices.words import mail_text, words
from publishers.notices.writing import telling_partners
from publishers.policy import assigning, deciding, programme_terms
from tests.support.makers import NOW, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
REASON = "Most clicks come at the checkout."


@dataclass(frozen=True)
class Cast:
    shop: Advertiser
    cashback: Partnership
    staff: User
    member: User

    @property
    def publisher(self) -> Publisher:
        return self.cashback.publisher


def told(partnership: Partnership, event: str = "cookie_type.changed") -> list[Notice]:
    """What the partner was told after the first day, in the order of writing."""
    rows = partnership.notices.filter(event=event, created_at__gte=NOW - DAY)
    return list(rows.order_by("pk"))


def assign(partnership: Partnership, to: str, user: User | None, **when: Any) -> None:
    assigning.assign([partnership], to, NOW, reason=REASON, made_by=user, **when)


def shape(notice: Notice) -> tuple[str, str, bool, timedelta]:
    facts = notice.facts
    return (
        facts["from"]["type"],
        facts["to"]["type"],
        facts["cancelled"],
        notice.takes_effect_at - NOW,
    )


def test_a_change_now_is_told_with_its_reason_and_mailed(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff)
    [notice] = told(cast.cashback)
    assert shape(notice) == ("hard", "soft", False, SPREAD)
    assert (notice.reason, notice.decided_by) == (REASON, "advertiser")
    mail = NoticeMail.objects.get(notices=notice)
    assert (mail.recipient, mail.publisher, mail.state) == (
        cast.member,
        cast.publisher,
        NoticeMail.State.WAITING,
    )


def test_a_coming_change_is_told_at_its_start(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff, start=NOW + 9 * DAY)
    assert [shape(notice) for notice in told(cast.cashback)] == [("hard", "soft", False, 9 * DAY)]


def test_only_the_source_differs_is_told_but_not_mailed(cast: Cast) -> None:
    assign(cast.cashback, "hard", cast.staff)
    [notice] = told(cast.cashback)
    assert shape(notice) == ("hard", "hard", False, SPREAD)
    assert not NoticeMail.objects.filter(notices=notice).exists()
    assert words(notice).title.startswith("Still hard; from 12 Mar 2026 14:00 UTC by a decision")


@pytest.mark.parametrize(("to", "days"), [("soft", 0), ("hard", 0), ("soft", 3)])
def test_a_type_from_the_beginning_on_names_none_before(cast: Cast, to: str, days: int) -> None:
    """Set with the approval, or before it: no click had counted as another type."""
    terms = {"status": "approved"} if not days else {"status": "applied"}
    partner = make_partner(cast.shop, make_publisher(model_type="overlay"), now=NOW, **terms)
    assign(partner, to, cast.staff)
    [notice] = told(partner)
    assert words(notice).title == f"Your clicks are {to} from 12 Mar 2026 14:00 UTC"
    assert "Clicks already made" not in words(notice).stays


def test_a_type_set_later_names_what_was_before(cast: Cast) -> None:
    partner = make_partner(cast.shop, make_publisher(model_type="overlay"), now=NOW - DAY)
    assign(partner, "hard", cast.staff)
    [notice] = told(partner)
    assert words(notice).title == "Your clicks are hard from 12 Mar 2026 14:00 UTC, soft until then"


def test_setting_it_again_tells_nothing(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff, start=NOW + DAY)
    assigning.assign(
        [cast.cashback], "soft", NOW, reason=REASON, made_by=cast.staff, start=NOW + 2 * DAY
    )
    assert len(told(cast.cashback)) == 1


def test_an_earlier_start_replaces_what_was_announced(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff, start=NOW + 9 * DAY)
    assign(cast.cashback, "soft", cast.staff, start=NOW + 2 * DAY)
    assert [shape(notice)[3] for notice in told(cast.cashback)] == [9 * DAY, 2 * DAY]


def test_a_change_before_an_announced_one_tells_that_it_ends_then(cast: Cast) -> None:
    assign(cast.cashback, "hard", cast.staff, start=NOW + 9 * DAY)
    assign(cast.cashback, "soft", cast.staff)
    assert [shape(notice) for notice in told(cast.cashback)] == [
        ("hard", "hard", False, 9 * DAY),
        ("hard", "soft", False, SPREAD),
        ("soft", "hard", False, 9 * DAY),
    ]
    [mail] = NoticeMail.objects.filter(notices__facts__to__type="soft")
    assert mail.notices.count() == 2  # one mail for what was decided together


def test_a_default_tells_those_for_whom_it_decides(cast: Cast) -> None:
    own = make_partner(cast.shop, make_publisher(model_type="cashback"), "hard")
    other = make_partner(cast.shop, make_publisher(model_type="voucher"))
    assigning.set_default(None, "cashback", "soft", NOW, reason=REASON, made_by=None)
    [notice] = told(cast.cashback)
    assert notice.decided_by == "network"
    assert notice.facts["to"]["source"] == "network"
    assert told(own) == told(other) == []


def test_an_operator_decides_as_the_network(cast: Cast) -> None:
    assign(cast.cashback, "soft", make_user("operator"))
    assert told(cast.cashback)[0].decided_by == "network"


@pytest.mark.parametrize(
    ("status", "count"),
    [
        pytest.param("applied", 1, id="applied"),
        pytest.param("approved", 1, id="approved"),
        pytest.param("suspended", 1, id="suspended"),
        pytest.param("declined", 0, id="declined"),
        pytest.param("ended", 0, id="ended"),
    ],
)
def test_who_has_left_is_told_nothing_of_the_cookie_type(status: str, count: int) -> None:
    shop = make_advertiser()
    partner = make_partner(shop, make_publisher(), status=status)
    assigning.set_default(shop, "content", "soft", NOW, reason=REASON, made_by=None)
    assert len(told(partner)) == count


def test_a_change_after_the_end_of_the_partnership_is_not_told(cast: Cast) -> None:
    deciding.change_terms(
        cast.cashback, {"status": "ended"}, NOW, made_by=cast.staff, start=NOW + DAY
    )
    start = NOW + 2 * DAY
    assigning.set_default(
        cast.shop, "cashback", "soft", NOW, reason=REASON, made_by=None, start=start
    )
    assert told(cast.cashback) == []


def test_what_fails_tells_nothing(cast: Cast) -> None:
    def fail() -> None:
        with transaction.atomic():
            assigning.assign([cast.cashback], "soft", NOW, reason=REASON, made_by=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert told(cast.cashback) == []
    assert cast.cashback.assignments.count() == 0


def test_many_partners_take_as_many_queries_as_few(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    others = [make_partner(cast.shop, make_publisher(model_type="cashback")) for _ in range(12)]
    for other in others:
        make_user("member", other.publisher)
    with django_assert_max_num_queries(25):
        assigning.set_default(cast.shop, "cashback", "soft", NOW, reason=REASON, made_by=cast.staff)
    assert NoticeMail.objects.filter(created_at=NOW).count() == 13


# --- Partnership and terms ------------------------------------------------------------------------


def test_a_new_partnership_is_told_and_an_application_is_not() -> None:
    shop = make_advertiser()
    partner = make_partner(shop, make_publisher(), hard_days=7, now=NOW)
    [notice] = partner.notices.all()
    assert notice.event == "partnership.changed"
    assert words(notice).title == "Approved, from 12 Mar 2026 14:00 UTC"
    applicant = make_publisher()
    user = make_user("owner", applicant)
    application = deciding.apply(shop, applicant, NOW, made_by=user)
    assert not application.notices.exists()


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        pytest.param({"status": "ended"}, "Ended", id="ended"),
        pytest.param({"status": "suspended"}, "Suspended", id="suspended"),
        pytest.param({"status": "declined"}, "Declined", id="declined"),
        pytest.param({"in_page": True}, "Activation from the page is on", id="in_page"),
        pytest.param(
            {"strictly_necessary": True, "evidence": "Paragraph 12 of the secret opinion"},
            "Your cookie counts as strictly necessary",
            id="strictly_necessary",
        ),
    ],
)
def test_a_partnerships_change_is_told(cast: Cast, changes: dict[str, object], title: str) -> None:
    deciding.change_terms(cast.cashback, changes, NOW, made_by=cast.staff, reason=REASON)
    [notice] = told(cast.cashback, "partnership.changed")
    assert words(notice).title == f"{title}, from 12 Mar 2026 14:00 UTC"
    assert NoticeMail.objects.filter(notices=notice).count() == 1
    assert "secret" not in mail_text(cast.publisher, [notice]).text


@pytest.mark.parametrize(
    ("status", "stays"),
    [
        pytest.param("ended", True, id="ended_clicks_keep_their_claims"),
        pytest.param("suspended", False, id="suspended_keeps_nothing"),
    ],
)
def test_what_stays_after_a_partnership(cast: Cast, status: str, stays: bool) -> None:
    deciding.change_terms(cast.cashback, {"status": status}, NOW, made_by=cast.staff)
    [notice] = told(cast.cashback, "partnership.changed")
    assert bool(words(notice).stays) is stays
    assert ("are declined" in words(notice).meaning[0]) is not stays


def test_an_own_cookie_period_is_told_as_terms(cast: Cast) -> None:
    deciding.change_terms(cast.cashback, {"hard_days": 7}, NOW, made_by=cast.staff)
    [notice] = told(cast.cashback, "terms.changed")
    assert words(notice).meaning == ["Cookie period of a hard click: 7 days; so far 30 days."]


def test_the_shops_terms_are_told_to_whom_they_apply(cast: Cast) -> None:
    own = make_partner(cast.shop, make_publisher(), hard_days=7)
    gone = make_partner(cast.shop, make_publisher(), status="ended")
    with telling_partners(
        [cast.cashback, own, gone],
        NOW,
        changing=AttributionTerms,
        made_by=cast.staff,
        reason=REASON,
    ):
        advertisers.change_terms(
            cast.shop, {"hard_days": 14}, NOW, made_by=cast.staff, start=NOW + DAY
        )
    [notice] = told(cast.cashback, "terms.changed")
    assert words(notice).title == "New terms from 13 Mar 2026 14:00 UTC"
    assert told(own, "terms.changed") == told(gone, "terms.changed") == []


def test_what_the_shop_pays_is_told_to_whom_it_pays(cast: Cast) -> None:
    programme_terms.change_rate(cast.shop, NOW, made_by=cast.staff, percent=Decimal(5))
    [notice] = told(cast.cashback, "terms.changed")
    was, becomes = notice.facts["from"]["percent"], notice.facts["to"]["percent"]
    assert Decimal(was) == 8
    assert Decimal(becomes) == 5


# --- What the database holds ----------------------------------------------------------------------


def test_a_notice_stays_as_it_was_written(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Notice.objects.update(reason="Another")


@pytest.mark.parametrize("state", ["sent", "skipped"])
def test_a_mail_that_is_done_is_never_sent_again(cast: Cast, state: str) -> None:
    assign(cast.cashback, "soft", cast.staff)
    sent_at: datetime | None = NOW if state == "sent" else None
    NoticeMail.objects.update(state=state, sent_at=sent_at, last_error="Left the team")
    with pytest.raises(IntegrityError, match="cannot become waiting"), transaction.atomic():
        NoticeMail.objects.update(state="waiting", sent_at=None)


# --- Two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_changes_something_at_the_same_time_does_not_tell_it_again() -> None:
    partner = make_partner(make_advertiser(), make_publisher())

    def also_set_soft() -> None:
        try:
            assign(partner, "soft", None, start=NOW + 3 * DAY)
        finally:
            connections.close_all()

    other = threading.Thread(target=also_set_soft)
    with transaction.atomic():
        assign(partner, "soft", None, start=NOW + DAY)
        other.start()
        while other.is_alive() and not somebody_waits():
            pass
    other.join()
    assert [shape(notice) for notice in told(partner)] == [("hard", "soft", False, DAY)]
    assert partner.assignments.count() == 2


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        [[waits]] = cursor.fetchall()
    return bool(waits)


def test_a_partner_that_began_before_its_shop_reads_of_the_shops_first_terms() -> None:
    shop = make_advertiser(now=NOW + DAY)
    early = make_partner(shop, make_publisher("Early"), now=NOW - DAY)
    assigning.assign([early], "soft", NOW - DAY, reason=REASON, made_by=None, start=NOW)
    rows = early.notices.order_by("pk")
    assert {row.event for row in rows} == {"partnership.changed", "cookie_type.changed"}
    [soft] = [words(row) for row in rows if row.facts["to"].get("type") == "soft"]
    assert "after 24 hours at the latest" in soft.meaning[0]

"""The preview of a notice is the mail that follows; and what the mail says."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from network.models import User
from network.names import one_line
from publishers.cookie_types.resolution import PolicyRow
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    Partnership,
)
from publishers.notices import writing as notices
from publishers.notices.words import mail_text
from publishers.notices.writing import Preview
from publishers.partnerships.reading import read
from publishers.policy import assigning
from tests.publishers.notices.test_notices import DAY, REASON, Cast, assign, told
from tests.support.makers import NOW, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db


# --- Words ----------------------------------------------------------------------------------------


def test_the_mail_says_what_from_when_why_and_what_stays(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff, start=NOW + 9 * DAY)
    with timezone.override("Europe/Berlin"):
        mail = mail_text(cast.publisher, told(cast.cashback))
    assert mail.subject == (
        "Nimbus: Your clicks are soft from 21 Mar 2026 15:00 CET, hard until then"
    )
    for part in (
        "Pennyback (publisher",
        f"Why: {REASON}",
        "Decided by: the advertiser.",
        "Soft: your clicks take the cookie only when no other cookie of this shop is live",
        "The cookie ends with the browser session, and after 24 hours at the latest.",
        "Clicks already made keep their type",
        f"/dashboard/{cast.publisher.pk}/notices/",
        "Times are in Europe/Berlin.",
    ):
        assert part in mail.text
    assert "nina" not in mail.text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param("Evil\r\nBcc: all@example.com", "Evil Bcc: all@example.com", id="line_break"),
        pytest.param("a\u2028b\x00c", "a b c", id="other_breaks"),
        pytest.param("txt.\u202eexe", "txt. exe", id="turned_direction"),
        pytest.param("Rösterei 日本 👩\u200d🌾", "Rösterei 日本 👩\u200d🌾", id="kept"),
    ],
)
def test_odd_names_stay_on_their_line(name: str, line: str) -> None:
    assert one_line(name) == line


def test_a_reason_cannot_begin_a_line_of_its_own(cast: Cast) -> None:
    assign(cast.cashback, "soft", cast.staff)
    [notice] = told(cast.cashback)
    notice.reason = "Because.\n\nAll notices: https://evil.example/"
    assert "\nAll notices: https://evil" not in mail_text(cast.publisher, [notice]).text


# --- Preview --------------------------------------------------------------------------------------


def previews(
    cast: Cast, said: PolicyRow, *partners: Partnership, made_by: User | None = None
) -> list[Preview]:
    return notices.previews(
        partners,
        said,
        NOW,
        reading=read(partners),
        made_by=made_by or cast.staff,
        reason=REASON,
    )


def of_default(cast: Cast, start: datetime) -> PolicyRow:
    return ModelTypeCookieType(
        advertiser=cast.shop, model_type="cashback", cookie_type="soft", starts_at=start
    )


@pytest.mark.parametrize("by_default", [False, True])
def test_the_preview_is_the_mail_that_follows(cast: Cast, by_default: bool) -> None:
    start = NOW + 2 * DAY
    soft = CookieTypeAssignment(cookie_type="soft", starts_at=start)
    [preview] = previews(cast, of_default(cast, start) if by_default else soft, cast.cashback)
    assert not told(cast.cashback)
    if by_default:
        said: Any = {"reason": REASON, "made_by": cast.staff, "start": start}
        assigning.set_default(cast.shop, "cashback", "soft", NOW, **said)
    else:
        assign(cast.cashback, "soft", cast.staff, start=start)
    assert preview.mail == mail_text(cast.publisher, told(cast.cashback))


def test_the_preview_says_who_decides(cast: Cast) -> None:
    soft = CookieTypeAssignment(cookie_type="soft", starts_at=NOW + DAY)
    for person, decider in ((cast.staff, "advertiser"), (make_user("operator"), "network")):
        [preview] = previews(cast, soft, cast.cashback, made_by=person)
        assert preview.mail is not None
        assert f"Decided by: the {decider}." in preview.mail.text


def test_what_it_cancels_by_the_way_is_in_the_preview(cast: Cast) -> None:
    """Hard by a decision of its own before a default makes it soft."""
    said: Any = {"reason": REASON, "made_by": cast.staff, "start": NOW + 5 * DAY}
    assigning.set_default(cast.shop, "cashback", "soft", NOW, **said)
    before = len(told(cast.cashback))
    hard = CookieTypeAssignment(cookie_type="hard", starts_at=NOW + DAY)
    [preview] = previews(cast, hard, cast.cashback)
    assign(cast.cashback, "hard", cast.staff, start=NOW + DAY)
    mailed = [row for row in told(cast.cashback)[before:] if row.mails.exists()]
    assert preview.mail == mail_text(cast.publisher, mailed)
    assert "is cancelled" in preview.mail.subject


def test_each_kind_of_notice_has_a_preview(cast: Cast) -> None:
    overlays = [
        make_partner(cast.shop, make_publisher(model_type="overlay"), "hard", now=NOW - 9 * DAY)
        for _ in range(2)
    ]
    assigning.assign([cast.cashback], "soft", NOW - DAY, reason=REASON, made_by=cast.staff)
    voucher = make_publisher(model_type="voucher")
    same = make_partner(cast.shop, voucher, "hard", now=NOW - 9 * DAY)
    back = CookieTypeAssignment(cookie_type="inherit", starts_at=NOW + DAY)
    first, second, third = previews(cast, back, cast.cashback, *overlays, same)
    assert (list(first.partnerships), list(second.partnerships)) == (overlays, [cast.cashback])
    assert first.mail is not None
    assert second.mail is not None
    assert "Your clicks are soft from" in first.mail.subject
    assert "Your clicks are hard from" in second.mail.subject
    assert (list(third.partnerships), third.mail) == ([same], None)
    assert "Still hard" in third.titles[0]


def test_the_preview_says_where_nothing_changes(cast: Cast) -> None:
    content = make_partner(cast.shop, make_publisher(model_type="content"))
    [preview] = previews(cast, of_default(cast, NOW + DAY), content)
    assert (preview.mail, list(preview.titles)) == (None, [])

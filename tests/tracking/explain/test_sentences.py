"""Verdicts, decisions and states in words: names for staff, none of a rival's for publishers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from network.clock import to_ms
from tracking.explain.sentences import (
    CLICK_REASONS,
    REPORT_OUTCOMES,
    TARGET_REASONS,
    TOKEN_REASONS,
    VERDICT_LABELS,
    Decided,
    Names,
    final_on,
    uncounted_text,
    verdict_sentence,
    why,
    window,
)
from tracking.rule.attribution import Click, CookieType, Judged, Verdict
from tracking.rule.reasons import ClickReason, ReportOutcome, TargetReason, TokenReason

BLOG, EXTENSION = 1, 2
MARCH = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
STAFF = Names({BLOG: "Blog A", EXTENSION: "Extension X"})
AS_BLOG = Names({EXTENSION: "an extension partner"}, own=BLOG)
AS_EXTENSION = Names({}, own=EXTENSION)


def click(number: int, publisher: int, cookie_type: str, at: datetime = MARCH) -> Click:
    minutes = 30 * 24 * 60 if cookie_type == "hard" else 24 * 60
    return Click(UUID(int=number), to_ms(at), publisher, CookieType(cookie_type), minutes)


BLOGS = click(1, BLOG, "hard")
BLOGS_LATER = click(3, BLOG, "hard", MARCH + timedelta(hours=2))
EXTENSIONS = click(2, EXTENSION, "soft", MARCH + timedelta(hours=1))
UNCOUNTED = replace(EXTENSIONS, reason=ClickReason.NO_CONSENT)


@pytest.mark.parametrize(
    ("judged", "names", "sentence"),
    [
        pytest.param(
            Judged(EXTENSIONS, Verdict.STOOD_DOWN, BLOGS),
            STAFF,
            "Stood down: Blog A's hard cookie was live until 11 Apr 2026 14:00.",
            id="stood_down_names_the_claim_and_its_end",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.STOOD_DOWN, BLOGS),
            AS_EXTENSION,
            "Stood down: another partner's hard cookie was live.",
            id="a_publisher_learns_neither_name_nor_time_of_a_rival",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.STOOD_DOWN, click(4, EXTENSION, "soft")),
            AS_EXTENSION,
            "Stood down: your own soft cookie was live until 13 Mar 2026 14:00, or the end of its "
            "browser session.",
            id="a_publisher_learns_the_time_of_its_own",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.STOOD_DOWN),
            STAFF,
            "Stood down: a cookie was live in the browser already; its click is not known here.",
            id="stood_down_for_an_unknown_claim",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.OVERWRITTEN, BLOGS_LATER),
            STAFF,
            "Overwritten: Blog A's hard click of 12 Mar 2026 16:00 took the cookie.",
            id="overwritten_names_the_click",
        ),
        pytest.param(
            Judged(BLOGS, Verdict.OVERWRITTEN, EXTENSIONS),
            AS_BLOG,
            "Overwritten: an extension partner's soft click took the cookie.",
            id="a_rival_by_its_model_type",
        ),
        pytest.param(
            Judged(BLOGS, Verdict.EXPIRED),
            STAFF,
            "Expired: its window of 30 days closed on 11 Apr 2026 14:00.",
            id="expired",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.SESSION_ENDED),
            STAFF,
            "Session ended: its soft cookie had ended with its browser session.",
            id="session_ended",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.CONTESTED, BLOGS),
            STAFF,
            "Contested: the window of Blog A's click was still open, and this advertiser then pays "
            "no soft cookie.",
            id="contested",
        ),
        pytest.param(
            Judged(BLOGS, Verdict.HELD),
            STAFF,
            "Credited: it held the cookie at the sale; its window runs until 11 Apr 2026 14:00.",
            id="held_hard",
        ),
        pytest.param(
            Judged(EXTENSIONS, Verdict.HELD),
            STAFF,
            "Credited: it held the cookie at the sale, which came in the same browser session.",
            id="held_soft",
        ),
        pytest.param(
            Judged(BLOGS, Verdict.AFTER_CONVERSION),
            STAFF,
            "After the sale: it came too late to matter.",
            id="after_the_sale",
        ),
        pytest.param(
            Judged(UNCOUNTED, Verdict.INVALID),
            STAFF,
            "Does not count: the visitor did not consent.",
            id="invalid_says_why",
        ),
        pytest.param(
            Judged(replace(BLOGS, reason=ClickReason.NOT_PARTNER), Verdict.NOT_PARTNER),
            STAFF,
            "Does not count: the publisher was not an approved partner at that time.",
            id="not_partner",
        ),
    ],
)
def test_it_tells_what_became_of_a_click(judged: Judged, names: Names, sentence: str) -> None:
    assert verdict_sentence(judged, names) == sentence


@pytest.mark.parametrize(
    ("decided", "names", "sentence"),
    [
        pytest.param(
            Decided([Judged(BLOGS, Verdict.HELD)], BLOGS),
            STAFF,
            "Blog A's hard click of 12 Mar 2026 14:00 was the last one to take the cookie, and its "
            "window was still open.",
            id="hard",
        ),
        pytest.param(
            Decided([Judged(BLOGS, Verdict.HELD)], BLOGS),
            AS_BLOG,
            "Your hard click of 12 Mar 2026 14:00 was the last one to take the cookie, and its "
            "window was still open.",
            id="your_own",
        ),
        pytest.param(
            Decided([Judged(EXTENSIONS, Verdict.HELD)], EXTENSIONS),
            STAFF,
            "Extension X's soft click of 12 Mar 2026 15:00 found no live cookie, and the sale "
            "counts as made in the same browser session.",
            id="soft",
        ),
        pytest.param(
            Decided(
                [
                    Judged(click(4, BLOG, "soft"), Verdict.OVERWRITTEN, EXTENSIONS),
                    Judged(EXTENSIONS, Verdict.HELD),
                ],
                EXTENSIONS,
            ),
            STAFF,
            "Extension X's soft click of 12 Mar 2026 15:00 took the cookie over from another soft "
            "one, and the sale counts as made in the same browser session.",
            id="soft_took_over",
        ),
        pytest.param(
            Decided([Judged(EXTENSIONS, Verdict.SESSION_ENDED)], None),
            STAFF,
            "Nobody is paid: Extension X's soft cookie had ended with its browser session.",
            id="nobody_session_ended",
        ),
        pytest.param(
            Decided([Judged(BLOGS, Verdict.EXPIRED)], None),
            STAFF,
            "Nobody is paid: Blog A's hard cookie had expired on 11 Apr 2026 14:00.",
            id="nobody_expired",
        ),
        pytest.param(
            Decided([Judged(BLOGS, Verdict.EXPIRED)], None),
            AS_EXTENSION,
            "Nobody is paid: another partner's hard cookie had expired.",
            id="nobody_without_the_rivals_time",
        ),
        pytest.param(
            Decided([Judged(UNCOUNTED, Verdict.INVALID)], None),
            STAFF,
            "Nobody is paid: no click that counts came before the sale.",
            id="nobody_counted",
        ),
        pytest.param(
            Decided([], None, "journeys"),
            STAFF,
            "Nobody is paid yet: reports of this order came from different browsers, and the "
            "advertiser has to say which one counts.",
            id="conflict_of_journeys",
        ),
        pytest.param(
            Decided([Judged(BLOGS, Verdict.HELD)], BLOGS, "figures"),
            STAFF,
            "Blog A's hard click of 12 Mar 2026 14:00 was the last one to take the cookie, and its "
            "window was still open. Reports of this order give different figures, which the "
            "advertiser has to settle.",
            id="conflict_of_figures",
        ),
    ],
)
def test_it_says_why_in_one_sentence(decided: Decided, names: Names, sentence: str) -> None:
    assert why(decided, names) == sentence


def test_it_has_words_for_every_reason() -> None:
    assert set(CLICK_REASONS) == set(ClickReason)
    assert set(TOKEN_REASONS) == set(TokenReason)
    assert set(TARGET_REASONS) == set(TargetReason)
    assert set(REPORT_OUTCOMES) == set(ReportOutcome)
    assert set(VERDICT_LABELS) == set(Verdict)
    assert uncounted_text("bot") == "Does not count: it came from a known bot."


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        pytest.param(30 * 24 * 60, "30 days", id="days"),
        pytest.param(24 * 60, "24 hours", id="one_day_is_24_hours"),
        pytest.param(60, "1 hour", id="one_hour"),
        pytest.param(90, "90 minutes", id="minutes"),
    ],
)
def test_it_tells_how_long_a_window_is(minutes: int, text: str) -> None:
    assert window(replace(BLOGS, window_minutes=minutes)) == text


def test_it_names_whose_window_is_waited_for() -> None:
    closes_at = datetime(2026, 4, 11, 14, 0, tzinfo=UTC)
    assert final_on(closes_at, BLOGS, STAFF) == (
        "final on 11 Apr 2026 14:00, when Blog A's window closes"
    )
    assert final_on(closes_at, BLOGS, AS_BLOG).endswith("when your window closes")
    assert final_on(closes_at, BLOGS, AS_EXTENSION).endswith("when another partner's window closes")


def test_it_names_no_window_that_closes_earlier_than_was_said_once() -> None:
    later = datetime(2026, 5, 1, 14, 0, tzinfo=UTC)
    assert final_on(later, BLOGS, STAFF) == "final on 1 May 2026 14:00"


pytestmark = pytest.mark.django_db

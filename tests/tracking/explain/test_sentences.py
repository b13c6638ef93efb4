"""Verdicts, decisions and states in words: names for staff, none of a rival's for publishers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from network.clock import to_ms
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
    report_sale,
)
from tracking.explain.explanations import explain, explain_to_publisher, state_of, state_of_sale
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
from tracking.models import Commission, Conversion
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


def sold_after_blog_and_extension() -> Conversion:
    advertiser = make_advertiser("Shop")
    blog = make_partner(advertiser, make_publisher("Blog A"))
    extension = make_partner(advertiser, make_publisher("Cat", model_type="extension"))
    shopper = Shopper()
    shopper.follow(blog, NOW, ref="spring")
    shopper.follow(extension, NOW + timedelta(minutes=5))
    return shopper.buy(advertiser, NOW + timedelta(minutes=6), order="10023")


def test_it_tells_staff_the_whole_sale() -> None:
    told = explain(sold_after_blog_and_extension())
    assert str(told.headline) == (
        "Order 10023 · £49.90 · 12 Mar 2026 14:06 UTC. Credited to Blog A · hard · £3.99 · "
        "pending · final on 11 Apr 2026 14:00, when Blog A's window closes"
    )
    assert [click.partner for click in told.clicks] == ["Blog A", "Cat"]
    assert told.clicks[1].sentence == (
        "Stood down: Blog A's hard cookie was live until 11 Apr 2026 14:00."
    )


def test_it_tells_when_a_sale_was_closed() -> None:
    conversion = sold_after_blog_and_extension()
    assert conversion.closes_at
    finalise(conversion.closes_at + timedelta(minutes=1))
    conversion = Conversion.objects.get(pk=conversion.pk)
    assert str(explain(conversion).headline).endswith(
        "Credited to Blog A · hard · £3.99 · final since 11 Apr 2026 14:01"
    )
    assert str(state_of_sale(conversion)) == "Final, payable on 11 Apr 2026"


def test_it_tells_that_nobody_is_paid() -> None:
    advertiser = make_advertiser()
    extension = make_partner(advertiser, make_publisher("Cat", model_type="extension"))
    shopper = Shopper()
    shopper.follow(extension, NOW)
    shopper.end_session()
    conversion = shopper.buy(advertiser, NOW + timedelta(hours=1), order="7")
    told = explain(conversion)
    assert told.headline.paid == "Nobody is paid"
    assert told.why == "Nobody is paid: Cat's soft cookie had ended with its browser session."
    assert str(state_of_sale(conversion)) == "Pending, nobody paid"


def test_it_tells_of_a_conflict() -> None:
    conversion = sold_after_blog_and_extension()
    other = Shopper()
    partnership = conversion.advertiser.partnerships.get(publisher__name="Blog A")
    other.follow(partnership, NOW)
    other.buy(conversion.advertiser, NOW + timedelta(minutes=9), order="10023")
    conversion = Conversion.objects.get(pk=conversion.pk)
    told = explain(conversion)
    assert told.headline.paid == "Nobody is paid yet"
    assert told.why.startswith("Nobody is paid yet: reports of this order came from different")
    assert str(state_of_sale(conversion)) == "Conflict"


def test_it_tells_that_figures_differ() -> None:
    advertiser = make_advertiser()
    blog = make_partner(advertiser, make_publisher("Blog A"))
    shopper = Shopper()
    shopper.follow(blog, NOW)
    conversion = shopper.buy(advertiser, NOW + timedelta(minutes=1), order="5")
    report_sale(
        advertiser,
        NOW + timedelta(minutes=2),
        {"order": "5", "amount": "10.00"},
        from_cookies=shopper.cookies,
        source="pixel",
    )
    conversion = Conversion.objects.get(pk=conversion.pk)
    assert str(explain(conversion).headline).endswith(
        "Credited to Blog A · hard · £3.99 · in conflict until the advertiser settles it"
    )
    assert str(state_of(conversion.commission)) == "Conflict"


def test_it_tells_an_unverified_sale() -> None:
    conversion = sold_after_blog_and_extension()
    conversion.verified = False
    assert str(explain(conversion).headline).endswith(
        "£3.99 · unverified until the advertiser confirms it"
    )


def told_to_blog(conversion: Conversion) -> str:
    """Everything that the paid publisher reads about the sale, as one text."""
    commission = Commission.objects.get(conversion=conversion)
    told = explain_to_publisher(commission, NOW)
    return " ".join([str(told.headline), told.why, *(click.sentence for click in told.clicks)])


def test_it_tells_a_publisher_of_its_own_clicks_only() -> None:
    conversion = sold_after_blog_and_extension()
    commission = Commission.objects.get(conversion=conversion)
    told = explain_to_publisher(commission, NOW)
    assert [click.partner for click in told.clicks] == ["you"]
    assert told.clicks[0].references == {"ref": "spring"}
    assert "Cat" not in told_to_blog(conversion)
    assert "Credited to you · hard · £3.99" in told_to_blog(conversion)


@pytest.mark.parametrize(
    ("alike", "words"),
    [
        pytest.param(2, "another partner's hard click", id="two_alike_could_be_guessed"),
        pytest.param(3, "a voucher partner's hard click", id="three_alike_cannot"),
    ],
)
def test_it_tells_a_rivals_model_type_only_among_enough_alike(alike: int, words: str) -> None:
    advertiser = make_advertiser()
    own = make_partner(advertiser, make_publisher("Mine"))
    vouchers = [
        make_partner(advertiser, make_publisher(f"Voucher {number}", model_type="voucher"))
        for number in range(alike)
    ]
    make_partner(advertiser, make_publisher("Gone", model_type="voucher"), status="ended")
    shopper = Shopper()
    for minute, partnership in enumerate((own, vouchers[0], own)):
        shopper.follow(partnership, NOW + timedelta(minutes=minute))
    conversion = shopper.buy(advertiser, NOW + timedelta(minutes=5))
    told = told_to_blog(conversion)
    assert f"Overwritten: {words} took the cookie." in told
    assert "Voucher 0" not in told


def test_it_does_not_count_the_reader_among_those_alike() -> None:
    advertiser = make_advertiser()
    own, rival, _ = (
        make_partner(advertiser, make_publisher(f"Content {number}")) for number in range(3)
    )
    shopper = Shopper()
    for minute, partnership in enumerate((own, rival, own)):
        shopper.follow(partnership, NOW + timedelta(minutes=minute))
    told = told_to_blog(shopper.buy(advertiser, NOW + timedelta(minutes=5)))
    assert "another partner's hard click" in told

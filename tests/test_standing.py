"""How partnerships stand: in SQL as by the policy itself, and over time."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from publishers import policy
from publishers.cookie_type_history import Tense, cancelled, history, time_line
from publishers.models import CookieTypeAssignment, Partnership, PartnershipTerms
from publishers.standing import standings, with_current
from tests.makers import NOW, SET_UP, make_advertiser, make_partner, make_publisher, make_user

pytestmark = pytest.mark.django_db
BEGAN = "The partnership began."
DAY = timedelta(days=1)
TYPES = ("hard", "soft", "inherit")
MODEL_TYPES = ("content", "extension", "overlay", "cashback")


def some_network(random: Random) -> None:
    """Shops and partners whose types, defaults and model types change at random moments."""
    shops = [make_advertiser() for _ in range(2)]
    for shop in (*shops, None):
        for model_type in random.sample(MODEL_TYPES, 2):
            for _ in range(random.randint(0, 3)):
                policy.set_default(
                    shop, model_type, random.choice(TYPES), moment(random), reason="", made_by=None
                )
    for _ in range(12):
        publisher = make_publisher(model_type=random.choice(MODEL_TYPES))
        if random.random() < 0.5:
            policy.change_model_type(
                publisher, random.choice(MODEL_TYPES), moment(random), made_by=None
            )
        partner = make_partner(random.choice(shops), publisher)
        for _ in range(random.randint(0, 3)):
            policy.assign(
                [partner], random.choice(TYPES), moment(random), reason="Agreed", made_by=None
            )


def moment(random: Random) -> datetime:
    return NOW + random.randint(-50_000, 50_000) * timedelta(seconds=60)


def current(at: datetime) -> list[Any]:
    """Every partnership with its annotations."""
    return list(with_current(Partnership.objects.all(), at))


@pytest.mark.parametrize("seed", range(6))
def test_sql_says_what_the_policy_says(seed: int) -> None:
    some_network(Random(seed))
    rows = current(NOW)
    by_policy = standings(rows, NOW)
    told = {(row.cookie_type_now, row.source_now, row.model_type_now) for row in rows}
    assert len(told) > 3, "the network is too plain to tell anything apart"
    for row in rows:
        kind = by_policy[row.pk].kind
        assert row.cookie_type_now == kind.cookie_type
        assert row.source_now == kind.source
        assert row.model_type_now == kind.model_type


def test_sql_passes_over_what_was_cancelled_or_has_not_started() -> None:
    partner = make_partner(make_advertiser(), make_publisher())
    policy.assign([partner], "soft", NOW, start=NOW + DAY, reason="Later", made_by=None)
    cancel(policy.assign([partner], "soft", NOW - DAY, start=NOW, reason="No", made_by=None)[0])
    row = current(NOW)[0]
    assert (row.cookie_type_now, row.source_now) == ("hard", "network")
    row = current(NOW + 2 * DAY)[0]
    assert (row.cookie_type_now, row.source_now) == ("soft", "own")


def test_status_is_none_before_the_first_terms() -> None:
    make_partner(make_advertiser(), make_publisher(), status="applied")
    assert current(SET_UP - DAY)[0].status_now is None
    assert current(NOW)[0].status_now == "applied"
    assert PartnershipTerms.objects.count() == 1


def cancel(row: CookieTypeAssignment) -> None:
    policy.cancel(row, row.created_at, reason="Mistaken", made_by=None)


def told(partner: Partnership) -> list[tuple[str, str, str, str]]:
    return [
        (span.type_label, span.source, str(span.tense), span.change.reason)
        for span in history(partner, NOW)
    ]


class TestHistory:
    def test_a_default_that_always_held_is_one_span(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher(model_type="extension"))
        assert told(partner) == [("Soft", "Extension default", "now", BEGAN)]

    def test_past_now_and_coming_each_with_its_reason(self) -> None:
        olga = make_user("operator", name="olga")
        partner = make_partner(make_advertiser(), make_publisher())
        for kind, now, start, reason in (
            ("soft", NOW - 9 * DAY, None, "On trial"),
            ("hard", NOW, NOW + 9 * DAY, "Trial over"),
        ):
            policy.assign(
                [partner], kind, now, start=start, reason=reason, made_by=olga, internal_note="!"
            )
        assert told(partner) == [
            ("Hard", "Content default", "past", BEGAN),
            ("Soft", "own", "now", "On trial"),
            ("Hard", "own", "coming", "Trial over"),
        ]
        spans = history(partner, NOW)
        assert [str(span.change.made_by) for span in spans] == ["None", "olga", "olga"]
        assert spans[1].change.internal_note == "!"
        assert [span.ends_at for span in spans] == [spans[1].starts_at, spans[2].starts_at, None]

    def test_a_change_of_model_type_or_default_is_told(self) -> None:
        shop, publisher = make_advertiser(), make_publisher()
        partner = make_partner(shop, publisher)
        policy.change_model_type(publisher, "extension", NOW - 9 * DAY, made_by=None)
        policy.set_default(
            shop, "extension", "hard", NOW - 5 * DAY, reason="All of them", made_by=None
        )
        assert told(partner) == [
            ("Hard", "Content default", "past", BEGAN),
            ("Soft", "Extension default", "past", "The model type became Extension."),
            ("Hard", "Extension default, the advertiser's", "now", "All of them"),
        ]

    def test_another_model_types_default_is_not_told(self) -> None:
        shop = make_advertiser()
        partner = make_partner(shop, make_publisher())
        policy.set_default(shop, "voucher", "soft", NOW - DAY, reason="", made_by=None)
        assert len(history(partner, NOW)) == 1

    def test_a_type_given_with_the_partnership_is_its_first(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher(), "soft")
        assert told(partner) == [("Soft", "own", "now", "Agreed")]

    def test_what_was_cancelled_is_told_apart(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        cancel(policy.assign([partner], "soft", NOW - DAY, start=NOW, reason="No", made_by=None)[0])
        assert len(history(partner, NOW)) == 1
        [row] = cancelled(partner)
        assert (row.reason, row.cancelled_by.reason) == ("No", "Mistaken")


class TestTimeLine:
    def test_the_bars_fill_the_picture_and_now_lies_in_its_bar(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        for days in (30, 29, 2):
            kind = "hard" if days == 29 else "soft"
            start = NOW - days * DAY
            policy.assign([partner], kind, start, reason="Agreed", made_by=None)
        line = time_line(history(partner, NOW), NOW)
        ends = [bar.x + bar.width for bar in line.bars]
        assert ends[-1] == pytest.approx(100, abs=0.1)
        assert [bar.x for bar in line.bars[1:]] == pytest.approx(ends[:-1], abs=0.1)
        assert min(bar.width for bar in line.bars) > 5
        now = next(bar for bar in line.bars if bar.span.tense is Tense.NOW)
        assert now.x < line.now_x < now.x + now.width
        assert "then Soft from 10 Mar 2026 (now)." in str(line)

    def test_a_partnership_of_this_minute_has_one(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher(), now=NOW)
        line = time_line(history(partner, NOW), NOW)
        assert [(bar.x, bar.width) for bar in line.bars] == [(0, 100)]

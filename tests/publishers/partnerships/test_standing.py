"""How partnerships stand: in SQL as by the policy itself, and over time."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.clock import to_ms
from network.effective.rows import SPREAD, EffectiveDated, Refused
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.current import with_current
from publishers.cookie_types.history import Tense, cancelled, history, time_line
from publishers.models import CookieTypeAssignment, Partnership, PartnershipTerms
from publishers.partnerships.standing import standings
from publishers.policy import assigning as policy
from tests.support.makers import (
    NOW,
    SET_UP,
    make_advertiser,
    make_partner,
    make_publisher,
    make_user,
)
from tracking.clicks import snapshot

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
                    shop,
                    model_type,
                    random.choice(TYPES),
                    moment(random),
                    reason="All",
                    made_by=None,
                )
    for _ in range(12):
        publisher = make_publisher(model_type=random.choice(MODEL_TYPES))
        if random.random() < 0.5:
            policy.change_model_type(
                publisher, random.choice(MODEL_TYPES), moment(random), reason="So", made_by=None
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


# --- Any sequence of changes ---------------------------------------------------------------------

HOUR = timedelta(hours=1)
of_type, of_model_type = st.sampled_from(TYPES), st.sampled_from(MODEL_TYPES)
change = st.one_of(
    st.tuples(st.just("assign"), st.integers(0, 2), of_type),
    st.tuples(st.just("default"), st.integers(0, 2), of_model_type, of_type),
    st.tuples(st.just("model_type"), st.integers(0, 1), of_model_type),
    st.tuples(st.just("cancel"), st.integers(0, 99)),
)
changes = st.lists(st.tuples(change, st.integers(0, 30), st.integers(0, 30)), max_size=14)
"""What is changed, how many hours after the change before, and to start in how many hours."""


class Parties:
    """Two shops and two publishers, in three partnerships; the second shop gives notice."""

    def __init__(self) -> None:
        shops = [make_advertiser(), make_advertiser(notice_days=1)]
        self.shops = [*shops, None]
        self.publishers = [make_publisher(), make_publisher(model_type="extension")]
        first, second = self.publishers
        pairs = ((shops[0], first), (shops[1], first), (shops[1], second))
        self.partners = [make_partner(shop, publisher) for shop, publisher in pairs]
        self.made: list[EffectiveDated] = []

    def make(self, what: tuple[Any, ...], now: datetime, start: datetime) -> None:
        said: Any = {"reason": "Agreed", "made_by": None}
        match what:
            case ("assign", which, to):
                self.made += policy.assign([self.partners[which]], to, now, start=start, **said)
            case ("default", which, kind, to):
                shop = self.shops[which]
                self.made += [policy.set_default(shop, kind, to, now, start=start, **said)]
            case ("model_type", which, kind):
                publisher = self.publishers[which]
                self.made += [policy.change_model_type(publisher, kind, now, start=start, **said)]
            case ("cancel", which) if self.made:
                policy.cancel(self.made[which % len(self.made)], now, **said)


@pytest.fixture
def parties() -> Parties:
    return Parties()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes)
def test_python_sql_and_snapshot_agree_at_every_moment(
    parties: Parties, sequence: list[tuple[tuple[Any, ...], int, int]]
) -> None:
    with transaction.atomic():
        now = NOW
        parties.made = []  # each example begins with what was there before
        for what, later, ahead in sequence:
            now += later * HOUR
            with suppress(Refused):
                parties.make(what, now, now + ahead * HOUR)
        assert_all_agree(parties.partners)
        transaction.set_rollback(True)


def assert_all_agree(partners: list[Partnership]) -> None:
    policies = cookie_types.policies(partners)
    spans = snapshot.build().advertisers
    starts = {start for policy in policies.values() for start in cookie_types.changes(policy)}
    millisecond = timedelta(milliseconds=1)
    for at in sorted({start + by for start in starts for by in (-millisecond, 0 * HOUR)}):
        by_sql = {row.pk: row for row in current(at)}
        for partner in partners:
            kind = cookie_types.in_force(policies[partner.pk], at)
            row = by_sql[partner.pk]
            assert row.cookie_type_now == kind.cookie_type
            assert (row.source_now, row.model_type_now) == (kind.source, kind.model_type)
            shop = spans[partner.advertiser_id]
            span = shop.partner_at(partner.publisher_id, to_ms(at))
            assert span is None or span.cookie_type == kind.cookie_type
            assert span is not None or at < SET_UP


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
            ("Soft", "set individually", "now", "On trial"),
            ("Hard", "set individually", "coming", "Trial over"),
        ]
        spans = history(partner, NOW)
        assert [str(span.change.made_by) for span in spans] == ["None", "olga", "olga"]
        assert spans[1].change.internal_note == "!"
        assert [span.ends_at for span in spans] == [spans[1].starts_at, spans[2].starts_at, None]

    def test_a_change_of_model_type_or_default_is_told(self) -> None:
        shop, publisher = make_advertiser(), make_publisher()
        partner = make_partner(shop, publisher)
        said: Any = {"reason": "They have an extension now", "made_by": None}
        policy.change_model_type(publisher, "extension", NOW - 9 * DAY, **said)
        policy.set_default(
            shop, "extension", "hard", NOW - 5 * DAY, reason="All of them", made_by=None
        )
        assert told(partner) == [
            ("Hard", "Content default", "past", BEGAN),
            ("Soft", "Extension default", "past", "They have an extension now"),
            ("Hard", "Extension default, the advertiser's", "now", "All of them"),
        ]

    def test_another_model_types_default_is_not_told(self) -> None:
        shop = make_advertiser()
        partner = make_partner(shop, make_publisher())
        policy.set_default(shop, "voucher", "soft", NOW - DAY, reason="All", made_by=None)
        assert len(history(partner, NOW)) == 1

    def test_a_type_given_with_the_partnership_is_its_first(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher(), "soft")
        assert told(partner) == [("Soft", "set individually", "now", "Agreed")]

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
        assert "; Soft from 10 Mar 2026 (now)." in str(line)

    def test_a_short_last_bar_has_its_date_where_it_begins(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        assert not time_line(history(partner, NOW), NOW).is_stretched
        policy.assign([partner], "soft", NOW - DAY, reason="Agreed", made_by=None)
        line = time_line(history(partner, NOW), NOW)
        assert line.is_stretched
        assert line.last_date == history(partner, NOW)[-1].starts_at

    def test_a_partnership_of_this_minute_has_one(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher(), now=NOW)
        line = time_line(history(partner, NOW), NOW)
        assert [(bar.x, bar.width) for bar in line.bars] == [(0, 100)]

    @pytest.mark.parametrize("seconds", [1, 60])
    def test_a_type_that_has_just_begun_lies_on_both_sides_of_now(self, seconds: int) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        begun = NOW - timedelta(seconds=seconds)
        policy.assign([partner], "soft", begun - SPREAD, reason="Agreed", made_by=None)
        line = time_line(history(partner, NOW), NOW)
        was, bar = line.bars
        assert line.now_x - bar.x > 8
        assert bar.x + bar.width - line.now_x > 8
        assert bar.label_x is not None
        assert bar.x < bar.label_x < line.now_x or bar.label_x > line.now_x
        assert was.label_x == pytest.approx(was.x + was.width / 2, abs=0.1)

    def test_a_label_stands_beside_the_line_of_now(self) -> None:
        partner = make_partner(make_advertiser(), make_publisher())
        [bar] = (line := time_line(history(partner, NOW), NOW)).bars
        assert bar.label_x == pytest.approx(line.now_x / 2, abs=0.1)

    @pytest.mark.parametrize("year", [2126, 9999])
    def test_a_start_beyond_all_plans_stays_in_the_picture(self, year: int) -> None:
        """Rows of before there was a latest start."""
        partner = make_partner(make_advertiser(), make_publisher())
        row = policy.assign([partner], "soft", NOW, reason="Agreed", made_by=None)[0]
        last = datetime(year, 12, 31, 23, 30, tzinfo=UTC)
        spans = history(partner, NOW)
        spans = [*spans[:-1], replace(spans[-1], starts_at=last)]
        assert spans[-1].starts_at != row.starts_at
        with timezone.override("Asia/Tokyo"):
            line = time_line(spans, NOW)
            assert f"; Soft from {31 if year == 9999 else 1} " in str(line)
        assert line.bars[-1].x + line.bars[-1].width == pytest.approx(100, abs=0.1)
        assert 10 < line.now_x < line.bars[-1].x

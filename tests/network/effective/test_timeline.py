"""What is in force at a moment, in Python and in SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import OuterRef
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.effective import queries, timeline
from network.effective.rows import SPREAD, add_rows, cancel_row
from network.effective.timeline import Segment
from network.models import Advertiser, CommissionGroup, CommissionRate
from tests.support.makers import NOW, make_advertiser

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    starts_at: int
    says: str = ""


A, B, C = Step(10, "hard"), Step(20, "soft"), Step(30, "soft")
TWIN = Step(20, "twin")
STEPS = (A, B, C)


@pytest.mark.parametrize(
    ("rows", "at", "held", "to_come"),
    [
        pytest.param((), 10, None, None, id="no_rows"),
        pytest.param(STEPS, 9, None, A, id="before_the_first"),
        pytest.param(STEPS, 10, A, B, id="at_the_very_start"),
        pytest.param(STEPS, 19, A, B, id="a_row_holds_until_the_next_starts"),
        pytest.param(STEPS, 20, B, C, id="the_next_takes_its_place"),
        pytest.param(STEPS, 30, C, None, id="at_the_start_of_the_last"),
        pytest.param(STEPS, 9999, C, None, id="the_last_holds_on"),
        pytest.param((A, B, TWIN, C), 20, TWIN, C, id="of_two_that_start_at_once_the_later"),
        pytest.param((A, B, TWIN, C), 15, A, B, id="of_two_to_come_at_once_the_earlier"),
    ],
)
def test_what_holds_and_what_comes_next(
    rows: tuple[Step, ...], at: int, held: Step | None, to_come: Step | None
) -> None:
    assert timeline.in_force(rows, at) is held
    assert timeline.next_after(rows, at) is to_come
    begun, coming = timeline.begun(rows, at), timeline.coming(rows, at)
    assert (*begun, *coming) == rows
    assert begun[-1:] == ((held,) if held else ())
    assert coming[:1] == ((to_come,) if to_come else ())


@pytest.mark.parametrize(
    ("at", "held"),
    [
        pytest.param(9, A, id="the_first_before_there_was_any"),
        pytest.param(10, A, id="the_first"),
        pytest.param(25, B, id="as_in_force_later"),
    ],
)
def test_the_first_holds_before_itself_where_something_must(at: int, held: Step) -> None:
    assert timeline.in_force_or_first(STEPS, at) is held


def test_without_rows_there_is_no_first() -> None:
    with pytest.raises(IndexError):
        timeline.in_force_or_first((), 10)


@pytest.mark.parametrize(
    ("rows", "since", "found"),
    [
        pytest.param((), None, [], id="no_rows"),
        pytest.param((A,), None, [(A, None)], id="one_row_holds_on"),
        pytest.param(STEPS, None, [(A, 20), (B, 30), (C, None)], id="each_ends_with_the_next"),
        pytest.param(STEPS, 19, [(A, 20), (B, 30), (C, None)], id="one_is_not_over_yet"),
        pytest.param(STEPS, 20, [(B, 30), (C, None)], id="one_is_over"),
        pytest.param(STEPS, 99, [(C, None)], id="the_last_is_never_over"),
    ],
)
def test_segments_of_a_period(
    rows: tuple[Step, ...], since: int | None, found: list[tuple[Step, int | None]]
) -> None:
    assert timeline.segments(rows, since) == [Segment(row, end) for row, end in found]


def test_turns_are_where_something_else_is_said() -> None:
    assert timeline.turns(STEPS, lambda step: step.says) == [A, B]
    assert timeline.turns(iter((A, B, A)), lambda step: step.says) == [A, B, A]
    assert timeline.turns((), lambda step: step) == []


def test_rows_are_put_in_the_order_of_their_starts() -> None:
    assert timeline.in_order([C, B, TWIN, A]) == [A, B, TWIN, C]
    assert timeline.in_order(iter((TWIN, B))) == [TWIN, B]


def test_moments_of_several_timelines_are_in_order_and_once_each() -> None:
    assert timeline.moments(STEPS, (), [Step(5), Step(20)]) == [5, 10, 20, 30]
    assert timeline.moments() == []


# --- The twin in SQL -----------------------------------------------------------------------------

starts = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9), st.booleans()), max_size=8)
"""Of which of two groups a rate is, in how many hours it starts, and whether it is cancelled. With
so few hours rates of the two often start at once."""


def _rates(shop: Advertiser, made: list[tuple[int, int, bool]]) -> list[CommissionGroup]:
    groups = [
        CommissionGroup.objects.create(advertiser=shop, code=code) for code in ("SHOES", "BAGS")
    ]
    taken = set()
    for number, (which, hours, is_cancelled) in enumerate(made):
        if (which, hours) in taken:
            continue  # of one group one starts at a time, but instead of a cancelled one
        if not is_cancelled:
            taken.add((which, hours))
        row = CommissionRate(
            advertiser=shop,
            group=groups[which],
            fixed_minor=number,
            starts_at=NOW + hours * HOUR,
            created_at=NOW,
        )
        add_rows([row])
        if is_cancelled:
            cancel_row(row, NOW, reason="Not after all", made_by=None)
    return groups


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(starts)
def test_python_and_sql_agree_at_every_moment(made: list[tuple[int, int, bool]]) -> None:
    with transaction.atomic():
        groups = _rates(make_advertiser(), made)
        rates = CommissionRate.objects.filter(group__in=groups)
        kept = sorted(
            (
                row
                for row in CommissionRate.all_rows.filter(group__in=groups)
                if row.cancels_id is None and not row.is_cancelled
            ),
            key=lambda row: (row.starts_at, row.pk),
        )
        by_group = queries.timelines(rates, "group_id")
        assert OF_GROUPS([group.pk for group in groups]) == by_group
        assert sorted(by_group) == sorted({row.group_id for row in kept})
        for at in {NOW, *(row.starts_at + odd for row in kept for odd in _ODD)}:
            _agree(rates, kept, at)
            held = queries.in_force_by(rates, at, "group_id")
            for group in groups:
                of_group = [row for row in kept if row.group_id == group.pk]
                assert by_group[group.pk] == of_group
                assert held.get(group.pk) == timeline.in_force(of_group, at)
                assert _annotated(group, at) == _says(timeline.in_force(of_group, at))
        transaction.set_rollback(True)


OF_GROUPS = queries.TimelinesOf(lambda one: CommissionRate.objects.filter(group=one), "group_id")
_ODD = (-timedelta(microseconds=1), timedelta(0), timedelta(microseconds=1))


def _agree(rates: Any, kept: list[CommissionRate], at: datetime) -> None:
    assert queries.in_force(rates, at) == timeline.in_force(kept, at)
    assert queries.next_after(rates, at) == timeline.next_after(kept, at)
    assert list(queries.begun(rates, at)) == timeline.begun(kept, at)
    assert list(queries.coming(rates, at)) == timeline.coming(kept, at)


def _annotated(group: CommissionGroup, at: datetime) -> int | None:
    rows = CommissionRate.objects.filter(group=OuterRef("pk"))
    value = queries.value_in_force(rows, at, "fixed_minor")
    found = CommissionGroup.objects.annotate(held=value).values_list("held", flat=True)
    held: int | None = found.get(pk=group.pk)
    return held


def _says(row: CommissionRate | None) -> int | None:
    return row.fixed_minor if row else None


@pytest.mark.django_db
def test_rows_are_told_apart_by_several_fields_and_across_tables() -> None:
    shop = make_advertiser()
    shoes, bags = _rates(shop, [(0, 1, False), (1, 1, False), (1, 2, False)])
    rates = CommissionRate.objects.filter(group__in=(shoes, bags)).select_related("group")
    held = queries.in_force_by(rates, NOW + HOUR, "advertiser_id", "group__code")
    assert {key: row.fixed_minor for key, row in held.items()} == {
        (shop.pk, "SHOES"): 0,
        (shop.pk, "BAGS"): 1,
    }
    of_code = queries.timelines(rates, "group__code")
    assert [row.fixed_minor for row in of_code["BAGS"]] == [1, 2]
    assert of_code["HATS"] == []


@pytest.mark.django_db
def test_what_is_compiled_once_asks_for_any_ids_and_keeps_its_conditions() -> None:
    shop = make_advertiser()
    shoes, bags = _rates(shop, [(0, 1, False), (1, 1, False), (1, 2, False)])
    of_bags = queries.TimelinesOf(
        lambda one: CommissionRate.all_rows.filter(group__code="BAGS", group=one),
        *("advertiser_id", "group_id"),
    )
    assert of_bags([]) == of_bags({shoes.pk}) == {}
    found = of_bags((shoes.pk, bags.pk))
    assert {key: [row.fixed_minor for row in rows] for key, rows in found.items()} == {
        (shop.pk, bags.pk): [1, 2]
    }
    assert all(
        row == CommissionRate.objects.get(pk=row.pk) for rows in found.values() for row in rows
    )


@pytest.mark.django_db
def test_what_was_cancelled_was_never_in_force() -> None:
    shoes, _ = _rates(make_advertiser(), [(0, 1, False), (0, 2, True), (0, 3, False)])
    late = NOW + 2 * HOUR + SPREAD
    assert _says(queries.in_force(shoes.rates.all(), late)) == 0
    assert _says(queries.next_after(shoes.rates.all(), late)) == 2

"""Rows of clicks, as they are written."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from tests.support.makers import make_advertiser, make_partner, make_publisher
from tracking.clicks import rows
from tracking.models import Click, Rollup
from tracking.rule.attribution import CookieType
from tracking.rule.reasons import ClickReason

AT = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
AWKWARD = ["a,b", 'a"b', "a\rb", "a\nb", "a\r\nb", "\\.", "\\N", " ", "ä", "a\tb"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [rows.FEW, rows.FEW + 1])
def test_text_comes_back_as_it_was_written(number: int) -> None:
    """As values of a statement, and by ``COPY``."""
    partner = make_partner(make_advertiser(), make_publisher(), "hard")
    clicks = [
        Click(
            id=uuid7(),
            advertiser_id=partner.advertiser_id,
            publisher_id=partner.publisher_id,
            at=AT + timedelta(microseconds=index),
            cookie_type=CookieType.HARD,
            window_minutes=60,
            journey=index + 1,
            session=1,
            campaign=AWKWARD[index % len(AWKWARD)],
            rejected_tokens=[],
            references={"1": AWKWARD[index % len(AWKWARD)]},
            received_at=AT,
        )
        for index in range(number)
    ]
    with transaction.atomic():
        rows.insert(rows.row_of(click) for click in clicks)

    found = {click.pk: click for click in Click.objects.all()}
    for click in clicks:
        kept = found[click.pk]
        for name in rows.COLUMNS:
            assert getattr(kept, name) == getattr(click, name), name
    assert sum(row.count for row in Rollup.objects.all()) == number


def varied(number: int) -> list[Click]:
    """Clicks of two hours, of all reasons, cookie types and ways to stand down."""
    partner = make_partner(make_advertiser(), make_publisher(), "hard")
    reasons = ["", "", *(reason.value for reason in ClickReason)]
    return [
        Click(
            id=uuid7(),
            advertiser_id=partner.advertiser_id,
            publisher_id=partner.publisher_id,
            at=AT + timedelta(minutes=29 * (index % 3)),
            cookie_type=(CookieType.HARD, CookieType.SOFT)[index % 2],
            window_minutes=60,
            stood_down=index % 5 == 0,
            reason=reasons[index % len(reasons)],
            received_at=AT,
        )
        for index in range(number)
    ]


def write(clicks: Sequence[Click]) -> None:
    with transaction.atomic():
        rows.insert(rows.row_of(click) for click in clicks)


def counted() -> Counter[tuple[object, ...]]:
    """What the rollups say of clicks."""
    found: Counter[tuple[object, ...]] = Counter()
    for row in Rollup.objects.all():
        key = (row.hour, row.advertiser_id, row.publisher_id, row.cookie_type, row.counted)
        found[key] += row.count
    return found


def in_table() -> Counter[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {rows.CLICK_KEY} FROM tracking_click")
        return Counter(cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("number", [rows.FEW, 3 * rows.FEW])
def test_rollups_count_what_is_in_the_table(number: int) -> None:
    """By the statement that writes few, and in Python for many."""
    write(varied(number))
    assert counted() == in_table()
    assert len(in_table()) > 8


@pytest.mark.django_db
@pytest.mark.parametrize("known", [1, rows.FEW + 1])
def test_clicks_that_have_a_row_are_written_and_counted_once(known: int) -> None:
    clicks = varied(3 * rows.FEW)
    write(clicks[:known])
    write(clicks)
    write(clicks)
    assert Click.objects.count() == len(clicks)
    assert counted() == in_table()


@pytest.mark.django_db
def test_a_rebuilt_row_is_replaced_by_a_batch_with_its_own_record() -> None:
    clicks = varied(3 * rows.FEW)
    known = clicks[0]
    known.rebuilt, known.reason = True, ""
    write([known])
    known.rebuilt, known.campaign, known.reason = False, "spring", ClickReason.BOT.value
    write(clicks)
    assert Click.objects.get(pk=known.pk).campaign == "spring"
    assert not Click.objects.filter(rebuilt=True).exists()
    assert +counted() == in_table()


@pytest.mark.django_db
@pytest.mark.parametrize("length", [15, 17])
def test_no_id_is_cut_or_filled_up(length: int) -> None:
    bad, *others = [rows.row_of(click) for click in varied(3 * rows.FEW)]
    with pytest.raises(ValueError, match="no id"), transaction.atomic():
        rows.insert([*others, (bytes(length), *bad[1:])])
    assert not Click.objects.exists()

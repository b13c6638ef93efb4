"""The rollups counted again from the clicks and sales themselves: to check and to mend them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Q, Sum

from network.clock import from_ms
from tracking.clicks import partitions
from tracking.clicks.rows import CLICK_KEY, ROLLUP_KEY
from tracking.distribution import whose
from tracking.models import Conversion, Rollup
from tracking.rollups import writing as rollups
from tracking.rollups.contributions import Amounts, Contributions, Key, added, hour_of
from tracking.rollups.protection import TermsRead
from tracking.rule.reasons import Counted

CHUNK = 500
"""Sales in memory at a time."""

_CLICKS = Q(counted__startswith="click_")
_DIFFERING_CLICKS = f"""
    SELECT {ROLLUP_KEY}, sum(said) AS said, sum(found) AS found FROM (
        SELECT {ROLLUP_KEY}, count AS said, 0 AS found FROM tracking_rollup
        WHERE advertiser_id = %(advertiser)s
            AND counted LIKE 'click\\_%%' AND hour >= %(since)s
        UNION ALL
        SELECT {CLICK_KEY}, 0, 1 FROM tracking_click
        WHERE advertiser_id = %(advertiser)s AND at >= %(since)s
    ) AS both_ways
    GROUP BY {ROLLUP_KEY} HAVING sum(said) <> sum(found) ORDER BY {ROLLUP_KEY} LIMIT %(limit)s
"""  # noqa: S608 - names of our own
_COUNT_CLICKS = f"""
    INSERT INTO tracking_rollup ({ROLLUP_KEY}, count, sale_amount_minor, commission_minor,
        time_step, is_folded)
    SELECT {ROLLUP_KEY}, count(*), 0, 0, 0, true
    FROM (
        SELECT {CLICK_KEY} FROM tracking_click WHERE advertiser_id = %s AND at >= %s
    ) AS clicks GROUP BY {ROLLUP_KEY}
"""  # noqa: S608 - names of our own


@dataclass(frozen=True, slots=True)
class Miscount:
    """Where the rollups say something else than there is."""

    key: Key
    said: Amounts
    found: Amounts


def clicks_kept_since() -> datetime:
    """Up to when clicks may have been dropped with their partition: what was counted of hours
    before cannot be counted again."""
    return partitions.oldest_start() or from_ms(0)


def click_rows_left_out(advertiser: int) -> int:
    """The rows of an advertiser's rollups about clicks that may no longer be kept."""
    rows = Rollup.objects.filter(_CLICKS, advertiser=advertiser, hour__lt=clicks_kept_since())
    return rows.count()


def miscounted_clicks(advertiser: int, limit: int) -> Iterator[Miscount]:
    """The first differences between an advertiser's rollups and its clicks that are kept."""
    since = clicks_kept_since()
    with connection.cursor() as cursor:
        cursor.execute(
            _DIFFERING_CLICKS, {"advertiser": advertiser, "since": since, "limit": limit}
        )
        for hour, _, publisher, cookie_type, counted, said, found in cursor:
            key = Key(
                hour=hour,
                advertiser=advertiser,
                publisher=publisher,
                cookie_type=cookie_type,
                counted=Counted(counted),
            )
            yield Miscount(key, Amounts(int(said)), Amounts(int(found)))


def miscounted_sales(advertiser: int) -> Iterator[Miscount]:
    """The differences between an advertiser's rollups and its sales, hour by hour. Raises what a
    damaged row raises when it is read."""
    said_by_hour, found_by_hour = _by_hour(_said(advertiser)), _by_hour(_found(advertiser))
    said, found = next(said_by_hour, None), next(found_by_hour, None)
    while said or found:
        hour = min(each[0] for each in (said, found) if each)
        said_then = said[1] if said and said[0] == hour else {}
        found_then = found[1] if found and found[0] == hour else {}
        yield from _differences(said_then, found_then)
        if said and said[0] == hour:
            said = next(said_by_hour, None)
        if found and found[0] == hour:
            found = next(found_by_hour, None)


def recount() -> None:
    """Replace the rollups by what there is to count, one advertiser after the other; those about
    clicks that are no longer kept stay. Whoever wants to add to them waits until one is done."""
    for advertiser in whose.advertisers([Rollup._meta.db_table]):
        _recount(advertiser)


@transaction.atomic
def _recount(advertiser: int) -> None:
    since = clicks_kept_since()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tracking_rollup IN SHARE ROW EXCLUSIVE MODE")
        rows = Rollup.objects.filter(advertiser=advertiser)
        rows.exclude(_CLICKS, hour__lt=since).delete()
        cursor.execute(_COUNT_CLICKS, [advertiser, since])
    for _, found in _by_hour(_found(advertiser)):
        rollups.add(found)


def _said(advertiser: int) -> Iterator[tuple[Key, Amounts]]:
    """What an advertiser's rollups say of sales, in the order of time."""
    key = ("hour", "publisher", "cookie_type", "counted", "time_step")
    sums = (Sum(name) for name in rollups.AMOUNTS.split(", "))
    mine = Rollup.objects.filter(advertiser=advertiser).exclude(_CLICKS)
    rows = mine.values_list(*key).annotate(*sums).order_by("hour")
    for hour, publisher, cookie_type, counted, step, *amounts in rows.iterator(CHUNK):
        key_of_row = Key(
            hour=hour,
            advertiser=advertiser,
            publisher=publisher,
            cookie_type=cookie_type,
            counted=Counted(counted),
            time_step=step,
        )
        yield key_of_row, Amounts(*map(int, amounts))


def _found(advertiser: int) -> Iterator[tuple[Key, Amounts]]:
    """What an advertiser's sales themselves add up to, in the order of time."""
    mine = Conversion.objects.filter(advertiser=advertiser)
    rows = mine.select_related("decision", "commission").order_by("at")
    terms = TermsRead()
    for conversion in rows.iterator(CHUNK):
        yield from rollups.contributions_of(conversion, terms).items()


def _by_hour(items: Iterable[tuple[Key, Amounts]]) -> Iterator[tuple[datetime, Contributions]]:
    for hour, group in groupby(items, key=lambda item: hour_of(item[0].hour)):
        yield hour, added(group)


def _differences(said: Contributions, found: Contributions) -> Iterator[Miscount]:
    nothing = Amounts(0)
    for key in {**said, **found}:
        if said.get(key, nothing) != found.get(key, nothing):
            yield Miscount(key, said.get(key, nothing), found.get(key, nothing))

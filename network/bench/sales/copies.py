"""Many sales of a few shops: some made by the product from clicks and reports, and copies of them.

A copy has ids, a journey, tokens and an order of its own, so that it is read and decided as any
other; its verdicts and amounts are those that the product gave to what was copied.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from msgspec.structs import replace

from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.demo.story.shoppers import Browser
from network.demo.story.stories import Follow
from network.models import Advertiser
from publishers.models import ModelType
from publishers.policy import deciding
from tracking.clicks import partitions, snapshot
from tracking.clicks.keys import KEYS
from tracking.models import Conversion
from tracking.rule import tokens
from tracking.spool import intake

MADE = 200
"""Sales that the product makes, of journeys of 1 to 10 clicks."""
JOURNEY_DAYS = 20
CLOSED_FOR = timedelta(days=2)
"""How long ago the last of their windows has closed at least."""
AT_ONCE = 500
TABLES = (
    "tracking_click",
    "tracking_conversion",
    "tracking_conversionjourney",
    "tracking_report",
    "tracking_decision",
    "tracking_commission",
)
_NUMBERED = ("tracking_conversion", "tracking_decision", "tracking_commission")
_ROWS = """
    SELECT to_jsonb(t) FROM {table} t WHERE t.advertiser_id = %s AND {which}
"""
_WHICH = {
    "tracking_click": "t.journey = ANY(%s)",
    "tracking_conversion": "t.id = ANY(%s)",
}
_CURSOR = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mould:
    """A sale to copy: its rows as JSON with its ids in it, by table."""

    rows: Mapping[str, str]
    clicks: tuple[str, ...]
    reports: tuple[str, ...]
    journeys: tuple[str, ...]
    tokens: tuple[str, ...]


def found(count: int, now: datetime) -> list[Advertiser]:
    """So many shops that have the same terms and the same partners, whose sales pay a fee."""
    since = now - timedelta(days=JOURNEY_DAYS + 60)
    for months in range(5):
        partitions.ensure(since + months * timedelta(days=28))
    publishers = [
        deciding.create_publisher(str(one.label), one, since)
        for one in (ModelType.CONTENT, ModelType.CASHBACK, ModelType.EXTENSION)
    ]
    shops = [_shop(number, since) for number in range(count)]
    for shop in shops:
        for publisher in publishers:
            deciding.create_partnership(shop, publisher, since, made_by=None, status="approved")
    return shops


def fill(shops: Sequence[Advertiser], sales: int, now: datetime) -> None:
    """Give each shop so many sales that are due."""
    _make(shops[0], now)
    moulds = list(_moulds(shops[0]))
    further = 0
    for shop in (*shops[1:], shops[0]):
        wanted = sales - (MADE if shop == shops[0] else 0)
        numbers = range(further, further + wanted)
        for start in range(0, wanted, AT_ONCE):
            _copy(moulds, shop.pk, numbers[start : start + AT_ONCE])
        further += wanted
    with connection.cursor() as cursor:
        for table in _NUMBERED:
            cursor.execute(_CURSOR, [table, _id(further)])
        cursor.execute("VACUUM ANALYZE")


def _shop(number: int, since: datetime) -> Advertiser:
    shop = create_advertiser(
        NewAdvertiser(
            name=f"Shop {number}",
            currency="GBP",
            landing_url=f"https://shop{number}.example/",
            domains=[f"shop{number}.example"],
            consent_default="store",
            percent=Decimal(8),
            verification=Advertiser.Verification.BROWSER,
        ),
        since,
    )
    Advertiser.objects.filter(pk=shop.pk).update(network_fee_percent=Decimal(10))
    return shop


def _make(shop: Advertiser, now: datetime) -> None:
    publishers = list(
        shop.partnerships.order_by("publisher").values_list("publisher_id", flat=True)
    )
    known = snapshot.build().advertisers[shop.pk]
    random = Random(1)  # noqa: S311 - a story, no secret
    begin = now - CLOSED_FOR - timedelta(days=JOURNEY_DAYS + 30)
    for number in range(MADE):
        browser = Browser(number, known)
        first = begin + timedelta(minutes=number)
        at = first + timedelta(days=JOURNEY_DAYS)
        clicks = 1 + number % 10
        moments = sorted(random.uniform(0, JOURNEY_DAYS * 86_000) for _ in range(clicks))
        for moment in moments:
            clicked = first + timedelta(seconds=moment)
            record = browser.follow(Follow(random.choice(publishers)), clicked)
            _take_in(record, clicked)
        report = browser.buy(f"made-{number}", "tag", at, voucher=False, comma=False)
        _take_in(intake.report_record(report), at)


@transaction.atomic
def _take_in(record: intake.Record, at: datetime) -> None:
    intake.store([record], at)


def _moulds(shop: Advertiser) -> Iterator[Mould]:
    for conversion in Conversion.objects.filter(advertiser=shop).order_by("pk"):
        yield _mould(conversion)


def _mould(conversion: Conversion) -> Mould:
    journeys = list(conversion.journeys.values_list("journey", flat=True))
    rows = {table: _rows(table, conversion, journeys) for table in TABLES}
    reports, clicks = rows["tracking_report"], rows["tracking_click"]
    texts = {table: json.dumps([_marked(table, row) for row in of]) for table, of in rows.items()}
    return Mould(
        texts,
        clicks=tuple(row["id"] for row in clicks),
        reports=tuple(row["id"] for row in reports),
        journeys=tuple(map(str, journeys)),
        tokens=tuple({token["token"] for row in reports for token in row["tokens"]}),
    )


def _rows(table: str, conversion: Conversion, journeys: list[int]) -> list[Row]:
    which = _WHICH.get(table, "t.conversion_id = ANY(%s)")
    values = journeys if table == "tracking_click" else [conversion.pk]
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(table=table, which=which), [conversion.advertiser_id, values])
        return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]


def _marked(table: str, row: Row) -> Row:
    """With marks where a copy has something of its own."""
    row["advertiser_id"] = "@A"
    if table in _NUMBERED or "conversion_id" in row:
        row |= {
            name: "@I"
            for name in ("id", "conversion_id", "decision_id")
            if row.get(name) and (name != "id" or table in _NUMBERED)
        }
    if "order" in row:
        row["order"] = "copy-@I"
    if table == "tracking_conversionjourney":
        del row["id"]
    return row


def _id(number: int) -> int:
    """Of the conversion, its decision and its commission: beyond all that the product gave."""
    return 1_000_000 + number


@transaction.atomic
def _copy(moulds: Sequence[Mould], advertiser: int, numbers: Sequence[int]) -> None:
    """Copies of one after another."""
    parts: dict[str, list[str]] = {table: [] for table in TABLES}
    for number in numbers:
        mould = moulds[number % len(moulds)]
        names = _names(mould, advertiser, number)
        for table in TABLES:
            text = mould.rows[table]
            for old, new in names.items():
                text = text.replace(old, new)
            parts[table].append(text[1:-1])
    with connection.cursor() as cursor:
        for table, texts in parts.items():
            cursor.execute(_insert(table), ["[" + ",".join(filter(None, texts)) + "]"])


def _names(mould: Mould, advertiser: int, number: int) -> Mapping[str, str]:
    """What to write for what in the copy."""
    clicks = {old: _moved(old, number) for old in mould.clicks}
    reports = {old: _moved(old, number) for old in mould.reports}
    journeys = {old: str((int(old) + number * 1_000_003) % 2**62) for old in mould.journeys}
    written = {text: _token(text, advertiser, clicks, journeys) for text in mould.tokens}
    marks = {"@A": str(advertiser), "@I": str(_id(number))}
    return {**clicks, **reports, **journeys, **written, **marks}


def _moved(text: str, number: int) -> str:
    """The id of a copy, of the same moment."""
    return str(UUID(int=UUID(text).int ^ (number + 1)))


def _token(
    text: str, advertiser: int, clicks: Mapping[str, str], journeys: Mapping[str, str]
) -> str:
    token = tokens.decode(text, KEYS)
    click = replace(
        token.click,
        id=UUID(clicks[str(token.click.id)]),
        journey=int(journeys[str(token.click.journey)]),
    )
    return tokens.encode(replace(token, advertiser=advertiser, click=click), KEYS)


def _insert(table: str) -> str:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    names = ", ".join(
        f'"{column.name}"'
        for column in described
        if (table, column.name) != ("tracking_conversionjourney", "id")
    )
    return (
        f"INSERT INTO {table} ({names}) "  # noqa: S608 - names of our own
        f"SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s)"
    )

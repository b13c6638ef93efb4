"""Copies of a life, by ``COPY``: rows as PostgreSQL writes them, with other ids, times and tokens.

A copy has ids, journeys, tokens and an order of its own, and happens up to 39 minutes later, so
that the product reads and decides it as any other; verdicts, amounts and figures are those that
the product gave to what was copied. What is due is closed in SQL, ledger and all.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from msgspec.structs import replace

from network.bench.sales import as_sets
from network.bench.seeding import life
from network.bench.seeding.life import Lived
from network.bench.stage import DATABASE
from tracking.clicks.keys import KEYS
from tracking.models import Conversion
from tracking.rollups import writing as rollups
from tracking.rule import tokens

AT_ONCE = 2_000
"""Orders in a transaction."""
APART = 10_000_000
_JOINED = "t.advertiser_id = %(advertiser)s AND t.conversion_id = %(conversion)s"
_WHICH = {
    "tracking_click": "t.advertiser_id = %(advertiser)s AND t.id = ANY(%(clicks)s::uuid[])",
    "tracking_conversion": "t.advertiser_id = %(advertiser)s AND t.id = %(conversion)s",
    "tracking_conversionjourney": _JOINED,
    "tracking_report": _JOINED,
    "tracking_decision": _JOINED,
    "tracking_commission": _JOINED,
}
_NUMBERED = ("tracking_conversion", "tracking_decision", "tracking_commission")
_OF_SALE = (("tracking_conversion", "id"), ("tracking_commission", "id"))
_CURSOR = "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {table}))"
_KEPT = re.compile(
    "(?P<mark>@[ID][0-9]?)|(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    "|(?P<token>[a-z2-7]{85})|(?P<time>20[0-9]{2}-[0-9-]{5} [0-9:]{8}(?:[.][0-9]+)?[+]00)"
    "|(?P<ms>(?<![0-9])1[0-9]{12}(?![0-9]))|(?P<journey>(?<![0-9-])[0-9]{15,19}(?![0-9]))"
)
"""What a copy has of its own in the text of a row."""
_ROLLUP = "hour, advertiser_id, publisher_id, cookie_type, counted, time_step, is_folded"
_COUNT_COPIES = f"""
    INSERT INTO tracking_rollup ({_ROLLUP}, {rollups.AMOUNTS})
    SELECT {_ROLLUP}, {", ".join(f"{name} * %(times)s" for name in rollups.AMOUNTS.split(", "))}
    FROM tracking_rollup WHERE id <= %(last)s
"""  # noqa: S608 - names of our own
Progress = Callable[[str], None]


class NotThrownAway(Exception):
    """The database is not the one that a benchmark makes and throws away."""


@dataclass(frozen=True, slots=True)
class Original:
    """An order with all its rows: text between what a copy has of its own, and that, in turn."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]
    """By table; every second part is a copy's own."""
    own: tuple[tuple[str, str], ...]
    """What is a copy's own: its kind, and the text of the original."""


class Multiplied:
    """A life in a database that is thrown away, and how often it has been copied.

    Raises NotThrownAway in any other database.
    """

    def __init__(self, now: datetime, progress: Progress = lambda said: None) -> None:
        check_thrown_away()
        self._now, self._progress = now, progress
        self._copies = 0
        progress("the product lives the life that is multiplied")
        lived = life.live(now)
        self.shops = sorted({one.advertiser for one in lived})
        self._originals = [_original(one) for one in lived]
        self._clicks = sum(len(one.clicks) for one in lived)
        self._last_rollup = _value("SELECT max(id) FROM tracking_rollup")
        _value("ANALYZE")

    @property
    def sales(self) -> int:
        return (1 + self._copies) * len(self._originals)

    @property
    def clicks(self) -> int:
        return (1 + self._copies) * self._clicks

    def grow(self, clicks: int) -> None:
        """Copy until there are so many clicks at least; what is due is closed, and counted."""
        wanted = -(-clicks // self._clicks) - 1
        more = range(self._copies, max(wanted, self._copies))
        started = said = time.monotonic()
        batch = max(1, AT_ONCE // len(self._originals))
        for start in range(0, len(more), batch):
            self._copy(more[start : start + batch])
            if time.monotonic() - said > 5:
                said = time.monotonic()
                rate = (start + batch) * self._clicks / (said - started)
                self._progress(f"{self.clicks:,} of {clicks:,} clicks ({rate:,.0f}/s)")
        self._finish(len(more))

    @transaction.atomic
    def _copy(self, copies: Sequence[int]) -> None:
        written: dict[str, list[str]] = {table: [] for table in _WHICH}
        for copy in copies:
            for index, original in enumerate(self._originals):
                own = _own(original, copy, copy * len(self._originals) + index)
                for table, (_, parts) in zip(_WHICH, original.parts, strict=True):
                    lines = written[table]
                    lines += [own[part] if at % 2 else part for at, part in enumerate(parts)]
        with connection.cursor() as cursor:
            for (table, columns), texts in zip(self._tables(), written.values(), strict=True):
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as into:
                    into.write("".join(texts))
        self._copies += len(copies)

    def _tables(self) -> Iterator[tuple[str, str]]:
        for table, (columns, _) in zip(_WHICH, self._originals[0].parts, strict=True):
            yield table, columns

    def _finish(self, more: int) -> None:
        self._progress(f"{self.clicks:,} clicks are there; what is due is closed")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNT_COPIES, {"times": more, "last": self._last_rollup})
            for table in _NUMBERED:
                cursor.execute(_CURSOR.format(table=table), [table])
        for shop in self.shops:
            as_sets.close(shop, self._now)


def check_thrown_away() -> None:
    """Raises NotThrownAway in any database but that of a benchmark."""
    name = str(connection.settings_dict["NAME"])
    if name != DATABASE:
        raise NotThrownAway(f"Rows in any number go into the database {DATABASE} only, not {name}.")


def _value(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0]) if cursor.description else 0


def _original(lived: Lived) -> Original:
    conversion = Conversion.objects.get(advertiser=lived.advertiser, order=lived.order)
    known = {
        "advertiser": lived.advertiser,
        "conversion": conversion.pk,
        "clicks": list(lived.clicks),
    }
    parts, own = [], {}
    for table, which in _WHICH.items():
        columns, text = _text(table, which, known)
        for found in _KEPT.finditer(text):
            own[found[0]] = str(found.lastgroup)
        split = _KEPT_SPLIT.split(text)
        parts.append((columns, tuple(split)))
    return Original(tuple(parts), tuple((kind, text) for text, kind in own.items()))


_KEPT_SPLIT = re.compile("(" + re.sub(r"\?P<[a-z]+>", "?:", _KEPT.pattern) + ")")


def _text(table: str, which: str, known: dict[str, object]) -> tuple[str, str]:
    """The columns, and the rows of an order as ``COPY`` writes them, with marks for its numbers."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        names = [column.name for column in described]
        if table == "tracking_conversionjourney":
            names.remove("id")
        values = ", ".join(_marked(table, name) for name in names)
        sql = f"COPY (SELECT {values} FROM {table} t WHERE {which}) TO STDOUT"  # noqa: S608
        with cursor.copy(sql, known) as out:
            text = b"".join(out).decode()
    return ", ".join(f'"{name}"' for name in names), text


def _marked(table: str, name: str) -> str:
    if name == "order":
        return "'COPY-@I'"
    if name == "conversion_id" or (table, name) in _OF_SALE:
        return "'@I'"
    if (table, name) == ("tracking_decision", "id"):
        return "'@D' || t.sequence"
    if name == "decision_id":
        return (
            "(SELECT '@D' || d.sequence FROM tracking_decision d "
            "WHERE d.id = t.decision_id AND d.advertiser_id = t.advertiser_id)"
        )
    return f't."{name}"'


def _own(original: Original, copy: int, number: int) -> dict[str, str]:
    """What stands in a copy for what in the original."""
    moved = (copy * 7_919 % int(life.MOVED_BY.total_seconds() * 1000 - 1)) + 1
    later, key = timedelta(milliseconds=moved), number + 1
    found: dict[str, str] = {}
    for kind, text in original.own:
        if kind == "mark":
            found[text] = str(_number(text, key))
        elif kind == "id":
            found[text] = str(_id(text, moved, key))
        elif kind == "token":
            found[text] = _token(text, moved, key)
        elif kind == "time":
            found[text] = str(datetime.fromisoformat(text) + later)
        elif kind == "ms":
            found[text] = str(int(text) + moved)
        else:
            found[text] = str(_journey(int(text), key))
    return found


def _number(mark: str, key: int) -> int:
    return APART + (key if mark == "@I" else 8 * key + int(mark[2:]))


def _id(text: str, moved: int, key: int) -> UUID:
    return UUID(int=(UUID(text).int + (moved << 80)) ^ key)


def _journey(journey: int, key: int) -> int:
    return (journey + key * 1_000_003) % 2**62 or 1


def _token(text: str, moved: int, key: int) -> str:
    token = tokens.decode(text, KEYS)
    click = token.click
    own = replace(
        click,
        id=_id(str(click.id), moved, key),
        at=click.at + moved,
        journey=_journey(click.journey, key),
    )
    return tokens.encode(replace(token, click=own), KEYS)

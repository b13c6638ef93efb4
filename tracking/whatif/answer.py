"""The answer of a what-if in names and words, for a page and for spreadsheets."""

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from network import dates, money
from network.effective import queries
from network.models import Advertiser
from network.wording import joined
from publishers.cookie_types.words import lost_in_page
from publishers.models import PartnershipTerms, Publisher
from tracking.models import Conversion
from tracking.rule.attribution import CookieType
from tracking.whatif.results import (
    Move,
    PartnerLine,
    Question,
    Result,
    Tally,
    asked_about,
    with_asked,
)

NOBODY = "Nobody"
MOST_MOVES = 10
"""Pairs of from and to on a page; all of them are in the CSV."""

MOST_DRAWN = 12
"""Partners in the chart: more than that cannot be told apart. More partners without a sale than
that are told in one line."""

Key = tuple[int, int]
"""An advertiser and a publisher."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A partner's row, or nobody's, or the total's; money in ``currency``."""

    name: str
    before: Tally
    after: Tally
    currency: str
    publisher: int | None = None
    is_concerned: bool = False
    is_drawn: bool = False

    @property
    def difference(self) -> Tally:
        return self.after - self.before

    @property
    def sales_difference(self) -> str:
        return signed(self.difference.sales, f"{abs(self.difference.sales):,}")

    @property
    def commission_difference(self) -> str:
        minor = self.difference.commission_minor
        return signed(minor, money.display(abs(minor), self.currency))


@dataclass(frozen=True, slots=True)
class Example:
    """A sale to look at."""

    conversion: int
    order: str


@dataclass(frozen=True, slots=True)
class ToldMove:
    """Sales that would have paid another: from whom to whom."""

    source: str
    target: str
    tally: Tally
    examples: Sequence[Example]
    source_id: int | None = None
    target_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What concerns one advertiser: the lines that differ, or are asked about, and the others
    ``folded`` into few; ``more_moves`` are not shown."""

    advertiser: Advertiser
    lines: Sequence[ToldLine]
    folded: Sequence[ToldLine]
    nobody: ToldLine
    total: ToldLine
    moves: Sequence[ToldMove]
    more_moves: int

    @property
    def currency(self) -> str:
        return self.advertiser.currency

    @property
    def drawn(self) -> int:
        return MOST_DRAWN

    @property
    def more_lines(self) -> int:
        """The lines that the chart leaves out."""
        return sum(not line.is_drawn for line in self.lines)


@dataclass(frozen=True, slots=True)
class Going:
    """Where commission would have gone instead: ``£6,204.10`` ``to 9 other partners``."""

    amount: str
    to: str


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is shown. ``since`` and ``until`` are days in words; ``in_page`` says what
    those lose who may activate from the page and are asked about as hard."""

    sales: int
    differing: int
    since: str
    until: str
    goings: Sequence[Going]
    parts: Sequence[Part]
    in_page: str = ""


def tell(question: Question, result: Result, asked_at: datetime) -> Told:
    """The answer, with the partners of whom the question is always in it. Five queries at most."""
    concerned, result = asked_about(question), with_asked(result, question)
    names = _names(result)
    since, until = _days(question.since, min(question.until, asked_at))
    shops = _shops(question)
    orders = _orders(result)
    return Told(
        sales=result.sales,
        differing=result.differing,
        since=since,
        until=until,
        goings=_goings(result, concerned, {key: shop.currency for key, shop in shops.items()}),
        parts=[
            _part(shop, result.of(shop.pk), concerned, _Words(names, orders, shop.currency))
            for shop in sorted(shops.values(), key=lambda shop: shop.name)
        ],
        in_page=_in_page(question),
    )


def _in_page(question: Question) -> str:
    """What those lose who may activate from the page, and are hard in the question."""
    hard = {
        (advertiser, publisher)
        for advertiser, change in question.changes.items()
        for publisher, kind in change.types.items()
        if kind is CookieType.HARD
    }
    if not hard:
        return ""
    rows = PartnershipTerms.objects.filter(
        advertiser__in={advertiser for advertiser, _ in hard},
        publisher__in={publisher for _, publisher in hard},
    ).select_related("publisher")
    held = queries.in_force_by(rows, question.until, "advertiser_id", "publisher_id")
    losing = [held[key].publisher.name for key in hard if key in held and held[key].in_page]
    return lost_in_page(joined(sorted(losing)), len(losing)) if losing else ""


def signed(number: int, absolute: str) -> str:
    """``+12``, ``-12`` (with a true minus sign), ``0``."""
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{absolute}"


def _days(since: datetime, until: datetime) -> tuple[str, str]:
    """``24 Aug`` and ``22 Nov``; with the years where they differ."""
    begin, end = timezone.localtime(since), timezone.localtime(until)
    if begin.year != end.year:
        return dates.day(since), dates.day(until)
    return f"{begin.day} {begin:%b}", f"{end.day} {end:%b}"


@dataclass(frozen=True, slots=True)
class _Words:
    """Names of publishers, and order references, by their ids."""

    names: Mapping[int, str]
    orders: Mapping[int, str]
    currency: str = ""

    def name(self, publisher: int | None) -> str:
        return NOBODY if publisher is None else self.names.get(publisher, f"publisher {publisher}")


def _names(result: Result) -> dict[int, str]:
    found = {line.publisher for line in result.lines}
    rows = Publisher.objects.filter(pk__in=[key for key in found if key is not None])
    return dict(rows.values_list("pk", "name"))


def _orders(result: Result) -> dict[int, str]:
    examples = [key for move in result.moves for key in move.examples]
    return dict(Conversion.objects.filter(pk__in=examples).values_list("pk", "order"))


def _part(shop: Advertiser, result: Result, concerned: Collection[Key], words: _Words) -> Part:
    partners = [line for line in result.lines if line.publisher is not None]
    shown = [line for line in partners if _is_shown(line, concerned)]
    shown.sort(key=_weight)
    silent = [line for line in shown if _is_silent(line)]
    if len(silent) > MOST_DRAWN:
        shown = [line for line in shown if not _is_silent(line)]
    else:
        silent = []
    nobody = next((line for line in result.lines if line.publisher is None), None)
    rest = [line for line in partners if not _is_shown(line, concerned)]
    currency = shop.currency
    return Part(
        advertiser=shop,
        lines=[_line(line, number, concerned, words) for number, line in enumerate(shown)],
        folded=[
            _sum(name, lines, currency)
            for name, lines in (
                (f"{len(silent):,} more asked about, without sales", silent),
                (f"{_others(len(rest))}, unchanged", rest),
            )
            if lines
        ],
        nobody=_sum(NOBODY, [nobody] if nobody else [], currency),
        total=_sum("Total", result.lines, currency),
        moves=[_move(move, words) for move in result.moves[:MOST_MOVES]],
        more_moves=max(0, len(result.moves) - MOST_MOVES),
    )


def _others(count: int) -> str:
    return f"{count:,} other" if count == 1 else f"{count:,} others"


def _is_shown(line: PartnerLine, concerned: Collection[Key]) -> bool:
    return line.before != line.after or (line.advertiser, line.publisher) in concerned


def _is_silent(line: PartnerLine) -> bool:
    return not (line.before.sales or line.after.sales)


def _weight(line: PartnerLine) -> tuple[int, int, int]:
    """The largest difference first."""
    difference = line.difference
    return -abs(difference.commission_minor), -abs(difference.sales), line.publisher or 0


def _line(line: PartnerLine, number: int, concerned: Collection[Key], words: _Words) -> ToldLine:
    return ToldLine(
        name=words.name(line.publisher),
        before=line.before,
        after=line.after,
        currency=words.currency,
        publisher=line.publisher,
        is_concerned=(line.advertiser, line.publisher) in concerned,
        is_drawn=number < MOST_DRAWN,
    )


def _sum(name: str, lines: Iterable[PartnerLine], currency: str) -> ToldLine:
    before, after = Tally(), Tally()
    for line in lines:
        before, after = before + line.before, after + line.after
    return ToldLine(name, before, after, currency)


def _move(move: Move, words: _Words) -> ToldMove:
    return ToldMove(
        source=words.name(move.source),
        target=words.name(move.target),
        tally=move.tally,
        examples=[Example(key, words.orders.get(key, str(key))) for key in move.examples],
        source_id=move.source,
        target_id=move.target,
    )


# --- The sentence -------------------------------------------------------------------------------


def _goings(
    result: Result, concerned: Collection[Key], currencies: Mapping[int, str]
) -> list[Going]:
    """To the partners asked about, to others, to nobody; those to whom nothing goes are left out.
    At several advertisers it is partnerships: there a publisher may be meant more than once."""
    unit = "partner" if len(currencies) == 1 else "partnership"
    amounts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    partners: dict[str, set[Key]] = defaultdict(set)
    for move in result.moves:
        whom = _whom(move, concerned)
        amounts[whom][currencies[move.advertiser]] += move.tally.commission_minor
        if move.target is not None:
            partners[whom].add((move.advertiser, move.target))
    return [
        Going(_amounts(amounts[whom]), _to(whom, len(partners[whom]), len(concerned), unit))
        for whom in ("these", "others", "nobody")
        if whom in amounts
    ]


def _whom(move: Move, concerned: Collection[Key]) -> str:
    if move.target is None:
        return "nobody"
    return "these" if (move.advertiser, move.target) in concerned else "others"


def _amounts(by_currency: Mapping[str, int]) -> str:
    amounts = [money.display(minor, currency) for currency, minor in sorted(by_currency.items())]
    return joined(amounts)


def _to(whom: str, count: int, concerned: int, unit: str) -> str:
    if whom == "nobody":
        return "to nobody"
    if whom == "others":
        other = "other " if concerned else ""
        return f"to {count} {other}{unit}{'' if count == 1 else 's'}"
    if concerned == 1:
        return f"to this {unit}"
    return f"to these {unit}s" if count == concerned else f"to {count} of these {unit}s"


# --- For spreadsheets ---------------------------------------------------------------------------

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
PARTNER_COLUMNS = (
    "advertiser_id",
    "advertiser",
    "partner_id",
    "partner",
    "sales_before",
    "commission_before",
    "sales_after",
    "commission_after",
    "sales_difference",
    "commission_difference",
    "currency",
)
MOVE_COLUMNS = (
    "advertiser_id",
    "advertiser",
    "from_id",
    "from",
    "to_id",
    "to",
    "sales",
    "commission",
    "currency",
    "examples",
)


def safe(text: str) -> str:
    """Text that a spreadsheet takes for text, not for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def partners_csv(question: Question, result: Result) -> str:
    """Before, after and difference of every partner and of nobody, as CSV; of those asked about
    without a sale, too."""
    result = with_asked(result, question)
    words, shops = _Words(_names(result), {}), _shops(question)
    return _written(
        PARTNER_COLUMNS,
        [
            [
                line.advertiser,
                safe(shops[line.advertiser].name),
                line.publisher or "",
                safe(words.name(line.publisher)),
                *_cells(line.before, shops[line.advertiser].currency),
                *_cells(line.after, shops[line.advertiser].currency),
                *_cells(line.difference, shops[line.advertiser].currency),
                shops[line.advertiser].currency,
            ]
            for line in result.lines
        ],
    )


def moves_csv(question: Question, result: Result) -> str:
    """From whom to whom, every pair, as CSV."""
    words, shops = _Words(_names(result), _orders(result)), _shops(question)
    return _written(
        MOVE_COLUMNS,
        [
            [
                move.advertiser,
                safe(shops[move.advertiser].name),
                move.source or "",
                safe(words.name(move.source)),
                move.target or "",
                safe(words.name(move.target)),
                *_cells(move.tally, shops[move.advertiser].currency),
                shops[move.advertiser].currency,
                safe(" ".join(words.orders.get(key, str(key)) for key in move.examples)),
            ]
            for move in result.moves
        ],
    )


def _shops(question: Question) -> dict[int, Advertiser]:
    return Advertiser.objects.in_bulk(question.changes)


def _cells(tally: Tally, currency: str) -> list[object]:
    return [tally.sales, money.plain(tally.commission_minor, currency)]


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()

"""The answer of a what-if as its page shows it: facts with names; templates say the sentences."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import dates, money
from network.effective import queries
from network.models import Advertiser
from network.wording import joined
from publishers.cookie_types.words import lost_in_page
from publishers.models import PartnershipTerms
from tracking.rule.attribution import CookieType
from tracking.whatif.names import AnswerNames, advertisers_of, names_of
from tracking.whatif.results import (
    Move,
    PartnerLine,
    Question,
    Result,
    Tally,
    asked_about,
    with_asked,
)

MOST_MOVES = 10
"""Pairs of from and to that a page shows at once; the others unfold."""

MOST_DRAWN = 12
"""Partners in the chart; more cannot be distinguished. More partners without a sale than this share
one line."""

Key = tuple[int, int]
"""An advertiser and a publisher."""


@dataclass(frozen=True, slots=True)
class LineDescription:
    """The row of a partner, of nobody, of several partners together, or of the total."""

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
class ExampleSale:
    """A sale to look at."""

    conversion: int
    order: str


@dataclass(frozen=True, slots=True)
class MoveDescription:
    """Sales that would have paid ``target`` instead of ``source``; an id of None is nobody."""

    source: str
    target: str
    tally: Tally
    examples: Sequence[ExampleSale]
    source_id: int | None = None
    target_id: int | None = None


@dataclass(frozen=True, slots=True)
class AdvertiserDescription:
    """The answer at one advertiser: the lines that differ or were asked about, and the others
    ``folded`` into few; ``further_moves`` are shown on demand."""

    advertiser: Advertiser
    lines: Sequence[LineDescription]
    folded: Sequence[LineDescription]
    nobody: LineDescription
    total: LineDescription
    moves: Sequence[MoveDescription]
    further_moves: Sequence[MoveDescription]

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


class Recipients(StrEnum):
    """Who would have been paid commission that somebody else was paid."""

    ASKED_ABOUT = "asked_about"
    OTHERS = "others"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Redirected:
    """Commission that would have gone elsewhere: ``amount`` to ``count`` recipients, while the
    question is about ``asked_about`` partners. ``at_several``: the question is about several
    advertisers, where one publisher can be counted more than once."""

    amount: str
    recipients: Recipients
    count: int
    asked_about: int
    at_several: bool

    @property
    def is_all(self) -> bool:
        """Whether everybody asked about would have received some of it."""
        return self.count == self.asked_about


@dataclass(frozen=True, slots=True)
class AnswerDescription:
    """An answer as it is shown. ``since`` and ``until`` are written days; ``in_page`` says which
    partners asked about as hard would lose their activations from the page."""

    sales: int
    differing: int
    since: str
    until: str
    redirected: Sequence[Redirected]
    parts: Sequence[AdvertiserDescription]
    in_page: str = ""


def describe(question: Question, result: Result, asked_at: datetime) -> AnswerDescription:
    """The answer; partners that were asked about are always in it. Five queries at most."""
    concerned, result = asked_about(question), with_asked(result, question)
    names, shops = names_of(result), advertisers_of(question)
    since, until = _days(question.since, min(question.until, asked_at))
    return AnswerDescription(
        sales=result.sales,
        differing=result.differing,
        since=since,
        until=until,
        redirected=_redirected(result, concerned, shops),
        parts=[
            _part(shop, result.of(shop.pk), concerned, names)
            for shop in sorted(shops.values(), key=lambda shop: shop.name)
        ],
        in_page=_in_page(question),
    )


def _in_page(question: Question) -> str:
    """What partners that may activate from the page lose if they are hard in the question."""
    hard = {
        (advertiser, publisher)
        for advertiser, change in question.changes.items()
        for publisher, kind in change.types.items()
        if kind is CookieType.HARD
    }
    if not hard:
        return ""
    rows = PartnershipTerms.objects.filter(
        advertiser__in={advertiser for advertiser, __ in hard},
        publisher__in={publisher for __, publisher in hard},
    ).select_related("publisher")
    held = queries.in_force_by(rows, question.until, "advertiser_id", "publisher_id")
    losing = [held[key].publisher.name for key in hard if key in held and held[key].in_page]
    return lost_in_page(joined(sorted(losing)), len(losing)) if losing else ""


def signed(number: int, absolute: str) -> str:
    """``+12``, ``-12`` (with a true minus sign), ``0``."""
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{absolute}"


def _days(since: datetime, until: datetime) -> tuple[str, str]:
    """``24 Aug`` and ``22 Nov``; with years if they differ."""
    begin, end = timezone.localtime(since), timezone.localtime(until)
    if begin.year != end.year:
        return dates.day(since), dates.day(until)
    return f"{begin.day} {begin:%b}", f"{end.day} {end:%b}"


def _part(
    shop: Advertiser, result: Result, concerned: Collection[Key], names: AnswerNames
) -> AdvertiserDescription:
    partners = [line for line in result.lines if line.publisher is not None]
    shown = sorted((line for line in partners if _is_shown(line, concerned)), key=_weight)
    silent = [line for line in shown if _is_silent(line)]
    if len(silent) > MOST_DRAWN:
        shown = [line for line in shown if not _is_silent(line)]
    else:
        silent = []
    rest = [line for line in partners if not _is_shown(line, concerned)]
    nobody = [line for line in result.lines if line.publisher is None]
    currency = shop.currency
    return AdvertiserDescription(
        advertiser=shop,
        lines=[
            _line(line, number, concerned, names, currency) for number, line in enumerate(shown)
        ],
        folded=[
            _sum(name, lines, currency)
            for name, lines in ((_silent(len(silent)), silent), (_unchanged(len(rest)), rest))
            if lines
        ],
        nobody=_sum(_("Nobody"), nobody, currency),
        total=_sum(_("Total"), result.lines, currency),
        moves=[_move(move, names) for move in result.moves[:MOST_MOVES]],
        further_moves=[_move(move, names) for move in result.moves[MOST_MOVES:]],
    )


def _silent(count: int) -> str:
    return ngettext(
        "%(count)s more asked about, without sales",
        "%(count)s more asked about, without sales",
        count,
    ) % {"count": f"{count:,}"}


def _unchanged(count: int) -> str:
    return ngettext("%(count)s other, unchanged", "%(count)s others, unchanged", count) % {
        "count": f"{count:,}"
    }


def _is_shown(line: PartnerLine, concerned: Collection[Key]) -> bool:
    return line.before != line.after or (line.advertiser, line.publisher) in concerned


def _is_silent(line: PartnerLine) -> bool:
    return not (line.before.sales or line.after.sales)


def _weight(line: PartnerLine) -> tuple[int, int, int]:
    """The largest difference first."""
    difference = line.difference
    return -abs(difference.commission_minor), -abs(difference.sales), line.publisher or 0


def _line(
    line: PartnerLine, number: int, concerned: Collection[Key], names: AnswerNames, currency: str
) -> LineDescription:
    return LineDescription(
        name=names.publisher(line.publisher),
        before=line.before,
        after=line.after,
        currency=currency,
        publisher=line.publisher,
        is_concerned=(line.advertiser, line.publisher) in concerned,
        is_drawn=number < MOST_DRAWN,
    )


def _sum(name: str, lines: Iterable[PartnerLine], currency: str) -> LineDescription:
    before, after = Tally(), Tally()
    for line in lines:
        before, after = before + line.before, after + line.after
    return LineDescription(name, before, after, currency)


def _move(move: Move, names: AnswerNames) -> MoveDescription:
    return MoveDescription(
        source=names.publisher(move.source),
        target=names.publisher(move.target),
        tally=move.tally,
        examples=[ExampleSale(key, names.order(key)) for key in move.examples],
        source_id=move.source,
        target_id=move.target,
    )


def _redirected(
    result: Result, concerned: Collection[Key], shops: Mapping[int, Advertiser]
) -> list[Redirected]:
    """Commission that would have gone elsewhere, by who would have received it."""
    amounts: dict[Recipients, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    partners: dict[Recipients, set[Key]] = defaultdict(set)
    for move in result.moves:
        recipients = _recipients(move, concerned)
        amounts[recipients][shops[move.advertiser].currency] += move.tally.commission_minor
        if move.target is not None:
            partners[recipients].add((move.advertiser, move.target))
    return [
        Redirected(
            amount=_amounts(amounts[recipients]),
            recipients=recipients,
            count=len(partners[recipients]),
            asked_about=len(concerned),
            at_several=len(shops) > 1,
        )
        for recipients in Recipients
        if recipients in amounts
    ]


def _recipients(move: Move, concerned: Collection[Key]) -> Recipients:
    if move.target is None:
        return Recipients.NOBODY
    is_asked = (move.advertiser, move.target) in concerned
    return Recipients.ASKED_ABOUT if is_asked else Recipients.OTHERS


def _amounts(by_currency: Mapping[str, int]) -> str:
    return joined(
        [money.display(minor, currency) for currency, minor in sorted(by_currency.items())]
    )

"""What is asked of a what-if, and what it answers; both can be kept as JSON. Pure.

Money is in minor units of each advertiser's currency; amounts of different advertisers are never
added up here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tracking.rule.replay import Change

MOST_DAYS = 400
"""Of the sales of so many days a what-if may be, and so long may a cookie period be in it."""
MOST_SOFT_HOURS = 720
EXAMPLES = 3
"""Sales that are named for each pair of who was and who would have been paid."""


@dataclass(frozen=True, slots=True)
class Question:
    """The changes by advertiser, had they been made at ``since``, over the sales of each in
    ``[since, until)``. An advertiser without any change in its :class:`Change` is replayed whole,
    which shows whether the replay gives what was decided."""

    changes: Mapping[int, Change]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Sales, and the commission of them."""

    sales: int = 0
    commission_minor: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.sales + other.sales, self.commission_minor + other.commission_minor)

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.sales - other.sales, self.commission_minor - other.commission_minor)


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """What a publisher (None: nobody) was paid for at an advertiser, and would have been. Sales
    that pay nobody earn nothing, so that the money of nobody is 0 on both sides: see
    :class:`Move` for what nobody would have got."""

    advertiser: int
    publisher: int | None
    before: Tally
    after: Tally

    @property
    def difference(self) -> Tally:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Move:
    """Sales that would have paid ``target`` instead of ``source`` (None: nobody), what they earn,
    and the conversions of those that were recorded last."""

    advertiser: int
    source: int | None
    target: int | None
    tally: Tally
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer: how many sales were replayed, how many would have paid somebody else."""

    sales: int = 0
    differing: int = 0
    lines: tuple[PartnerLine, ...] = ()
    moves: tuple[Move, ...] = ()

    def of(self, advertiser: int) -> "Result":
        """What concerns one advertiser; its ``sales`` are those of its lines."""
        lines = tuple(line for line in self.lines if line.advertiser == advertiser)
        moves = tuple(move for move in self.moves if move.advertiser == advertiser)
        return Result(
            sales=sum(line.before.sales for line in lines),
            differing=sum(move.tally.sales for move in moves),
            lines=lines,
            moves=moves,
        )


def asked_about(question: Question) -> set[tuple[int, int]]:
    """Of which partners the question is: advertisers and publishers."""
    return {
        (advertiser, publisher)
        for advertiser, change in question.changes.items()
        for publisher in (*change.types, *change.own_hard_days)
    }


def with_asked(result: Result, question: Question) -> Result:
    """The answer with a line for every partner that the question is of, those without a sale, too:
    that nothing is to be said of them is what was asked."""
    known = {(line.advertiser, line.publisher) for line in result.lines}
    missing = (key for key in asked_about(question) if key not in known)
    lines = [*result.lines, *(PartnerLine(*key, Tally(), Tally()) for key in missing)]
    lines.sort(key=lambda line: _last_nobody((line.advertiser, line.publisher)))
    return replace(result, lines=tuple(lines))


class Replayed(NamedTuple):
    """One sale: who was paid, who would have been, and what it earns either way, or else what it
    ``would_earn_minor`` by other reports."""

    conversion: int
    paid: int | None
    would_pay: int | None
    commission_minor: int
    would_earn_minor: int | None = None

    @property
    def after_minor(self) -> int:
        other = self.would_earn_minor
        return self.commission_minor if other is None else other


@dataclass(slots=True)
class Sums:
    """The sums of a what-if while it goes through the sales of its advertisers."""

    before: dict[tuple[int, int | None], Tally] = field(default_factory=dict)
    after: dict[tuple[int, int | None], Tally] = field(default_factory=dict)
    moves: dict[tuple[int, int | None, int | None], Move] = field(default_factory=dict)

    def add(self, advertiser: int, sales: Iterable[Replayed]) -> None:
        pairs: dict[tuple[int | None, int | None], list[Replayed]] = {}
        for sale in sales:
            pairs.setdefault((sale.paid, sale.would_pay), []).append(sale)
        for (paid, would_pay), alike in pairs.items():
            tally = Tally(len(alike), sum(sale.commission_minor for sale in alike))
            after = Tally(len(alike), sum(sale.after_minor for sale in alike))
            _count(self.before, (advertiser, paid), tally)
            _count(self.after, (advertiser, would_pay), after)
            if paid != would_pay:
                self._move((advertiser, paid, would_pay), tally, alike)

    def _move(
        self, key: tuple[int, int | None, int | None], tally: Tally, alike: Sequence[Replayed]
    ) -> None:
        known = self.moves.get(key) or Move(*key, Tally(), ())
        more = (sale.conversion for sale in alike[: EXAMPLES - len(known.examples)])
        self.moves[key] = Move(*key, known.tally + tally, (*known.examples, *more))

    @property
    def result(self) -> Result:
        keys = sorted({*self.before, *self.after}, key=_last_nobody)
        nothing = Tally()
        return Result(
            sales=sum(tally.sales for tally in self.before.values()),
            differing=sum(move.tally.sales for move in self.moves.values()),
            lines=tuple(
                PartnerLine(*key, self.before.get(key, nothing), self.after.get(key, nothing))
                for key in keys
            ),
            moves=tuple(
                sorted(
                    self.moves.values(),
                    key=lambda move: (
                        move.advertiser,
                        -move.tally.commission_minor,
                        -move.tally.sales,
                        *_last_nobody((move.source or 0, move.target)),
                    ),
                )
            ),
        )


def _count(
    sums: dict[tuple[int, int | None], Tally], key: tuple[int, int | None], tally: Tally
) -> None:
    found = tally if key[1] is not None else Tally(tally.sales, 0)
    sums[key] = sums.get(key, Tally()) + found


def _last_nobody(key: tuple[int, int | None]) -> tuple[int, bool, int]:
    return key[0], key[1] is None, key[1] or 0


def question_json(question: Question) -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.to_builtins(question, str_keys=True)
    return kept


def question_in(data: Mapping[str, Any]) -> Question:
    """The question that :func:`question_json` kept."""
    return msgspec.convert(data, Question, str_keys=True)


def result_json(result: Result) -> dict[str, Any]:
    return {
        "lines": [
            [
                line.advertiser,
                line.publisher,
                line.before.sales,
                line.before.commission_minor,
                line.after.sales,
                line.after.commission_minor,
            ]
            for line in result.lines
        ],
        "moves": [
            [
                move.advertiser,
                move.source,
                move.target,
                move.tally.sales,
                move.tally.commission_minor,
                list(move.examples),
            ]
            for move in result.moves
        ],
    }


def sums_in(data: Mapping[str, Any]) -> Sums:
    """The sums behind a result that :func:`result_json` kept, to add to or to read."""
    sums = Sums()
    for advertiser, publisher, sales, earned, sales_after, earned_after in data["lines"]:
        key = (advertiser, publisher)
        sums.before[key] = Tally(sales, earned)
        sums.after[key] = Tally(sales_after, earned_after)
    for advertiser, source, target, sales, earned, examples in data["moves"]:
        found = Move(advertiser, source, target, Tally(sales, earned), tuple(examples))
        sums.moves[advertiser, source, target] = found
    return sums

"""Reports of sales as evidence: reading their fields, and which of them belong together. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from network import money
from tracking.rule.attribution import Click
from tracking.rule.text import printable

MAX_ORDER, MAX_VOUCHER, MAX_CHANNEL = 64, 100, 60
MAX_TEXT = 1_000
MAX_TOKENS = 20
DEFAULT_GROUP = "DEFAULT"
_PART = re.compile(r"([A-Za-z0-9_.-]{1,30}):([^|]*)")


class Role(StrEnum):
    """In which role a token was presented; ``last`` leads to the journey and claims nothing."""

    HARD = "hard"
    SOFT = "soft"
    LAST = "last"
    SERVER = "server"


TRUST = {"keyed": 0, "tag": 1, "pixel": 2, "server": 3}
"""Whose figures count while reports differ, most trusted first."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What was wrong with one field, and what to do about it."""

    field: str
    received: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received!r}, expected {self.expected}"


class InvalidReport(ValueError):
    """A report that cannot be used; ``errors`` name each field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Part:
    """What a commission group has in a sale, in minor units."""

    group: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SaleFigures:
    """What a sale is worth. Two reports of an order agree when these are equal."""

    amount_minor: int
    currency: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SaleFields:
    """The fields of a report, checked."""

    order: str
    figures: SaleFigures
    voucher: str = ""
    channel: str = ""
    customer: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What the fields are read by: the advertiser's currency and commission groups."""

    currency: str
    groups: Collection[str]


def read_fields(data: Mapping[str, object], terms: Terms) -> SaleFields:
    """The sale that a report tells of. Raises InvalidReport with every field that is wrong."""
    errors: list[FieldError] = []
    order = _order(data, errors)
    currency = _currency(data, terms, errors)
    amount = _amount("amount", _text(data, "amount"), currency, errors)
    parts = _parts(_text(data, "parts"), amount, (currency, terms.groups), errors)
    customer = _customer(data, errors)
    if errors:
        raise InvalidReport(errors)
    return SaleFields(
        order=order,
        figures=SaleFigures(amount, currency, parts),
        voucher=_text(data, "voucher")[:MAX_VOUCHER],
        channel=_text(data, "channel")[:MAX_CHANNEL],
        customer=customer,
        test=_text(data, "test") in ("1", "true", "True"),
    )


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    text = "" if value is None else str(value)
    return printable(text.strip(), MAX_TEXT)


def _order(data: Mapping[str, object], errors: list[FieldError]) -> str:
    raw = data.get("order")
    order = "" if raw is None else str(raw).strip()
    if not order or len(order) > MAX_ORDER or not order.isprintable():
        errors.append(
            FieldError(
                "order",
                printable(order, 80),
                f"1 to {MAX_ORDER} printable characters",
                "Send the shop's unique reference of this order.",
            )
        )
    return order


def _currency(data: Mapping[str, object], terms: Terms, errors: list[FieldError]) -> str:
    currency = _text(data, "currency") or terms.currency
    if currency not in money.currencies():
        expected = "an ISO 4217 code in capitals"
        errors.append(FieldError("currency", currency[:80], expected, "Send e.g. EUR."))
    elif currency != terms.currency:
        errors.append(
            FieldError(
                "currency",
                currency,
                terms.currency,
                f"Report the sale in {terms.currency}: there is no daily rate from {currency}.",
            )
        )
    return currency if currency in money.currencies() else terms.currency


def _amount(name: str, text: str, currency: str, errors: list[FieldError]) -> int:
    try:
        return money.parse(text, currency)
    except money.AmountError as error:
        remedy = "Send the total after discounts, without tax and shipping."
        errors.append(FieldError(name, text[:80], error.expected, remedy))
        return 0


def _parts(
    text: str,
    amount: int,
    terms: tuple[str, Collection[str]],
    errors: list[FieldError],
) -> tuple[Part, ...]:
    currency, groups = terms
    if not text:
        return (Part(DEFAULT_GROUP, amount),)
    parts: list[Part] = []
    before = len(errors)
    for item in text.split("|"):
        match = _PART.fullmatch(item)
        if match is None:
            errors.append(FieldError("parts", item[:80], "CODE:amount", "Join parts with |."))
        elif match[1] not in groups:
            known = ", ".join(sorted(groups))
            errors.append(FieldError("parts", match[1], f"one of {known}", "Use a known code."))
        else:
            parts.append(Part(match[1], _amount("parts", match[2], currency, errors)))
    total = sum(part.amount_minor for part in parts)
    if len(errors) == before and total != amount:
        expected = f"parts that add up to {money.plain(amount, currency)}"
        errors.append(
            FieldError("parts", money.plain(total, currency), expected, "Correct the parts.")
        )
    return tuple(parts)


def _customer(data: Mapping[str, object], errors: list[FieldError]) -> str:
    customer = _text(data, "customer").lower()
    if customer not in ("", "new", "returning"):
        expected = "new or returning"
        errors.append(FieldError("customer", customer[:80], expected, "Leave it out if unknown."))
    return customer


@dataclass(frozen=True, slots=True)
class Presented:
    """A valid token of a report, in its role."""

    role: Role
    click: Click


@dataclass(frozen=True, slots=True)
class Evidence:
    """One report of an order. ``sessions`` are the sessions that its browser was in; it speaks for
    a browser (``from_browser``) when it came with that browser's cookies."""

    id: UUID
    source: str
    received_at: datetime
    at: datetime
    figures: SaleFigures
    presented: tuple[Presented, ...] = ()
    sessions: frozenset[int] = frozenset()
    from_browser: bool = False

    @property
    def journeys(self) -> frozenset[int]:
        return frozenset(item.click.journey for item in self.presented)


@dataclass(frozen=True, slots=True)
class Joined:
    """The reports of one order that belong together. Without any (``conflict``) nobody is paid
    until the advertiser has decided."""

    linked: tuple[Evidence, ...]
    unlinked: tuple[Evidence, ...] = ()
    conflict: str = ""
    at: datetime = field(default=datetime.max.replace(tzinfo=UTC))
    figures: SaleFigures | None = None

    @property
    def clicks(self) -> tuple[Click, ...]:
        return tuple(item.click for report in self.linked for item in report.presented)

    @property
    def journeys(self) -> frozenset[int]:
        return frozenset(journey for report in self.linked for journey in report.journeys)

    @property
    def sessions(self) -> frozenset[int]:
        """The sessions that the sale counts as having happened in. What a browser reports decides
        alone; where none speaks, a click id from the merchant's server counts as its session's."""
        speaking = [report for report in self.linked if report.from_browser and report.presented]
        if speaking:
            return frozenset(session for report in speaking for session in report.sessions)
        return frozenset(click.session for click in self.clicks)


def join(reports: Iterable[Evidence], chosen: UUID | None = None) -> Joined:
    """Which reports of an order belong together, in whatever order they came.

    Reports join only if they share a journey, or one of them brings none. Where they do not, the
    keyed one that brings a valid token decides and the others stay unlinked; without such a one
    (or with several that differ) it is a conflict, until staff have ``chosen`` a report.
    """
    ordered = sorted(reports, key=lambda report: (report.received_at, report.id.int))
    silent = [report for report in ordered if not report.journeys]
    groups = _groups([report for report in ordered if report.journeys])
    deciding = _deciding(groups, chosen)
    if len(deciding) > 1 or (groups and not deciding):
        return _with_figures([], ordered, "journeys", chosen)
    linked = [*silent, *(deciding[0] if deciding else [])]
    ids = {report.id for report in linked}
    return _with_figures(linked, [item for item in ordered if item.id not in ids], "", chosen)


def _deciding(groups: list[list[Evidence]], chosen: UUID | None) -> list[list[Evidence]]:
    """The groups of reports that may speak for the order; a conflict unless there is one."""
    if len(groups) <= 1:
        return groups
    of_staff = [group for group in groups if any(report.id == chosen for report in group)]
    return of_staff or [group for group in groups if _has_keyed(group)]


def _groups(reports: Sequence[Evidence]) -> list[list[Evidence]]:
    """Reports that share a journey, directly or through others."""
    groups: list[tuple[set[int], list[Evidence]]] = []
    for report in reports:
        journeys, members = set(report.journeys), [report]
        apart = []
        for group in groups:
            if group[0].isdisjoint(journeys):
                apart.append(group)
            else:
                journeys |= group[0]
                members = [*group[1], *members]
        groups = [*apart, (journeys, members)]
    return [members for _, members in groups]


def _has_keyed(group: Sequence[Evidence]) -> bool:
    return any(report.source == "keyed" for report in group)


def _with_figures(
    linked: Sequence[Evidence],
    unlinked: Sequence[Evidence],
    conflict: str,
    chosen: UUID | None,
) -> Joined:
    """The time and figures: the earliest time, and the figures of the report that staff chose or
    else of the most trusted one."""
    speaking = linked or unlinked
    by_trust = sorted(
        speaking,
        key=lambda report: (
            report.id != chosen,
            TRUST[report.source],
            report.received_at,
            report.id.int,
        ),
    )
    settled = by_trust[0].id == chosen
    if not conflict and not settled and len({report.figures for report in linked}) > 1:
        conflict = "figures"
    return Joined(
        linked=tuple(sorted(linked, key=lambda report: (report.received_at, report.id.int))),
        unlinked=tuple(unlinked),
        conflict=conflict,
        at=min(report.at for report in speaking),
        figures=by_trust[0].figures,
    )

"""What holds for a partnership from now on, as far as it is decided.

Three lines for each partnership: its cookie type, its standing (approval and flags), and the terms
that its clicks are placed and paid on. :mod:`publishers.notices.news` compares the lines before and
after a change.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Generic, Self, TypeVar

from network.effective import timeline
from network.models import AttributionTerms, CommissionRate
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy
from publishers.models import Notice, Partnership, PartnershipTerms
from publishers.partnerships.reading import Reading


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """What holds for a partnership in one respect. A notice keeps it as JSON, by the same names."""

    @property
    def decisive(self) -> object:
        """What makes a difference to clicks: these are equal where it is the same."""
        return self

    def told_since(self, before: Self) -> Mapping[str, object]:
        """What a publisher learns when this follows ``before``: what is other than it was."""
        was = asdict(before)
        return {name: value for name, value in asdict(self).items() if was[name] != value}

    def if_kept(self, before: Self, goes_on: Self) -> Self | None:
        """What would hold if the step from ``before`` to this were still to come, where ``goes_on``
        holds instead; None if nothing that the step would have changed is lost."""
        kept = replace(goes_on, **self.told_since(before))
        return None if kept == goes_on else kept


@dataclass(frozen=True, slots=True)
class TypeFacts(HeldFacts):
    """A cookie type, where it comes from, and the publisher's model type."""

    type: str
    source: str
    model_type: str

    @property
    def decisive(self) -> object:
        return self.type

    def told_since(self, before: Self) -> Mapping[str, object]:
        """The type before counts as well: hard that was soft is other news than still hard."""
        return {"before": before.type, **asdict(self)}

    def if_kept(self, before: Self, goes_on: Self) -> Self | None:
        was_news = before.type != self.type
        return self if was_news and goes_on.type != self.type else None


@dataclass(frozen=True, slots=True)
class StandingFacts(HeldFacts):
    """The status of the partnership, None before there was any, and its flags."""

    status: str | None = None
    in_page: bool = False
    strictly_necessary: bool = False


@dataclass(frozen=True, slots=True)
class TermsFacts(HeldFacts):
    """The terms of the shop with what was agreed with the partner; None before there were any. A
    commission is ``percent``, written out, or ``fixed_minor`` of each sale."""

    soft_rule: str | None = None
    hard_days: int | None = None
    soft_hours: int | None = None
    validation_days: int | None = None
    notice_days: int | None = None
    percent: str | None = None
    fixed_minor: int | None = None


Facts = TypeVar("Facts", bound=HeldFacts, covariant=True)


@dataclass(frozen=True, slots=True)
class Held(Generic[Facts]):
    """What holds from a moment until the next."""

    starts_at: datetime
    value: Facts


Line = Sequence[Held[Facts]]
"""In order, from now on; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The lines of one partnership, and when it was first approved, if it ever was."""

    cookie_type: Line[TypeFacts]
    partnership: Line[StandingFacts]
    terms: Line[TermsFacts]
    approved_at: datetime | None

    def line(self, event: str) -> Line[HeldFacts]:
        lines: Mapping[str, Line[HeldFacts]] = {
            Notice.Event.COOKIE_TYPE: self.cookie_type,
            Notice.Event.PARTNERSHIP: self.partnership,
            Notice.Event.TERMS: self.terms,
        }
        return lines[event]


def outlooks(
    partnerships: Sequence[Partnership], reading: Reading, now: datetime
) -> dict[int, Outlook]:
    """Each partnership's outlook by its id."""
    return {
        row.pk: outlook(
            reading.policies[row.pk],
            reading.own[row.pk].held,
            reading.shops[row.advertiser_id].held,
            reading.rates[row.advertiser_id].held,
            now,
        )
        for row in partnerships
    }


def outlook(
    policy: Policy,
    own: Sequence[PartnershipTerms],
    shop: Sequence[AttributionTerms],
    rates: Sequence[CommissionRate],
    now: datetime,
) -> Outlook:
    """The outlook that these rows make; rows in order of their start."""

    def standing(at: datetime) -> StandingFacts:
        return _standing(timeline.in_force(own, at))

    approved = (row.starts_at for row in own if row.status == PartnershipTerms.Status.APPROVED)
    return Outlook(
        approved_at=next(approved, None),
        cookie_type=cookie_type_line(policy, now),
        partnership=_line(standing, timeline.moments(own), now),
        terms=terms_line(own, shop, rates, now),
    )


def terms_line(
    own: Sequence[PartnershipTerms],
    shop: Sequence[AttributionTerms],
    rates: Sequence[CommissionRate],
    now: datetime,
) -> Line[TermsFacts]:
    """Before the shop's first terms and commission these hold already: a partner that began earlier
    reads of no others."""

    def terms(at: datetime) -> TermsFacts:
        of_shop = timeline.in_force_or_first(shop, at) if shop else None
        rate = timeline.in_force_or_first(rates, at) if rates else None
        return _terms(of_shop, timeline.in_force(own, at), rate)

    return _line(terms, timeline.moments(own, shop, rates), now)


def cookie_type_line(policy: Policy, now: datetime) -> Line[TypeFacts]:
    return _line(lambda at: _type(policy, at), cookie_types.changes(policy), now)


def value_at(line: Line[Facts], at: datetime) -> Facts:
    return timeline.in_force_or_first(line, at).value


def _line(
    value_at_time: Callable[[datetime], Facts], moments: Iterable[datetime], now: datetime
) -> Line[Facts]:
    held = [Held(at, value_at_time(at)) for at in (now, *(at for at in moments if at > now))]
    return timeline.turns(held, lambda one: one.value)


def _type(policy: Policy, at: datetime) -> TypeFacts:
    kind = cookie_types.in_force(policy, at)
    return TypeFacts(kind.cookie_type, kind.source, kind.model_type)


def _standing(row: PartnershipTerms | None) -> StandingFacts:
    if row is None:
        return StandingFacts()
    return StandingFacts(row.status, row.in_page, row.strictly_necessary)


def _terms(
    shop: AttributionTerms | None, own: PartnershipTerms | None, rate: CommissionRate | None
) -> TermsFacts:
    if shop is None:
        return TermsFacts()
    return TermsFacts(
        soft_rule=shop.soft_rule,
        hard_days=(own and own.hard_days) or shop.hard_days,
        soft_hours=shop.soft_hours,
        validation_days=shop.validation_days,
        notice_days=shop.notice_days,
        percent=None if rate is None or rate.percent is None else f"{rate.percent.normalize():f}",
        fixed_minor=rate.fixed_minor if rate else None,
    )

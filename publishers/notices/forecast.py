"""What holds for a partnership from now on, and what a change makes of it.

Three lines for each partnership: its cookie type, its approval and flags, and the terms that its
clicks are placed and paid on. A publisher is told where a line after a change is not as before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from network.effective import queries, timeline
from network.models import AttributionTerms
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import SET_UP, Policy
from publishers.models import Notice, Partnership, PartnershipTerms

Value = Mapping[str, Any]
"""Plain facts, as they are kept in a notice."""

AS_ONE = timedelta(milliseconds=500)
"""A change that is written again starts milliseconds later; to a publisher it is the same."""
COOKIE_TYPE, PARTNERSHIP, TERMS = Notice.Event
NOT_TOLD = frozenset(
    {None, PartnershipTerms.Status.DECLINED.value, PartnershipTerms.Status.ENDED.value}
)
"""With these statuses nothing is told but a change of the status itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """What holds from a moment until the next."""

    starts_at: datetime
    value: Value


Line = Sequence[Held]
"""In order, from now on; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The lines of one partnership, and when it was first approved, if it ever was."""

    cookie_type: Line
    partnership: Line
    terms: Line
    approved_at: datetime | None

    def line(self, event: str) -> Line:
        lines = {COOKIE_TYPE: self.cookie_type, PARTNERSHIP: self.partnership, TERMS: self.terms}
        return lines[Notice.Event(event)]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What becomes of one line at a time. One that is ``cancelled`` had been to come: instead of
    ``after``, what is ``before`` goes on. With the ``first``, no click had counted ``before``."""

    event: str
    at: datetime
    before: Value
    after: Value
    terms: Value
    cancelled: bool = False
    first: bool = False

    @property
    def is_mailed(self) -> bool:
        """Where only the source of a cookie type changes, the page tells it and no mail does."""
        return bool(decisive(self.before) != decisive(self.after))


def outlooks(
    partnerships: Sequence[Partnership], policies: Mapping[int, Policy], now: datetime
) -> dict[int, Outlook]:
    """Each partnership's outlook by its id, from their policies, in two queries."""
    own_terms = PartnershipTerms.objects.filter(partnership__in=partnerships)
    shop_terms = AttributionTerms.objects.filter(
        advertiser__in={row.advertiser_id for row in partnerships}
    )
    own = queries.timelines(own_terms, "partnership_id")
    shops = queries.timelines(shop_terms, "advertiser_id")
    return {
        row.pk: outlook(policies[row.pk], own[row.pk], shops[row.advertiser_id], now)
        for row in partnerships
    }


def outlook(
    policy: Policy,
    own: Sequence[PartnershipTerms],
    shop: Sequence[AttributionTerms],
    now: datetime,
) -> Outlook:
    """The outlook that these rows make; rows in order of their start."""

    def status(at: datetime) -> Value:
        return _status(timeline.in_force(own, at))

    def terms(at: datetime) -> Value:
        return _terms(timeline.in_force(shop, at), timeline.in_force(own, at))

    approved = (row.starts_at for row in own if row.status == PartnershipTerms.Status.APPROVED)
    return Outlook(
        approved_at=next(approved, None),
        cookie_type=cookie_type_line(policy, now),
        partnership=_line(status, timeline.moments(own), now),
        terms=_line(terms, timeline.moments(own, shop), now),
    )


def cookie_type_line(policy: Policy, now: datetime) -> Line:
    return _line(lambda at: _kind(policy, at), cookie_types.changes(policy), now)


def news(before: Outlook, after: Outlook, now: datetime) -> list[News]:
    """What the publisher is to be told, the earliest first."""
    found = [
        News(
            event=event.value,
            at=step.at,
            before=step.before,
            after=step.after,
            terms=value_at(after.terms, step.at),
            cancelled=step.cancelled,
            first=after.approved_at is None or step.at < after.approved_at + SET_UP,
        )
        for event, old, new in (
            (PARTNERSHIP, before.partnership, after.partnership),
            (COOKIE_TYPE, before.cookie_type, after.cookie_type),
            (TERMS, before.terms, after.terms),
        )
        for step in _compared(old, new, now)
    ]
    told = [item for item in found if _concerns(item, before, after)]
    return sorted(told, key=lambda item: item.at)


def value_at(line: Line, at: datetime) -> Value:
    return timeline.in_force_or_first(line, at).value


def tells_of(notice: Notice, line: Line) -> bool:
    """Whether what the notice announced is a step of the line."""
    told = _Step(notice.takes_effect_at, notice.facts["from"], notice.facts["to"])
    return any(step.is_like(told) for step in _steps(line))


@dataclass(frozen=True, slots=True)
class _Step:
    """From one value to the next."""

    at: datetime
    before: Value
    after: Value
    cancelled: bool = False

    def is_like(self, other: "_Step") -> bool:
        """Whether a publisher that was told of one knows of the other: of terms and flags the same
        ones become the same, whatever the others are."""
        return abs(self.at - other.at) < AS_ONE and self._news == other._news

    def undone(self, goes_on: Value) -> Value | None:
        """What would have held if that, which ``goes_on`` instead, had not been undone; None where
        it was not."""
        if "type" in self.after:
            was_news = decisive(self.before) != decisive(self.after)
            return self.after if was_news and goes_on["type"] != self.after["type"] else None
        lost = {name: value for name, value in self._news.items() if goes_on.get(name) != value}
        return {**goes_on, **lost} if lost else None

    @property
    def _news(self) -> Value:
        if "type" in self.after:
            return {"before": self.before["type"], **self.after}
        return {name: value for name, value in self.after.items() if self.before.get(name) != value}


def _compared(old: Line, new: Line, now: datetime) -> Iterator[_Step]:
    known = _steps(old)
    if old[0].value != new[0].value:
        yield _Step(now, old[0].value, new[0].value)
    yield from (step for step in _steps(new) if not any(step.is_like(one) for one in known))
    for step in known:
        goes_on = value_at(new, step.at + AS_ONE)
        undone = step.undone(goes_on)
        if undone is not None:
            yield _Step(step.at, goes_on, undone, cancelled=True)


def _steps(line: Line) -> list[_Step]:
    return [_Step(new.starts_at, old.value, new.value) for old, new in pairwise(line)]


def decisive(value: Value) -> Any:
    """What makes a difference to clicks: of a cookie type, not where it comes from."""
    return value["type"] if "type" in value else tuple(sorted(value.items(), key=repr))


def _concerns(item: News, before: Outlook, after: Outlook) -> bool:
    was = value_at(before.partnership, item.at)["status"]
    is_new = was is None
    if item.event == PARTNERSHIP:  # that it has applied, a publisher knows
        return not is_new or item.after["status"] == PartnershipTerms.Status.APPROVED
    status = value_at(after.partnership, item.at)["status"]
    return status not in NOT_TOLD and not (is_new and item.event == TERMS)


def _line(
    value_at_time: Callable[[datetime], Value], moments: Iterable[datetime], now: datetime
) -> Line:
    held = [Held(at, value_at_time(at)) for at in (now, *(at for at in moments if at > now))]
    return timeline.turns(held, lambda one: one.value)


def _kind(policy: Policy, at: datetime) -> Value:
    kind = cookie_types.in_force(policy, at)
    return {"type": kind.cookie_type, "source": kind.source, "model_type": kind.model_type}


def _status(row: PartnershipTerms | None) -> Value:
    if row is None:
        return {"status": None, "in_page": False, "strictly_necessary": False}
    return {
        "status": row.status,
        "in_page": row.in_page,
        "strictly_necessary": row.strictly_necessary,
    }


def _terms(shop: AttributionTerms | None, own: PartnershipTerms | None) -> Value:
    if shop is None:
        return {}
    return {
        "soft_rule": shop.soft_rule,
        "hard_days": (own and own.hard_days) or shop.hard_days,
        "soft_hours": shop.soft_hours,
        "validation_days": shop.validation_days,
        "notice_days": shop.notice_days,
    }

"""Which reports of an order came before it was closed, and what had been settled by then. Pure.

A sale is decided from the reports that came while it was open. How long that was follows from the
windows of its clicks, and from what was waited for; so in another world it is another time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from network.milliseconds import from_ms
from tracking.evidence.joining import Evidence, Joined
from tracking.evidence.resolving import Known, Resolution, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What an advertiser asks for before a sale closes, and what its staff did: the report that
    they ``chose`` in a conflict, and when they approved the sale; None: they did not."""

    believes_browsers: bool = False
    largest_minor: int | None = None
    conflict_days: int = 30
    confirm_days: int = 60
    chosen: UUID | None = None
    chosen_at: datetime | None = None
    approved_at: datetime | None = None


class EndState(StrEnum):
    """What has become of a sale by a moment, where staff said nothing. Named as the state that
    pages show; besides, ``not_confirmed``, the one way to be declined without staff, and
    ``no_sale``: no report has brought a click."""

    PENDING = "pending"
    FINAL = "final"
    UNVERIFIED = "unverified"
    ON_HOLD = "on_hold"
    NOT_CONFIRMED = "not_confirmed"
    CONFLICT = "conflict"
    NOBODY = "nobody"
    NO_SALE = "no_sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a sale stands at a moment: the reports known by then, joined, and what follows.
    ``chosen`` is the report that settled a conflict, by staff's choice or because time was over."""

    joined: Joined
    resolution: Resolution
    chosen: UUID | None
    is_verified: bool
    is_over_limit: bool
    confirm_days: int

    @property
    def closes_at(self) -> datetime:
        """When its windows have closed."""
        return from_ms(self.resolution.outcome.closes_at)

    @property
    def ends_at(self) -> datetime:
        """When it closes, unless it ``waits``. What pays nobody and nobody has confirmed is open to
        a confirmation for as long as what pays somebody: whoever guesses the number of an order
        could else close it before the shop reports it."""
        is_confirmable = not self.is_verified and self.resolution.outcome.paid is None
        return lapses_at(self.closes_at, self.confirm_days) if is_confirmable else self.closes_at

    @property
    def waits(self) -> bool:
        """Whether somebody has to say something about it before it closes."""
        is_in_question = self.is_over_limit or not self.is_verified
        pays = self.resolution.outcome.paid is not None
        return bool(self.joined.conflict) or (pays and is_in_question)

    def is_closed(self, at: datetime) -> bool:
        return self.ends_at <= at and not self.waits


@dataclass(frozen=True, slots=True)
class Course:
    """A sale from its first report on: how it ``stood`` in the end, and the reports that came
    too ``late``. ``stood`` is None while no report brought a click."""

    stood: Standing | None
    late: Sequence[Evidence] = ()


def follow(known: Known, handling: Handling, now: datetime) -> Course:
    """Take the reports one by one, as they became known until ``now``, until the sale closes."""
    chosen: UUID | None = None
    has_click = False
    evidence = sorted(known.evidence, key=lambda report: (report.known_from, report.received))
    for count, report in enumerate(evidence):
        if has_click:
            before = stand(_by(known, evidence[:count]), handling, report.known_from, chosen)
            if before.is_closed(report.known_from):
                return Course(before, evidence[count:])
            chosen = before.chosen
        has_click = has_click or bool(report.presented)
    return Course(stand(known, handling, now, chosen) if has_click else None)


def stand(known: Known, handling: Handling, at: datetime, chosen: UUID | None = None) -> Standing:
    """How the sale stands at a moment, had no other report come by then. ``chosen`` settled an
    earlier conflict."""
    is_approved = handling.approved_at is not None and handling.approved_at <= at
    if is_approved:
        known = known.approved(handling.approved_at)
    joined = known.joined(chosen)
    settled = _settled(known, joined, handling, at)
    if settled is not None and settled != chosen:
        chosen, joined = settled, known.joined(settled)
    largest = handling.largest_minor
    return Standing(
        joined=joined,
        resolution=resolve(known, joined),
        chosen=chosen,
        is_verified=joined.rank.confirms or handling.believes_browsers or is_approved,
        is_over_limit=largest is not None
        and joined.figures.amount_minor > largest
        and not is_approved,
        confirm_days=handling.confirm_days,
    )


def state_of(course: Course, handling: Handling, now: datetime) -> EndState:
    """What has become of the sale, if nobody of the staff declines it."""
    stood = course.stood
    if stood is None:
        return EndState.NO_SALE
    if stood.joined.conflict:
        return EndState.CONFLICT
    if stood.resolution.outcome.paid is None:
        return EndState.NOBODY
    if not stood.is_verified and lapses_at(stood.closes_at, handling.confirm_days) <= now:
        return EndState.NOT_CONFIRMED
    if stood.is_over_limit:
        return EndState.ON_HOLD
    if not stood.is_verified:
        return EndState.UNVERIFIED
    return EndState.FINAL if stood.is_closed(now) else EndState.PENDING


def lapses_at(closes_at: datetime, confirm_days: int) -> datetime:
    """When a sale that nobody confirms is declined for that, or closes if it pays nobody."""
    return closes_at + timedelta(days=confirm_days)


def settles_at(joined: Joined, conflict_days: int) -> datetime | None:
    """When the earlier report decides a conflict, if nobody settles it before."""
    return joined.conflict_since and joined.conflict_since + timedelta(days=conflict_days)


def _settled(known: Known, joined: Joined, handling: Handling, at: datetime) -> UUID | None:
    if not joined.conflict:
        return None
    by_staff = handling.chosen_at is not None and handling.chosen_at <= at
    if by_staff and any(report.id == handling.chosen for report in known.evidence):
        return handling.chosen
    by_time = settles_at(joined, handling.conflict_days)
    is_over = by_time is not None and by_time <= at
    return joined.claimant.id if is_over and joined.claimant else None


def _by(known: Known, evidence: Sequence[Evidence]) -> Known:
    """What was known by these reports alone."""
    return replace(known, evidence=sorted(evidence, key=lambda report: report.received))

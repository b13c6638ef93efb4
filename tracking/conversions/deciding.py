"""Deciding sales: from their reports and clicks to their decisions and commissions, all stored.

Sales of one advertiser are decided together: what they need is read for all, each is decided in
memory, and what came of them is written by one statement for each table.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError
from msgspec import to_builtins

from network.clock import from_ms
from network.models import Advertiser
from tracking.commissions import decisions, reuse, settling, suspended
from tracking.commissions.settling import Earning, commission_of
from tracking.conversions import journeys, reports
from tracking.conversions.known import Resolved, Said, known_of_all, resolved, said_in
from tracking.distribution import sets
from tracking.evidence.joining import Joined, OrderContext
from tracking.evidence.ranks import CONFIRMING
from tracking.evidence.resolving import Known, claimed
from tracking.models import Commission, Conversion, Decision, Report, Validation
from tracking.rollups import writing as rollups
from tracking.rule import attribution
from tracking.rule.attribution import Click, Outcome
from tracking.rule.reasons import ReportOutcome

DECIDED = (
    "at",
    "amount_minor",
    "currency",
    "parts",
    "voucher",
    "channel",
    "customer",
    "conflict",
    "conflict_since",
    "contested_by_id",
    "verified",
    "over_limit",
    "pays_nobody",
    "lapsed",
    "decision_id",
    "closes_at",
)
"""What follows from the reports and clicks of a conversion."""
PutAside = Callable[[Conversion, Exception], None]
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a decision is made, and what made it necessary."""

    now: datetime
    cause: Decision.Cause


@dataclass(frozen=True, slots=True)
class Become:
    """A sale in memory, with its commission, as it would be; and the click that would be paid."""

    conversion: Conversion
    paid: Click | None


@dataclass(frozen=True, slots=True)
class ByEach:
    """The reports of a sale as they are joined, and what it would be by each of those that
    contradict each other."""

    joined: Joined
    becomes: Mapping[UUID, Become]


@dataclass(frozen=True, slots=True)
class Case:
    """An open conversion, whose row is locked, and the reports that decide about it."""

    conversion: Conversion
    rows: Sequence[Report]


def cases_of(advertiser: Advertiser, conversions: Sequence[Conversion]) -> list[Case]:
    """The advertiser's conversions, whose rows are locked, with their reports. One query."""
    rows: dict[int | None, list[Report]] = defaultdict(list)
    of_these = [conversion.pk for conversion in conversions]
    reported = Report.objects.filter(advertiser=advertiser, conversion__in=of_these)
    for row in reported.defer("errors", "sent"):
        if row.outcome != ReportOutcome.LATE:
            rows[row.conversion_id].append(row)
    for conversion in conversions:
        conversion.advertiser = advertiser
    return [Case(conversion, rows[conversion.pk]) for conversion in conversions]


def reconsider(
    conversion: Conversion, now: datetime, cause: Decision.Cause = Decision.Cause.CLICK
) -> None:
    """Decide an open conversion again from all evidence by now. The row must be locked."""
    decide(conversion, reports_of(conversion), Stamp(now, cause))


def decide(conversion: Conversion, rows: Sequence[Report], stamp: Stamp) -> None:
    """Resolve the journey and store the decision, where it differs from the last one, with the
    commission that follows from it."""
    followed = rollups.Followed()
    decide_all([Case(conversion, rows)], stamp, followed)
    followed.add()


def decide_all(
    cases: Sequence[Case],
    stamp: Stamp,
    followed: rollups.Followed,
    put_aside: PutAside | None = None,
) -> list[Conversion]:
    """Decide these sales of one advertiser, as :func:`decide` does one: as many statements, however
    many there are. Which were decided. Each is noted in ``followed`` before it changes; the caller
    adds what came of them. Reports that are not stored yet are marked, and the caller's to store.
    One that cannot be decided is put aside, and nothing of it is stored; without ``put_aside`` its
    error is raised."""
    if not cases:
        return []
    batch = _Batch(stamp, followed, put_aside)
    batch.decide(cases)
    batch.store()
    return [change.conversion for change in batch.changes]


def decide_again(conversion: Conversion, chosen: UUID | None = None) -> Resolved:
    """What would be decided from the reports and clicks that are stored, had staff ``chosen`` this
    report, or else as it stands; nothing is written."""
    known = _known(conversion)
    return resolved(known, known.joined(chosen or conversion.settled_report_id))


def decide_by_each(conversions: Sequence[Conversion], now: datetime) -> list[ByEach]:
    """What each of these open sales of one advertiser would become by each of the reports that
    contradict each other, had staff chosen it now. Nothing is written; it takes as many queries,
    however many there are. Raises TokenError where a key is gone."""
    shop = conversions[0].advertiser
    rates, stamp = settling.Rates(shop.pk), Stamp(now, Decision.Cause.STAFF)
    cases = [Case(conversion, reports_of(conversion)) for conversion in conversions]
    found = []
    for case, known in zip(cases, known_of_all(shop, list(map(_said, cases))), strict=True):
        joined = known.joined(case.conversion.settled_report_id)
        rivals = [row for row in case.rows if row.pk in joined.rivals]
        chosen = known.settled(now)
        changes = {row.pk: _decided(_settled(case, row), chosen, rates, stamp) for row in rivals}
        found.append((joined, changes))
    _let_staff_speak(shop, [change for _, of in found for change in of.values()], now)
    return [
        ByEach(joined, {key: Become(of[key].conversion, of[key].earning.paid) for key in of})
        for joined, of in found
    ]


def resolve_test(report: Report) -> Outcome:
    """Who would be paid, had this report of a test been one of a sale; nothing is written."""
    [known] = known_of_all(report.advertiser, [said_in([report], OrderContext())])
    return resolved(known, known.joined()).outcome


def joined_by_now(conversion: Conversion) -> Joined:
    """The conversion's reports, joined as it stands."""
    return _known(conversion).joined(conversion.settled_report_id)


def is_confirmed(conversion: Conversion) -> bool:
    """Whether the advertiser itself reported the sale, as it stands."""
    apart = (ReportOutcome.LATE, ReportOutcome.UNLINKED, ReportOutcome.JOURNEYS_CONFLICT)
    rows = conversion.reports.filter(rank__in=CONFIRMING).exclude(outcome__in=apart)
    return rows.exists()


def reports_of(conversion: Conversion) -> list[Report]:
    """The reports that decide about it."""
    return [row for row in conversion.reports.all() if row.outcome != ReportOutcome.LATE]


def _known(conversion: Conversion) -> Known:
    said = said_in(reports_of(conversion), _context(conversion))
    [known] = known_of_all(conversion.advertiser, [said])
    return known


def _said(case: Case) -> Said:
    return said_in(case.rows, _context(case.conversion))


def _context(conversion: Conversion) -> OrderContext:
    return OrderContext(
        first_seen=conversion.first_seen_at,
        settled_at=conversion.settled_by_staff_at,
        approved_at=conversion.approved_at,
        is_crowded=conversion.is_crowded,
    )


@dataclass(slots=True)
class _Change:
    """A sale that is decided in memory, and how it was ``before``, unless it is new; ``marked`` are
    the reports of which something else became, ``decision`` is the new one, if it is another."""

    conversion: Conversion
    before: dict[str, Any]
    commission_before: dict[str, Any]
    earning: Earning
    unrecorded: Sequence[Click]
    marked: Sequence[Report]
    decision: Decision | None

    @property
    def commission(self) -> Commission | None:
        return commission_of(self.conversion)


class _Batch:
    """Sales that are decided together."""

    def __init__(
        self, stamp: Stamp, followed: rollups.Followed, put_aside: PutAside | None
    ) -> None:
        self._stamp, self._followed, self._put_aside = stamp, followed, put_aside
        self.changes: list[_Change] = []
        self._said: list[Validation] = []

    def decide(self, cases: Sequence[Case]) -> None:
        """Decide each in memory."""
        shop = cases[0].conversion.advertiser
        rates = settling.Rates(shop.pk)
        read = []
        for case in cases:
            said = self._tried(case, _said)
            if said:
                read.append((case, said))
        known_of_each = known_of_all(shop, [said for _, said in read])
        for (case, _), known in zip(read, known_of_each, strict=True):
            self._followed.note(case.conversion)
            change = self._tried(case, _decided, known, rates, self._stamp)
            if change:
                self.changes.append(change)
        self._said = _let_staff_speak(shop, self.changes, self._stamp.now)

    def store(self) -> None:
        """Write what is other than before, but for reports that are not stored yet. The database
        holds references to what is written later against the rows at the end only."""
        marked = (row for change in self.changes for row in change.marked)
        sets.update([row for row in marked if not row._state.adding], ["outcome"])
        self._rebuild()
        self._store_decisions()
        self._store_commissions()
        Validation.objects.bulk_create(self._said)
        sales = [(change.conversion, change.before) for change in self.changes]
        sets.insert([sale for sale, _ in sales if sale._state.adding])
        sets.update_changed([(sale, before) for sale, before in sales if before], DECIDED)

    def _tried(self, case: Case, work: Callable[..., _Made], *given: Any) -> _Made | None:
        """What comes of the work on a sale. One that fails is put aside; not where the database
        does."""
        try:
            return work(case, *given)
        except DatabaseError:
            raise
        except Exception as error:
            if self._put_aside is None:
                raise
            self._followed.forget(case.conversion)
            self._put_aside(case.conversion, error)
            return None

    def _rebuild(self) -> None:
        found = {click.id: click for change in self.changes for click in change.unrecorded}
        if found:
            advertiser = self.changes[0].conversion.advertiser_id
            journeys.rebuild(advertiser, list(found.values()), self._stamp.now)

    def _store_decisions(self) -> None:
        new = [(change.conversion, change.decision) for change in self.changes if change.decision]
        made = [decision for _, decision in new]
        sets.give_keys(made)
        reuse.number(made)
        sets.insert(made)
        for conversion, decision in new:
            conversion.decision = decision

    def _store_commissions(self) -> None:
        each = [(change.commission, change.commission_before) for change in self.changes]
        there = [(commission, before) for commission, before in each if commission]
        new = [row for row, _ in there if row.pk is None]
        sets.give_keys(new)
        sets.insert(new)
        known = [(row, before) for row, before in there if before]
        sets.update_changed(known, settling.COLUMNS)


def _let_staff_speak(
    shop: Advertiser, changes: Sequence[_Change], now: datetime
) -> list[Validation]:
    """Let what was said of the partners and the sales hold for what was decided; what is said of
    suspended partners' sales by that, which is not stored."""
    paid = (change.commission for change in changes if change.earning.paid)
    said = suspended.decline(shop.pk, filter(None, paid), now)
    for change in changes:
        settling.confirm(change.conversion, is_confirmed=change.earning.is_confirmed)
    return said


def _settled(case: Case, chosen: Report) -> Case:
    """A copy of the case, which nobody stores, had staff chosen this report."""
    commission, conversion = commission_of(case.conversion), copy(case.conversion)
    conversion.settled_report_id = chosen.pk
    if commission:
        copy(commission).conversion = conversion  # each knows the other from then on
    return Case(conversion, [copy(row) for row in case.rows])


def _decided(case: Case, known: Known, rates: settling.Rates, stamp: Stamp) -> _Change:
    """The case, decided in memory."""
    conversion, rows = case.conversion, case.rows
    joined = known.joined(conversion.settled_report_id)
    commission = commission_of(conversion)
    is_new = conversion._state.adding
    before = {} if is_new else {name: vars(conversion)[name] for name in DECIDED}
    commission_before = settling.values_of(commission) if commission else {}
    _take_figures(conversion, joined, rows)
    conversion.contested_by_id = known.contesting
    found = resolved(known, joined)
    decision = _decision(conversion, found, stamp)
    if decision:
        conversion.closes_at = decision.closes_at
    earning = Earning(found.outcome.paid, claimed(known, joined), joined.rank.confirms)
    settling.settle(conversion, earning, rates, stamp.now)
    conversion.pays_nobody = settling.pays_nobody(conversion, earning.paid)
    return _Change(
        conversion=conversion,
        before=before,
        commission_before=commission_before,
        earning=earning,
        unrecorded=known.clicks.unrecorded and known.clicks.of(joined).unrecorded,
        marked=reports.mark(joined, rows),
        decision=decision,
    )


def _take_figures(conversion: Conversion, joined: Joined, rows: Iterable[Report]) -> None:
    """Let the report speak that is believed most. A field that it leaves out another one may add,
    but never one that anybody can send."""
    conversion.at = joined.at
    conversion.amount_minor = joined.figures.amount_minor
    conversion.currency = joined.figures.currency
    conversion.parts = [to_builtins(part) for part in joined.figures.parts]
    conversion.conflict, conversion.conflict_since = joined.conflict, joined.conflict_since
    stored = {row.id: row for row in rows}
    speaking = [stored[report.id] for report in joined.by_belief]
    for name in ("voucher", "channel", "customer"):
        values = (row.figures.get(name, "") for row in speaking)
        setattr(conversion, name, next(filter(None, values), ""))


def _decision(conversion: Conversion, found: Resolved, stamp: Stamp) -> Decision | None:
    """The decision to add; None where the last one says the same."""
    inputs, outcome = found.inputs, found.outcome
    last = conversion.decision
    verdicts = decisions.verdicts_json(outcome)
    if last and last.inputs == inputs and last.verdicts == verdicts:
        return None
    return Decision(
        advertiser_id=conversion.advertiser_id,
        conversion=conversion,
        sequence=last.sequence + 1 if last else 1,
        decided_at=stamp.now,
        cause=stamp.cause,
        rule_version=attribution.RULE_VERSION,
        inputs=inputs,
        verdicts=verdicts,
        paid_click=outcome.paid.id if outcome.paid else None,
        paid_publisher_id=outcome.paid.publisher if outcome.paid else None,
        closes_at=from_ms(outcome.closes_at),
        closes_by_click=outcome.closes_by.id if outcome.closes_by else None,
    )

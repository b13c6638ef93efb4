"""Scenarios played in simulated browsers: who holds the cookie, and who is paid.

Pure. The browsers are made of the functions that the redirect uses (``tracking.rule.slots``); what
follows from the reports of the sale is decided as for every conversion (``tracking.evidence``).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from network.milliseconds import from_ms
from tracking.evidence.closing import Course, EndState, Handling, Standing, follow, state_of
from tracking.evidence.joining import Evidence, OrderContext
from tracking.evidence.keeping import kept, outcomes_of
from tracking.evidence.resolving import Journey, Known, known_of
from tracking.rule.attribution import MINUTE_MS, Click, Outcome, Sale, Verdict
from tracking.rule.reasons import ClickReason, ReportOutcome
from tracking.rule.replay import ShopTerms
from tracking.rule.slots import Slots, end_session, is_fresh, land, meet
from tracking.simulator.problems import Unexpected
from tracking.simulator.reporting import SentReport, sent
from tracking.simulator.scenario import (
    NOBODY,
    ClickStep,
    JourneyStep,
    LandingStep,
    Scenario,
    SessionEnd,
    Settings,
    Verification,
)
from tracking.simulator.times import DAY, HOUR, MAX_DAYS

_END = from_ms(3 * MAX_DAYS * DAY * MINUTE_MS)
"""Nothing that can be written happens later, nor does anything that it leads to."""
_SESSIONS = 1_000
"""Numbers of sessions that a browser has to itself: no two browsers are in one session."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the browser holds after a step. ``click`` is the step's click as it was recorded, or the
    one whose token came to a page of the shop; None where the browser was closed."""

    step: JourneyStep
    click: Click | None
    slots: Slots

    @property
    def minute(self) -> int:
        return self.step.minute

    @property
    def is_stale(self) -> bool:
        """Whether a token came to the shop too late to be placed."""
        at = self.minute * MINUTE_MS
        return (
            isinstance(self.step, LandingStep)
            and self.click is not None
            and not is_fresh(self.click, at)
        )


@dataclass(frozen=True, slots=True)
class PlayedReport:
    """A report, and what became of it; None: it has not arrived by then."""

    sent: SentReport
    outcome: ReportOutcome | None
    speaks: bool


@dataclass(frozen=True, slots=True)
class PlayedScenario:
    """A scenario played: what the browsers held after each step, the sale as the rule sees it, what
    became of its reports, how it ``stood``, and the decision.

    ``stood`` and ``outcome`` are None where nothing was presented that leads to a journey. It is
    closed at ``closes_at``; None: not as long as nobody says anything else about it.
    """

    scenario: Scenario
    moments: tuple[Moment, ...]
    sale: Sale
    reports: tuple[PlayedReport, ...]
    stood: Standing | None
    state: EndState
    closes_at: datetime | None

    @property
    def outcome(self) -> Outcome | None:
        return self.stood.resolution.outcome if self.stood else None

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks in order, as they were recorded."""
        return _clicks(self.moments)

    @property
    def paid(self) -> str:
        """The publisher that is credited, or "nobody"."""
        if self.outcome is None or self.outcome.paid is None:
            return NOBODY
        return self.publisher(self.outcome.paid)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(judged.verdict for judged in self.outcome.verdicts) if self.outcome else ()

    @property
    def figures(self) -> int | None:
        """The number of the report whose figures count."""
        return next((each.sent.number for each in self.reports if each.speaks), None)

    @property
    def failures(self) -> list[Unexpected]:
        """What was expected and did not come out."""
        return list(self._failures())

    def publisher(self, click: Click) -> str:
        return self.scenario.clicks[number_of(click) - 1].publisher

    def _failures(self) -> Iterator[Unexpected]:
        sale = self.scenario.sale
        if sale.paid is not None and sale.paid != self.paid:
            yield Unexpected("paid", sale.paid, self.paid)
        if sale.verdicts is not None and sale.verdicts != self.verdicts:
            expected, got = ", ".join(sale.verdicts), ", ".join(self.verdicts)
            yield Unexpected("verdicts", f"[{expected}]", f"[{got}]")
        if sale.state is not None and sale.state != self.state:
            yield Unexpected("state", sale.state, self.state)
        if sale.figures is not None and sale.figures != self.figures:
            yield Unexpected("figures", str(sale.figures), str(self.figures or "none"))
        for each in self.reports:
            expected_outcome, field = each.sent.step.outcome, f"reports[{each.sent.number}].outcome"
            if expected_outcome is not None and expected_outcome != each.outcome:
                yield Unexpected(field, expected_outcome, each.outcome or "not arrived")


def simulate(scenario: Scenario) -> PlayedScenario:
    """Play the scenario in browsers that lose nothing, and decide its sale."""
    moments = _browse(scenario)
    clicks = _clicks(moments)
    now = from_ms(scenario.sale.until * MINUTE_MS) if scenario.sale.until is not None else _END
    reports = [
        sent(number, step, scenario.settings, clicks, _held(moments, step.browser, step.minute))
        for number, step in enumerate(scenario.sale.all_reports, 1)
    ]
    evidence = [each.evidence for each in reports if each.evidence]
    by_arrival = sorted(evidence, key=lambda report: report.received)
    arrived = [each for each in by_arrival if each.received_at <= now]
    known = known_of([_terms(scenario.settings)], kept(arrived), OrderContext(), Journey(clicks))
    handling = _handling(scenario)
    course = follow(known, handling, now)
    stood = course.stood
    return PlayedScenario(
        scenario=scenario,
        moments=moments,
        sale=stood.resolution.sale if stood else Sale(scenario.sale.minute * MINUTE_MS),
        reports=tuple(_told(reports, known.evidence, course, now)),
        stood=stood,
        state=state_of(course, handling, now),
        closes_at=_closes_at(known, handling, stood, now),
    )


def number_of(click: Click) -> int:
    """Which click of its scenario a simulated click is, from 1."""
    return click.id.int & 0xFFFFFFFF


def _browse(scenario: Scenario) -> tuple[Moment, ...]:
    numbers: dict[str, int] = {}
    moments: list[Moment] = []
    slots: dict[int, Slots] = defaultdict(Slots)
    sessions: dict[int, int] = defaultdict(int)
    clicks: list[Click] = []
    for step in scenario.steps:
        click, held = None, slots[step.browser]
        if isinstance(step, SessionEnd):
            held = end_session(held)
            sessions[step.browser] += 1
        elif isinstance(step, LandingStep):
            click = clicks[step.click - 1]
            held = _landed(held, click, step)
        else:
            publisher = numbers.setdefault(step.publisher, len(numbers) + 1)
            session = (step.browser - 1) * _SESSIONS + sessions[step.browser] + 1
            click = _click(step, scenario.settings, len(clicks) + 1, publisher, session)
            if step.partner:
                placed = meet(held, click)
                click, held = placed.click, placed.slots
            clicks.append(click)
        slots[step.browser] = held
        moments.append(Moment(step, click, held))
    return tuple(moments)


def _landed(held: Slots, click: Click, step: LandingStep) -> Slots:
    """A click that does not count has no token that could come to the shop."""
    is_placed = click.reason is None and is_fresh(click, step.minute * MINUTE_MS)
    return land(held, click) if is_placed else held


def _clicks(moments: Sequence[Moment]) -> tuple[Click, ...]:
    made = [moment for moment in moments if isinstance(moment.step, ClickStep)]
    return tuple(moment.click for moment in made if moment.click)


def _held(moments: Sequence[Moment], browser: int, minute: int) -> Slots:
    """What a browser holds then; steps of the same minute happen before."""
    own = [moment for moment in moments if moment.step.browser == browser]
    before = [moment.slots for moment in own if moment.minute <= minute]
    return before[-1] if before else Slots()


def _click(step: ClickStep, settings: Settings, number: int, publisher: int, session: int) -> Click:
    """The click, with an id like a UUIDv7's: first its time, then its number, in order."""
    at = step.minute * MINUTE_MS
    return Click(
        id=UUID(int=at << 80 | number),
        at=at,
        publisher=publisher,
        cookie_type=step.cookie_type,
        window_minutes=settings.window_minutes(step.publisher, step.cookie_type),
        journey=step.browser,
        session=session,
        soft_rule=settings.soft_rule,
        reason=None if step.partner else ClickReason.NOT_PARTNER,
    )


def _terms(settings: Settings) -> ShopTerms:
    return ShopTerms(
        starts_at=0,
        hard_days=settings.hard_minutes // DAY,
        soft_hours=settings.soft_minutes // HOUR,
        soft_rule=settings.soft_rule,
        validation_days=settings.validation_minutes // DAY,
    )


def _handling(scenario: Scenario) -> Handling:
    """A sale that is written without reports is one that the shop confirms."""
    settings, is_plain = scenario.settings, not scenario.sale.reports
    return Handling(
        believes_browsers=settings.verification is Verification.BROWSER,
        largest_minor=settings.largest_minor,
        conflict_days=settings.conflict_days,
        confirm_days=settings.confirm_days,
        approved_at=from_ms(scenario.sale.minute * MINUTE_MS) if is_plain else None,
    )


def _closes_at(
    known: Known, handling: Handling, stood: Standing | None, now: datetime
) -> datetime | None:
    """When the sale closes: with its windows or, if it waited for longer, with the report or the
    day that ended that."""
    if stood is None or stood.waits:
        return None
    came = [report.received_at for report in known.evidence]
    settled = [at + timedelta(days=handling.conflict_days) for at in came]
    for moment in sorted({stood.ends_at, *came, *settled}):
        by_then = [report for report in known.evidence if report.received_at <= moment]
        course = follow(replace(known, evidence=by_then), handling, moment)
        if stood.ends_at <= moment <= now and course.stood and course.stood.is_closed(moment):
            return moment
    return stood.ends_at


def _told(
    reports: Sequence[SentReport], known: Sequence[Evidence], course: Course, now: datetime
) -> Iterator[PlayedReport]:
    """What became of each report."""
    stood = course.stood
    outcomes = outcomes_of(stood.joined) if stood else {}
    outcomes |= {report.id: ReportOutcome.LATE for report in course.late}
    waiting = {} if stood else {report.id: ReportOutcome.WAITING for report in known}
    for each in reports:
        identifier = UUID(int=each.number)
        outcome = outcomes.get(identifier) or waiting.get(identifier) or ReportOutcome.NO_TOKEN
        if each.evidence is None:
            outcome = ReportOutcome.INVALID
        has_arrived = from_ms(each.step.arrives * MINUTE_MS) <= now
        speaks = stood is not None and stood.joined.speaking.id == identifier
        yield PlayedReport(each, outcome if has_arrived else None, speaks)

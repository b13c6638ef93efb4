"""Scenarios played in a simulated browser: who holds the cookie, and who is paid.

Pure. The browser is made of the functions that the redirect uses (``tracking.rule.slots``), the
decision is the one of every conversion (``tracking.rule.attribution``).
"""

from dataclasses import dataclass
from uuid import UUID

from tracking.rule.attribution import MINUTE_MS, Click, Outcome, Sale, Verdict, resolve
from tracking.rule.reasons import ClickReason
from tracking.rule.slots import Slots, end_session, meet
from tracking.simulator.format import NOBODY, ClickStep, SaleStep, Scenario, SessionEnd, Settings
from tracking.simulator.problems import Unexpected

_JOURNEY_ID = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """What the browser holds after a step. ``click`` is the step's click as it was recorded; None
    where the browser was closed."""

    minute: int
    click: Click | None
    slots: Slots


@dataclass(frozen=True, slots=True)
class PlayedScenario:
    """A scenario played: what the browser held after each step, the sale as the rule sees it, and
    the decision.

    ``outcome`` is None where nothing was presented that leads to the journey.
    """

    scenario: Scenario
    moments: tuple[Moment, ...]
    sale: Sale
    outcome: Outcome | None

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks in order, as they were recorded."""
        return _clicks(self.moments)

    @property
    def paid(self) -> str:
        """The publisher that is paid, or "nobody"."""
        if self.outcome is None or self.outcome.paid is None:
            return NOBODY
        return self.publisher(self.outcome.paid)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(judged.verdict for judged in self.outcome.verdicts) if self.outcome else ()

    @property
    def failures(self) -> list[Unexpected]:
        """What was expected and did not come out."""
        sale, found = self.scenario.sale, []
        if sale.paid is not None and sale.paid != self.paid:
            found.append(Unexpected("paid", sale.paid, self.paid))
        if sale.verdicts is not None and sale.verdicts != self.verdicts:
            expected, got = ", ".join(sale.verdicts), ", ".join(self.verdicts)
            found.append(Unexpected("verdicts", f"[{expected}]", f"[{got}]"))
        return found

    def publisher(self, click: Click) -> str:
        return self.scenario.clicks[number_of(click) - 1].publisher


def simulate(scenario: Scenario) -> PlayedScenario:
    """Play the scenario in a browser that loses nothing, and decide its sale."""
    moments = _browse(scenario)
    step, settings = scenario.sale, scenario.settings
    sessions = _sessions_presented(step, _clicks(moments), _at_sale(moments, step))
    sale = Sale(
        at=step.minute * MINUTE_MS,
        sessions=sessions or frozenset(),
        soft_rule=settings.soft_rule,
        validation_minutes=settings.validation_minutes,
    )
    outcome = None if sessions is None else resolve(_clicks(moments), sale)
    return PlayedScenario(scenario, moments, sale, outcome)


def number_of(click: Click) -> int:
    """Which click of its scenario a simulated click is, from 1."""
    return click.id.int & 0xFFFFFFFF


def _browse(scenario: Scenario) -> tuple[Moment, ...]:
    numbers: dict[str, int] = {}
    moments: list[Moment] = []
    slots, session, clicked = Slots(), 1, 0
    for step in scenario.steps:
        click = None
        if isinstance(step, SessionEnd):
            slots = end_session(slots)
            session += 1
        else:
            publisher = numbers.setdefault(step.publisher, len(numbers) + 1)
            clicked += 1
            click = _click(step, scenario.settings, clicked, publisher, session)
            if step.partner:
                placed = meet(slots, click)
                click, slots = placed.click, placed.slots
        moments.append(Moment(step.minute, click, slots))
    return tuple(moments)


def _clicks(moments: tuple[Moment, ...]) -> tuple[Click, ...]:
    return tuple(moment.click for moment in moments if moment.click)


def _at_sale(moments: tuple[Moment, ...], sale: SaleStep) -> Slots:
    """What the browser holds at the sale; steps of the same minute happen before it."""
    before = [moment.slots for moment in moments if moment.minute <= sale.minute]
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
        journey=_JOURNEY_ID,
        session=session,
        soft_rule=settings.soft_rule,
        reason=None if step.partner else ClickReason.NOT_PARTNER,
    )


def _sessions_presented(
    sale: SaleStep, clicks: tuple[Click, ...], browser: Slots
) -> frozenset[int] | None:
    """The sessions in which the sale happened by its evidence; None without a token of ours."""
    if sale.presented is None:
        if browser.last is None:
            return None
        return frozenset([browser.session] if browser.session else [])
    tokens = [clicks[number - 1] for number in sale.presented]
    counting = [click.session for click in tokens if click.reason is None]
    return frozenset(counting) if counting else None

"""The scenarios with evidence, through links, reports and the lifecycle of sales: what the
simulator says is what happens."""

from dataclasses import dataclass, replace

import pytest

from tests.support.evidence import World, world_of
from tracking.clicks.keys import KEYS
from tracking.commissions.states import OF_SALE, SaleState, state_case
from tracking.conversions import reports
from tracking.conversions.recording import SaleReport
from tracking.evidence.closing import EndState
from tracking.models import Commission, Conversion, Report
from tracking.rule.reasons import ReportOutcome
from tracking.simulator.examples import groups
from tracking.simulator.play import simulate
from tracking.simulator.scenario import NOBODY, Scenario

pytestmark = pytest.mark.django_db
SCENARIOS = [
    example.scenario
    for group in groups().values()
    for example in group
    if example.scenario.sale.reports
]
REPEATED = "repeated"
UNSTORED = {ReportOutcome.NO_TOKEN, None}


@dataclass(frozen=True)
class Ending:
    """How a sale stands, and what became of each report: None where it is not kept, or not there
    yet."""

    state: EndState
    paid: str
    verdicts: list[str]
    amount_minor: int | None
    outcomes: list[str | None]

    def counting(self, lived: "Ending") -> "Ending":
        """With the repeats that only the product counts."""
        pairs = zip(self.outcomes, lived.outcomes, strict=True)
        said = [REPEATED if other == REPEATED else own for own, other in pairs]
        return replace(self, outcomes=said)


def outcome_of_both(world: World) -> tuple[Ending, Ending]:
    """As the world that has been lived left it, and as the simulator plays it."""
    played = simulate(world.scenario)
    outcomes = [each.outcome for each in played.reports]
    said = Ending(
        state=played.state,
        paid=played.paid,
        verdicts=[verdict.value for verdict in played.verdicts],
        amount_minor=played.stood.joined.figures.amount_minor if played.stood else None,
        outcomes=[None if each in UNSTORED else str(each) for each in outcomes],
    )
    return _lived(world), said


def _lived(world: World) -> Ending:
    numbers = range(1, len(world.scenario.sale.reports) + 1)
    outcomes = [_kept(world.sent[number]) if number in world.sent else None for number in numbers]
    sale = Conversion.objects.annotate(state=state_case(OF_SALE)).first()
    if sale is None:
        return Ending(EndState.NO_SALE, NOBODY, [], None, outcomes)
    assert sale.decision
    state = EndState.__members__.get(SaleState(sale.state).name)
    if state is None:
        assert Commission.objects.get().decline_reason == "not_confirmed"
        state = EndState.NOT_CONFIRMED
    names = {publisher.pk: name for name, publisher in world.partners.items()}
    return Ending(
        state,
        names.get(sale.decision.paid_publisher_id or 0, NOBODY),
        [item["verdict"] for item in sale.decision.verdicts],
        sale.amount_minor,
        outcomes,
    )


def _kept(report: SaleReport) -> str | None:
    """What became of the report; ``repeated`` where a row counts it that says the same."""
    row = Report.objects.filter(id=report.id).first()
    if row:
        return row.outcome
    (judged,) = reports.judge([report], KEYS)
    alike = Report.objects.filter(fingerprint=reports.fingerprint(judged))
    return REPEATED if alike.exists() else None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_evidence_ends_as_the_simulator_says(scenario: Scenario) -> None:
    world = world_of(scenario)
    world.live()
    lived, played = outcome_of_both(world)
    assert lived == played.counting(lived)


def test_every_kind_of_evidence_is_in_the_table() -> None:
    """A scenario for each end and each outcome, so that what is added is thought of."""
    played = [simulate(scenario) for scenario in SCENARIOS]
    assert {each.state for each in played} == set(EndState)
    found = {report.outcome for each in played for report in each.reports}
    never = {
        ReportOutcome.TOO_MANY,
        ReportOutcome.TEST,
        ReportOutcome.CORRECTED,
        ReportOutcome.UNKNOWN_ADVERTISER,
    }
    assert found == set(ReportOutcome) - never

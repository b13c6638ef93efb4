"""The scenarios with evidence, through links, reports and the lifecycle of sales: what the
simulator says is what happens."""

import pytest

from tests.support.evidence import world_of
from tracking.commissions.states import OF_SALE, SaleState, state_case
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
STATES = {
    SaleState.PENDING: EndState.PENDING,
    SaleState.FINAL: EndState.FINAL,
    SaleState.UNVERIFIED: EndState.UNVERIFIED,
    SaleState.ON_HOLD: EndState.ON_HOLD,
    SaleState.CONFLICT: EndState.CONFLICT,
    SaleState.NOBODY: EndState.NOBODY,
    SaleState.DECLINED: EndState.NOT_CONFIRMED,
}
UNSTORED = {ReportOutcome.NO_TOKEN, None}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_evidence_ends_as_the_simulator_says(scenario: Scenario) -> None:
    world, played = world_of(scenario), simulate(scenario)
    world.live()
    rows = {row.id: row.outcome for row in Report.objects.filter(advertiser=world.shop)}
    outcomes = [
        rows.get(world.sent[each.sent.number].id) if each.sent.number in world.sent else None
        for each in played.reports
    ]
    expected = [each.outcome for each in played.reports]
    assert [outcome or None for outcome in outcomes] == [
        None if outcome in UNSTORED else outcome for outcome in expected
    ]
    conversion = Conversion.objects.annotate(state=state_case(OF_SALE)).first()
    if conversion is None:
        assert (played.state, played.paid) == (EndState.NO_SALE, NOBODY)
        return
    assert STATES[SaleState(conversion.state)] == played.state
    assert conversion.decision
    assert [item["verdict"] for item in conversion.decision.verdicts] == list(played.verdicts)
    paid = world.partners[played.paid].pk if played.paid != NOBODY else None
    assert conversion.decision.paid_publisher_id == paid
    assert played.stood
    assert conversion.amount_minor == played.stood.joined.figures.amount_minor
    if played.state is EndState.NOT_CONFIRMED:
        assert Commission.objects.get().decline_reason == "not_confirmed"


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

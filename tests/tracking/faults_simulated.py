"""What could be wrong with the simulator, and the test that notices each."""

from tests.support.faults import Fault

_PLAYED = (
    "tests/tracking/simulator/test_played_evidence.py::"
    "test_the_evidence_of_a_scenario_comes_out_as_it_says"
)

SIMULATOR = (
    Fault(
        "the simulator places a stale token",
        "tracking.simulator.play",
        "is_placed = click.reason is None and is_fresh(click, step.minute * MINUTE_MS)",
        "is_placed = click.reason is None",
        _PLAYED,
        case="handed round",
    ),
    Fault(
        "the simulator believes browsers whatever the advertiser asks",
        "tracking.simulator.play",
        "believes_browsers=settings.verification is Verification.BROWSER,",
        "believes_browsers=True,",
        _PLAYED,
        case="only a browser says",
    ),
    Fault(
        "the simulator counts a channel that does not count",
        "tracking.simulator.reporting",
        'uncounted=fields.channel if counts_not else "",',
        'uncounted="",',
        _PLAYED,
        case="does not count",
    ),
    Fault(
        "the simulator takes a pixel's session for a script's",
        "tracking.simulator.reporting",
        "session_by_cookie=step.presented is None and step.way is not Way.TAG,",
        "session_by_cookie=False,",
        _PLAYED,
        case="no script can read",
    ),
    Fault(
        "the simulator takes an unsigned report for a signed one",
        "tracking.simulator.reporting",
        "is_signed=step.rank is Rank.SIGNED,",
        "is_signed=step.rank is not Rank.KEYED,",
        _PLAYED,
        case="a signed one before an unsigned",
    ),
    Fault(
        "bare reports before a click are forgotten",
        "tracking.evidence.keeping",
        "dated(item.at, remembered.get(item.figures))",
        "item.at",
        _PLAYED,
        case="opened again",
    ),
    Fault(
        "what nobody confirmed is declined with its windows",
        "tracking.evidence.closing",
        "return closes_at + timedelta(days=confirm_days)",
        "return closes_at",
        _PLAYED,
        case="is unverified",
    ),
    Fault(
        "the simulator knows what has not come yet",
        "tracking.simulator.play",
        "arrived = [each for each in by_arrival if each.received_at <= now]",
        "arrived = list(evidence)",
        "tests/tracking/simulator/test_played_evidence.py::"
        "test_what_comes_after_one_looks_has_not_come",
    ),
)

"""What could be wrong with the other world of a what-if, and the test that notices each."""

from tests.support.faults import Fault

_CLOSING = "tests/tracking/evidence/test_closing.py::"
_WHATIF = "tests/tracking/whatif/test_late_evidence.py::"

OTHER_WORLD = (
    Fault(
        "a what-if counts what would have been too late",
        "tracking.evidence.closing",
        "if before.is_closed(report.known_from):",
        "if before is known:",
        _WHATIF + "test_a_stranger_contests_a_sale_that_would_have_been_closed",
        case="in_conflict",
    ),
    Fault(
        "a what-if counts a corrected report from when it was refused",
        "tracking.evidence.joining",
        "return self.taken_in_at or self.received_at",
        "return self.received_at",
        _WHATIF + "test_a_refused_report_counts_from_when_staff_have_corrected_it",
        case="False",
    ),
    Fault(
        "a what-if settles no conflict by time",
        "tracking.evidence.closing",
        "is_over = by_time is not None and by_time <= at",
        "is_over = False",
        _WHATIF + "test_a_stranger_contests_a_sale_that_would_have_been_closed",
        case="settled_by_time",
    ),
    Fault(
        "a what-if closes what is in conflict",
        "tracking.evidence.closing",
        "return bool(self.joined.conflict) or (pays and is_in_question)",
        "return pays and is_in_question",
        _CLOSING + "test_what_is_waited_for_keeps_a_sale_open",
        case="conflict",
    ),
    Fault(
        "a what-if closes what nobody confirmed",
        "tracking.evidence.closing",
        "return bool(self.joined.conflict) or (pays and is_in_question)",
        "return bool(self.joined.conflict)",
        _CLOSING + "test_what_is_waited_for_keeps_a_sale_open",
        case="unverified",
    ),
    Fault(
        "who guesses an order closes it",
        "tracking.evidence.closing",
        "if is_confirmable else self.closes_at",
        "if False else self.closes_at",
        _CLOSING + "test_what_pays_nobody_is_open_to_a_confirmation",
        case="in_time",
    ),
    Fault(
        "a what-if keeps the figures of this world",
        "tracking.whatif.evidence",
        "if (sale.at, sale.parts) == (joined.at, parts):",
        "if sale.at == joined.at:",
        _WHATIF + "test_other_figures_come_when_the_sale_would_have_been_closed",
    ),
    Fault(
        "a what-if closes sales as they were closed here",
        "tracking.whatif.evidence",
        "other = _in_other_world(known, change, circumstances)",
        "other = known",
        _WHATIF + "test_other_figures_come_when_the_sale_would_have_been_closed",
    ),
    Fault(
        "a what-if pays what nobody confirmed",
        "tracking.whatif.sales",
        "if ending.is_unconfirmed and world.declines(ending.closes_at) and not is_as_it_was:",
        "if ending.is_unconfirmed and not world:",
        _WHATIF + "test_a_sale_that_nobody_confirmed_is_declined_in_both_worlds",
    ),
)

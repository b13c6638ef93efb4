"""What could be wrong with evidence, closing and money, and the test that notices each.

The rule itself has a table of its own (``tests/tracking/rule/mutations.py``).
"""

from tests.support.faults import Fault
from tests.tracking.faults_of_pages import PAGES
from tests.tracking.faults_of_what_ifs import OTHER_WORLD
from tests.tracking.faults_of_wire import WIRE
from tests.tracking.faults_simulated import SIMULATOR

_PROPERTIES = "tests/tracking/evidence/test_resolving.py::"
_CLOSING = "tests/tracking/evidence/test_closing.py::"
_JOINING = "tests/tracking/evidence/test_joining.py::"
_KEEPING = "tests/tracking/evidence/test_keeping.py::"
_ARRIVAL = "tests/tracking/conversions/test_order_of_arrival.py::"
_GUESSING = "tests/tracking/conversions/test_guessing.py::"
_BELIEVING = "tests/tracking/conversions/test_believing.py::"
_BATCHES = "tests/tracking/lifecycle/test_batches.py::"
_APPROVED = "tests/tracking/lifecycle/test_approved_evidence.py::"
_FINAL = "tests/tracking/lifecycle/test_finalisation.py::"
_LIFTED = "tests/tracking/lifecycle/test_lifted.py::"
_OVERDUE = "tests/tracking/lifecycle/test_overdue.py::"
_WHATIF = "tests/tracking/whatif/test_late_evidence.py::"

BELIEF = (
    Fault(
        "ranks are compared the wrong way round",
        "tracking.evidence.ranks",
        "return _PLACES[self]",
        "return -_PLACES[self]",
        _PROPERTIES + "test_a_lower_rank_changes_no_figure",
    ),
    Fault(
        "a lower rank contradicts a higher one",
        "tracking.evidence.joining",
        "equals = [item.report for item in linked if item.rank is top.rank]",
        "equals = [item.report for item in linked]",
        _PROPERTIES + "test_a_lower_rank_changes_no_figure",
    ),
    Fault(
        "the journey of lowest rank decides",
        "tracking.evidence.joining",
        "highest = min(_place(group) for group in groups)",
        "highest = max(_place(group) for group in groups)",
        _PROPERTIES + "test_a_lower_rank_changes_no_figure",
    ),
    Fault(
        "a bare report contradicts a token",
        "tracking.evidence.joining",
        "equals = [item.report for item in linked if item.rank is top.rank]",
        "equals = [i.report for i in linked if i.rank is top.rank or i.rank is Rank.BARE]",
        _PROPERTIES + "test_a_bare_report_neither_credits_nor_contests",
    ),
    Fault(
        "a bare report names a channel that does not count",
        "tracking.evidence.joining",
        "named = [item.report.uncounted for item in items if item.rank is not Rank.BARE]",
        "named = [item.report.uncounted for item in items]",
        _PROPERTIES + "test_a_bare_report_neither_credits_nor_contests",
    ),
    Fault(
        "a guess is heard once its partner has seen the amount",
        "tracking.evidence.joining",
        "known = next((journeys for _, journeys in brought if journeys), frozenset[int]())",
        "known = frozenset[int]().union(*(journeys for _, journeys in brought))",
        "tests/tracking/conversions/test_guessing.py::"
        "test_a_partner_that_guessed_a_number_does_not_get_the_order_by_its_amount",
    ),
    Fault(
        "a bare report adds a field",
        "tracking.evidence.joining",
        "speaking = [report for report in self.linked if report.rank is not Rank.BARE]",
        "speaking = list(self.linked)",
        _JOINING + "test_a_bare_report_moves_the_time_and_nothing_else",
    ),
    Fault(
        "reports join in the order in which they are given",
        "tracking.evidence.joining",
        "ordered = sorted(reports, key=lambda report: report.received)",
        "ordered = list(reports)",
        _JOINING + "test_the_order_of_reports_never_matters",
    ),
    Fault(
        "the time is that of the latest report",
        "tracking.evidence.joining",
        "return min([*times, order.first_seen] if order.first_seen else times)",
        "return max([*times, order.first_seen] if order.first_seen else times)",
        _JOINING + "test_the_sale_happened_when_its_order_was_first_seen",
    ),
    Fault(
        "a journey that began after the sale contests it",
        "tracking.evidence.joining",
        "if min(item.click.at, begun.get(item.click.journey, item.click.at)) <= limit",
        "if limit",
        _BELIEVING + "test_a_second_device_that_clicked_after_the_order_contests_nothing",
    ),
    Fault(
        "the last browser that reports speaks for the session",
        "tracking.evidence.joining",
        "one = min(speaking, key",
        "one = max(speaking, key",
        _BELIEVING + "test_a_session_that_is_over_is_not_revived_by_naming_it",
    ),
    Fault(
        "who comes after an approval is heard",
        "tracking.evidence.joining",
        "return is_before or report.rank.confirms or report.id == order.chosen",
        "return True",
        _PROPERTIES + "test_what_comes_after_an_approval_changes_nothing",
    ),
    Fault(
        "the shop's own report after an approval is not heard",
        "tracking.evidence.joining",
        "return is_before or report.rank.confirms or report.id == order.chosen",
        "return is_before",
        _PROPERTIES + "test_what_comes_after_an_approval_changes_nothing",
    ),
    Fault(
        "a decline leaves the approval in force",
        "tracking.lifecycle.validation",
        "return None if statement.action == Action.DECLINE and not is_suspension else before",
        "return before",
        _APPROVED + "test_what_was_declined_after_all_is_not_approved_any_more",
    ),
    Fault(
        "what came after an approval stays unheard when it is declined",
        "tracking.lifecycle.validation",
        "if since.exists() and not reports.is_key_gone(conversion.reports.all()):",
        "if False:",
        _APPROVED + "test_what_came_after_an_approval_counts_when_it_is_declined",
    ),
    Fault(
        "the other world knows of no approval",
        "tracking.evidence.closing",
        "known = known.approved(handling.approved_at)",
        "pass",
        _WHATIF + "test_a_stranger_contests_nothing_that_was_approved",
        case="kept",
    ),
    Fault(
        "a sale whose conflict staff settled is closed at once",
        "tracking.evidence.resolving",
        "if settled_at := known.context.settled_at:",
        "if settled_at := None:",
        "tests/admin/test_sales.py::test_a_settled_sale_stays_open_for_a_day",
    ),
    Fault(
        "what nobody confirmed keeps others from being heard",
        "tracking.evidence.joining",
        "if known and best.rank.confirms:",
        "if known:",
        _JOINING + "test_which_reports_belong_together",
        case="strangers_with_other_figures",
    ),
    Fault(
        "reports of two journeys are no conflict",
        "tracking.evidence.joining",
        "if len(deciding) > 1:",
        "if len(deciding) > 9:",
        _JOINING + "test_a_conflict_has_a_beginning_and_one_who_was_earlier",
        case="journeys",
    ),
    Fault(
        "a channel that does not count is credited",
        "tracking.evidence.resolving",
        "return Journey(()) if joined.uncounted else known.clicks.of(joined)",
        "return known.clicks.of(joined)",
        _BELIEVING + "test_a_channel_that_does_not_count_is_so_by_any_report",
        case="same_browser",
    ),
    Fault(
        "a wrong signature is believed",
        "tracking.conversions.reports",
        "is_signed = signature is not None and signing.verifies(signature, secrets)",
        "is_signed = signature is not None",
        _BELIEVING + "test_a_wrong_signature_is_named_and_counts_for_nothing",
        case="another_text",
    ),
    Fault(
        "a report is dated after its receipt",
        "tracking.conversions.reports",
        "return min(self.report.at, self.report.received_at)",
        "return self.report.at",
        _BELIEVING + "test_no_report_is_dated_after_its_receipt",
    ),
    Fault(
        "an order that was seen before is forgotten",
        "tracking.evidence.keeping",
        "return min(at, first_seen or at)",
        "return at",
        _BELIEVING + "test_a_click_after_the_order_is_not_paid_for_it",
    ),
    Fault(
        "a bare report is heard only with the believed figures",
        "tracking.evidence.joining",
        "if item.figures in figures and item not in heard",
        "if item.figures == heard[0].figures and item not in heard",
        _KEEPING + "test_whether_bare_reports_arrive_first_or_last_changes_nothing",
    ),
    Fault(
        "one journey takes all the room of an order",
        "tracking.conversions.files",
        "return same >= MOST_OF_A_JOURNEY or of_rank",
        "return of_rank",
        _GUESSING + "test_a_partner_that_guesses_numbers_does_not_get_the_orders",
        case="many of one click",
    ),
    Fault(
        "what waits is not dated by what comes before a token",
        "tracking.conversions.files",
        "row.at = dated(row.at, self.heard.get(reports.figures_of(row)))",
        "pass",
        _ARRIVAL + "test_a_bare_report_dates_what_the_shop_had_confirmed_before_it",
    ),
    Fault(
        "what a shop confirmed before any token came is lost",
        "tracking.conversions.files",
        "rows[row.order].append(row)",
        "pass",
        _BELIEVING + "test_what_the_shop_said_before_any_token_came_confirms_the_sale",
    ),
    Fault(
        "a stale landing is fresh",
        "tracking.rule.slots",
        "return at - click.at <= FRESH_MS",
        "return True",
        "tests/wire/test_landings.py::test_it_says_whether_the_click_has_just_been_made",
        case="within_its_window",
    ),
)

CLOSING = (
    Fault(
        "later evidence moves the closing earlier",
        "tracking.evidence.resolving",
        "if last and last.at > attribution",
        "if last and last.at < attribution",
        _PROPERTIES + "test_later_evidence_moves_the_closing_only_later",
    ),
    Fault(
        "a sale closes although its closing time was moved on",
        "tracking.lifecycle.finalisation",
        "return ends_at(conversion) <= known_to and not waits",
        "return not waits",
        _FINAL + "test_a_click_that_arrives_at_the_last_moment_moves_the_closing",
    ),
    Fault(
        "what pays nobody and nobody confirms never closes",
        "tracking.lifecycle.closing",
        "& (_SETTLED | unconfirmed)",
        "& _SETTLED",
        _OVERDUE + "test_what_pays_nobody_is_open_to_a_confirmation_for_as_long",
    ),
    Fault(
        "a sale closes before the spools are drained",
        "tracking.lifecycle.finalisation",
        'return min(now, hosts.aggregate(least=Min("drained_to"))["least"] or now)',
        "return now",
        _FINAL + "test_it_waits_for_every_spool_that_has_not_been_taken_out",
    ),
    Fault(
        "a sale that is put aside changes the figures",
        "tracking.conversions.deciding",
        "self._followed.forget(case.conversion)",
        "pass",
        _BATCHES + "test_one_that_cannot_be_closed_is_put_aside_alone",
        case="it_cannot_be_priced",
    ),
    Fault(
        "a sale that the database refuses takes another one along",
        "tracking.lifecycle.finalisation",
        "if len(taken) == 1:",
        "if taken:",
        _BATCHES + "test_one_that_cannot_be_closed_is_put_aside_alone",
        case="it_cannot_be_stored",
    ),
    Fault(
        "late reports count when a sale is decided again",
        "tracking.conversions.deciding",
        "if row.outcome != ReportOutcome.LATE]",
        "]",
        _FINAL + "test_a_report_after_the_closing_does_not_count_when_the_sale_is_decided_again",
    ),
    Fault(
        "a report after the closing is not late",
        "tracking.conversions.files",
        "ReportOutcome.LATE if self._is_closed else ReportOutcome.MERGED",
        "ReportOutcome.MERGED",
        _FINAL + "test_a_report_after_the_closing_is_kept_and_changes_nothing",
    ),
    Fault(
        "the ledger posts a key again",
        "publishers.ledger.posting",
        "if key in created]",
        "]",
        "tests/publishers/ledger/test_posting.py::test_the_same_key_posts_once",
    ),
    Fault(
        "verification is ignored",
        "tracking.commissions.settling",
        "conversion.verified = is_confirmed or is_approved or believes_browsers",
        "conversion.verified = True",
        _OVERDUE + "test_what_nobody_confirmed_is_never_paid",
    ),
    Fault(
        "the days to confirm are not counted",
        "tracking.lifecycle.overdue",
        "closes_at__lte=known_to - timedelta(days=shop.confirm_days),",
        "closes_at__lte=known_to,",
        _OVERDUE + "test_what_nobody_confirmed_is_never_paid",
    ),
    Fault(
        "what was declined unconfirmed is looked at for good",
        "tracking.lifecycle.overdue",
        "conversion.lapsed = True",
        "conversion.lapsed = False",
        _OVERDUE + "test_what_was_declined_unconfirmed_is_not_looked_at_again",
    ),
    Fault(
        "what is confirmed after all stays out of what is due",
        "tracking.commissions.settling",
        "conversion.lapsed = is_unconfirmed(commission)",
        "pass",
        _OVERDUE + "test_it_is_pending_again_and_paid_when_the_shop_confirms_it_after_all",
    ),
    Fault(
        "the largest plausible order is ignored",
        "tracking.commissions.settling",
        "conversion.over_limit = is_large and not is_approved",
        "conversion.over_limit = False",
        _OVERDUE + "test_an_approval_does_not_hold_for_a_larger_order",
    ),
    Fault(
        "a raised largest order does not let go of one that is just as large",
        "tracking.lifecycle.overdue",
        "amount_minor__lte=shop.largest_order_minor",
        "amount_minor__lt=shop.largest_order_minor",
        _OVERDUE + "test_what_the_advertiser_does_not_ask_for_any_more_is_not_waited_for",
    ),
    Fault(
        "a suspension takes an approval away",
        "tracking.commissions.rulings",
        "commission.approval_suspended = is_suspension and commission.status == Status.APPROVED",
        "commission.approval_suspended = False",
        _LIFTED + "test_what_was_approved_before_is_approved_again",
    ),
    Fault(
        "a suspended approval holds for other amounts",
        "tracking.commissions.settling",
        "        commission.approval_suspended = False\n        if commission.status",
        "        if commission.status",
        _LIFTED + "test_an_approval_holds_for_no_other_amount",
    ),
    Fault(
        "a suspension that was lifted during a conflict outlasts it",
        "tracking.commissions.settling",
        "(*UNPAID, reasons.SUSPENDED)",
        "UNPAID",
        _LIFTED + "test_what_was_in_conflict_when_it_was_lifted_is_pending_once_it_is_settled",
    ),
    Fault(
        "an approval holds for other amounts",
        "tracking.commissions.settling",
        "if _is_other(commission, before):",
        "if commission.status == Status.APPROVED and not before:",
        _OVERDUE + "test_an_approval_does_not_hold_for_a_larger_order",
    ),
    Fault(
        "the date of a conflict is ignored",
        "tracking.lifecycle.overdue",
        "conflict_since__lte=known_to - timedelta(days=shop.conflict_days)",
        "conflict_since__lte=known_to",
        _OVERDUE + "test_after_some_days_the_earlier_report_decides",
    ),
)

FAULTS = (*BELIEF, *CLOSING, *OTHER_WORLD, *PAGES, *WIRE, *SIMULATOR)

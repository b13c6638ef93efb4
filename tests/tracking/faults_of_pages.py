"""What could be wrong with what pages say of sales, and the test that notices each."""

from tests.support.faults import Fault

_OUTDATED = "tests/tracking/lifecycle/test_outdated_pages.py::"
_SETTLING = "tests/tracking/lifecycle/test_settling_pages.py::"

PAGES = (
    Fault(
        "what is paid is listed as nobody's",
        "tracking.commissions.settling",
        "return paid is None\n",
        "return True\n",
        "tests/tracking/commissions/test_states.py::"
        "test_a_sale_that_pays_nobody_says_so_as_long_as_it_does",
    ),
    Fault(
        "Try it counts what would have been too late",
        "tracking.pages.sales.sale",
        "return found.get(row.pk)",
        "return None",
        "tests/tracking/pages/sales/test_sale_page.py::"
        "test_a_report_that_would_have_come_too_late_is_not_tried",
    ),
    Fault(
        "a sale is ruled that became another one since it was shown",
        "tracking.lifecycle.validation",
        "refuse_other(conversion, statement.seen)",
        "pass",
        _OUTDATED + "test_a_sale_that_became_another_is_not_ruled",
    ),
    Fault(
        "a conflict is settled that got another report since it was shown",
        "tracking.conversions.conflicts",
        "seen and seen != standing_in_conflict(conversion, contest)",
        "False",
        _OUTDATED + "test_a_conflict_that_got_another_report_is_not_settled",
    ),
    Fault(
        "what each report pays does not belong to what was shown of a conflict",
        "tracking.conversions.conflicts",
        'facts.append(str(paid.id) if paid else "-")',
        "pass",
        _OUTDATED + "test_a_conflict_whose_reports_credit_somebody_else_by_now_is_not_settled",
    ),
    Fault(
        "who is paid does not belong to what was shown of a sale",
        "tracking.commissions.standing",
        "paid = commission.publisher_id, commission.amount_minor, commission.currency",
        "paid = (commission.amount_minor,)",
        _OUTDATED + "test_a_sale_that_became_another_is_not_ruled",
        case="partner",
    ),
    Fault(
        "the shop cannot decline by itself what a suspension declined",
        "tracking.lifecycle.validation",
        "commission.decline_reason != still",
        "action != Action.TAKE_BACK",
        _SETTLING + "test_neither_holds_when_a_suspension_is_lifted",
    ),
    Fault(
        "a suspension does not belong to what was shown of a conflict",
        "tracking.conversions.conflicts",
        'facts += [str(earned.amount_minor), earned.status, earned.decline_reason or "-"]',
        "facts += [str(earned.amount_minor)]",
        _SETTLING + "test_a_partner_whose_suspension_began_or_ended_meanwhile_is_noticed",
    ),
    Fault(
        "a suspended partner is said to earn what it is credited with",
        "tracking.conversions.deciding",
        "said = suspended.decline(shop.pk, filter(None, paid), now)",
        "said: list[Validation] = []",
        _SETTLING + "test_a_suspended_partner_is_said_to_earn_nothing",
        case="of_journeys",
    ),
    Fault(
        "several conflicts are settled though one is another by now",
        "tracking.pages.rulings.settling",
        '                refuse_other(row, found.get(row.pk), seen.get(row.pk, ""))\n',
        "                pass\n",
        _OUTDATED + "test_a_conflict_that_got_another_report_is_not_settled",
        case="several",
    ),
    Fault(
        "to decline an order in conflict settles it by a report that credits nobody",
        "tracking.conversions.conflicts",
        "(key for key in order if self.becomes[key].paid)",
        "iter(())",
        _SETTLING + "test_neither_declines_by_the_report_that_credits_somebody",
    ),
    Fault(
        "staff let count what operators excluded",
        "tracking.lifecycle.validation",
        "if not is_let or _is_operator(by):",
        "if True:",
        "tests/tracking/lifecycle/test_validation.py::"
        "test_a_decline_of_a_partner_that_operators_suspended_is_theirs_to_undo",
        case="operator",
    ),
)

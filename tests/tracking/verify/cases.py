"""What can be broken in a network, each with what verification says of it."""

import pytest

from tests.tracking.verify.breaking import (
    alter,
    commission,
    conversion,
    decision,
    entry,
    of,
    posted,
    rollup,
)

TWO_PER_CONVERSION = alter("tracking_commission", "tracking_commission_conversion_id_key")
TWO_PER_POSTING = alter("tracking_commission", "tracking_commission_ledger_transaction_id_key")
FINAL_IS_CLOSED = alter("tracking_commission", "commission_final_when_closed")
ONE_ORDER = alter("tracking_conversion", "conversion_once_per_order")
NOT_ZERO = alter("publishers_ledgerentry", "ledger_entry_not_zero")
POSTING_KEY = alter("publishers_ledgertransaction", "publishers_ledgertransaction_key_key")
NOBODY = "paid_click = NULL, paid_publisher_id = NULL"
CASES = [
    pytest.param(
        [ONE_ORDER, conversion("\"order\" = 'open'", "changed")],
        r"I2 order 'open' of advertiser \d+: it has 2 conversions: \d+, \d+",
        id="one_order_twice",
    ),
    pytest.param(
        [
            conversion(
                f"decision_id = (SELECT min(id) FROM tracking_decision"
                f" WHERE conversion_id = {of('changed')})",
                "changed",
            )
        ],
        r"I2 conversion \d+: its current decision is \d+, and its newest is \d+",
        id="decision_is_an_old_one",
    ),
    pytest.param(
        [conversion("decision_id = NULL", "open")],
        r"I2 conversion \d+: its current decision is None, and its newest is \d+",
        id="no_decision",
    ),
    pytest.param(
        [f"DELETE FROM tracking_decision WHERE conversion_id = {of('changed')} AND sequence = 1"],
        r"I2 conversion \d+: it has 1 decisions, numbered 2 to 2",
        id="a_decision_is_gone",
    ),
    pytest.param(
        [conversion("closes_at = closes_at - interval '1 day'", "open")],
        r"I2 conversion \d+: it closes at .*, and its decision says .*",
        id="closes_earlier_than_decided",
    ),
    pytest.param(
        [conversion("closed_at = closes_at - interval '1 second'", "final")],
        r"I2 conversion \d+: it was closed at .*, before its windows closed at .*",
        id="closed_before_the_windows",
    ),
    pytest.param(
        [conversion("conflict = 'figures'", "final")],
        r"I2 conversion \d+: it was closed unresolved"
        r" \(conflict 'figures', verified True, held False\)",
        id="closed_in_conflict",
    ),
    pytest.param(
        [conversion("verified = FALSE", "final")],
        r"I2 conversion \d+: it was closed unresolved \(conflict '', verified False, held False\)",
        id="closed_unverified",
    ),
    pytest.param(
        [conversion("over_limit = TRUE", "final")],
        r"I2 conversion \d+: it was closed unresolved \(conflict '', verified True, held True\)",
        id="closed_on_hold",
    ),
    pytest.param(
        [conversion("approved_at = at", "open")],
        r"I2 conversion \d+: it counts as approved at .*, and nobody approved it then",
        id="approved_by_nobody",
    ),
    pytest.param(
        [TWO_PER_CONVERSION, commission(f"conversion_id = {of('open')}", "changed")],
        r"I2 conversion \d+: it has 2 commissions: \d+, \d+",
        id="two_commissions",
    ),
    pytest.param(
        [f"DELETE FROM tracking_commission WHERE conversion_id = {of('open')}"],
        r"I2 conversion \d+: its decision pays publisher \d+, and there is no commission",
        id="no_commission",
    ),
    pytest.param(
        [decision(NOBODY, "open")],
        r"I2 commission \d+: it is pending, and the decision pays nobody",
        id="commission_for_nobody",
    ),
    pytest.param(
        [conversion("pays_nobody = TRUE", "open")],
        r"I2 conversion \d+: that it pays nobody is noted as True, and is False",
        id="noted_as_nobodys",
    ),
    pytest.param(
        [conversion("lapsed = TRUE", "open")],
        r"I2 conversion \d+: that it was declined unconfirmed is noted as True, and is False",
        id="noted_as_lapsed",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'not_confirmed'", "open")],
        r"I2 conversion \d+: that it was declined unconfirmed is noted as False, and is True",
        id="lapsed_and_not_noted",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'nobody_paid'", "open")],
        r"I2 commission \d+: it was declined because nobody is paid, and the decision pays"
        r" publisher \d+",
        id="declined_although_paid",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'suspended'", "open")],
        r"I2 commission \d+: it was declined with a suspension, and nobody declined it for"
        r" publisher \d+",
        id="declined_with_anothers_suspension",
    ),
    *(
        pytest.param(
            [commission(assignment, "open")],
            r"I2 commission \d+: it says hard click .* of publisher \d+ .*, and the decision hard"
            r" click .*".replace("it says hard", f"it says {said}"),
            id=f"commission_says_another_{name}",
        )
        for name, assignment, said in (
            ("publisher", "publisher_id = 999999999", "hard"),
            ("click", "click_id = gen_random_uuid()", "hard"),
            ("closing", "closes_at = closes_at + interval '1 day'", "hard"),
            ("cookie_type", "cookie_type = 'soft'", "soft"),
        )
    ),
    *(
        pytest.param(
            [commission(assignment, "open")],
            r"I2 commission \d+: it says .*, and its sale 4990 GBP at .*",
            id=f"commission_is_on_another_{name}",
        )
        for name, assignment in (
            ("amount", "sale_amount_minor = 4991"),
            ("currency", "currency = 'EUR'"),
            ("time", "sold_at = sold_at + interval '1 second'"),
        )
    ),
    pytest.param(
        [commission("amount_minor = 400", "open")],
        r"I2 commission \d+: it is 400 on 4990, and its rates give 399 on 4990",
        id="commission_is_not_what_its_rates_give",
    ),
    pytest.param(
        [commission("rates = '{}'", "open")],
        r"I2 commission \d+: it is 399 on 4990, and its rates give None on None",
        id="rates_are_lost",
    ),
    pytest.param(
        [FINAL_IS_CLOSED, commission("status = 'final'", "open")],
        r"I2 commission \d+: it is final and closed at None; its conversion was closed at None",
        id="final_and_not_closed",
    ),
    pytest.param(
        [commission("status = 'pending'", "final")],
        r"I2 commission \d+: it is pending and closed at .*; its conversion was closed at .*",
        id="closed_and_pending",
    ),
    pytest.param(
        [conversion("closed_at = NULL", "final")],
        r"I2 commission \d+: it is final and closed at .*; its conversion was closed at None",
        id="conversion_is_open_again",
    ),
    pytest.param(
        [entry("amount_minor = -398", "publisher_payable")],
        r"I3 ledger transaction \d+: its entries in GBP sum to 1, not to zero",
        id="unbalanced",
    ),
    pytest.param(
        [entry("currency = 'EUR'", "publisher_payable")],
        r"I3 ledger transaction \d+: its entries in EUR sum to -399, not to zero",
        id="balanced_only_across_currencies",
    ),
    pytest.param(
        [entry("currency = 'EUR'", "network_fees")],
        r"I3 ledger entry \d+: it is of -40 EUR, its account in GBP, its transaction"
        r" commission:\d+:final",
        id="entry_in_another_currency_than_its_account",
    ),
    pytest.param(
        [NOT_ZERO, entry("amount_minor = 0", "network_fees")],
        r"I3 ledger entry \d+: it is of 0 GBP, its account in GBP, its transaction .*",
        id="entry_of_nothing",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgertransaction"],
        r"I3 ledger entry \d+: it is of \S+ GBP, its account in GBP, its transaction missing",
        id="entry_without_transaction",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgeraccount WHERE kind = 'network_fees'"],
        r"I3 ledger entry \d+: it is of -40 GBP, its account missing, its transaction .*",
        id="entry_without_account",
    ),
    pytest.param(
        [f"DELETE FROM tracking_commission WHERE conversion_id = {of('final')}"],
        r"I3 ledger transaction \d+: 0 commissions have it \(key commission:\d+:final\)",
        id="posting_without_commission",
    ),
    pytest.param(
        [
            TWO_PER_POSTING,
            commission(
                "ledger_transaction_id = (SELECT id FROM publishers_ledgertransaction)", "open"
            ),
        ],
        r"I3 ledger transaction \d+: 2 commissions have it .*",
        id="posting_of_two_commissions",
    ),
    pytest.param(
        [posted("kind = 'gift'")],
        r"I3 ledger transaction \d+: nothing posts it \(kind gift, key .*, advertiser \d+\)",
        id="posting_of_a_kind_that_nothing_posts",
    ),
    pytest.param(
        [posted("advertiser_id = NULL")],
        r"I3 ledger transaction \d+: nothing posts it \(kind commission_final, .* None\)",
        id="posting_for_no_advertiser",
    ),
    pytest.param(
        [commission("ledger_transaction_id = NULL", "final")],
        r"I3 commission \d+: it is final, and its ledger transaction is missing",
        id="final_and_not_posted",
    ),
    pytest.param(
        [commission("status = 'declined', decline_reason = 'by_advertiser'", "final")],
        r"I3 commission \d+: it is declined, and its ledger transaction is commission:\d+:final",
        id="declined_and_posted",
    ),
    *(
        pytest.param(
            [POSTING_KEY, posted(assignment)],
            r"I3 commission \d+: it says commission:\d+:final at .* advertiser \d+ publisher \d+,"
            r" and its ledger transaction .*",
            id=f"posted_with_another_{name}",
        )
        for name, assignment in (
            ("key", "key = 'commission:999999999:final'"),
            ("time", "at = at + interval '1 second'"),
            ("advertiser", "advertiser_id = NULL"),
            ("publisher", "publisher_id = 999999999"),
        )
    ),
    pytest.param(
        [
            entry("amount_minor = -400", "publisher_payable"),
            entry("amount_minor = -39", "network_fees"),
        ],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; posted are 400 owed to the publisher,"
        r" 39 to the network, 439 by the advertiser, in 3 entries",
        id="posted_with_other_amounts",
    ),
    pytest.param(
        ["UPDATE publishers_ledgeraccount SET publisher_id = 999999999 WHERE publisher_id > 0"],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; posted are 0 owed to the publisher, .*",
        id="posted_to_another_publisher",
    ),
    pytest.param(
        [
            "INSERT INTO publishers_ledgerentry"
            " (transaction_id, account_id, amount_minor, currency)"
            " SELECT transaction_id, account_id, sign * 5, currency FROM publishers_ledgerentry,"
            " (VALUES (1), (-1)) signs (sign) WHERE amount_minor = -40"
        ],
        r"I3 commission \d+: it is 399 and 40 fee in GBP; .*, in 5 entries",
        id="posted_with_more_entries",
    ),
    pytest.param(
        [
            "INSERT INTO publishers_ledgersum (account_id, up_to, amount_minor)"
            " SELECT id, 999999999, 7 FROM publishers_ledgeraccount WHERE kind = 'network_fees'"
        ],
        r"I3 ledger account \d+: its entries up to 999999999 sum to -?\d+, and 7 is stored as their"
        r" sum",
        id="summed_up_wrongly",
    ),
    pytest.param(
        [decision("decided_at = decided_at + interval '90 days'", "final")],
        r"I3 decision \d+: it was made at .*, after its conversion was closed at .*",
        id="decided_after_the_closing",
    ),
    pytest.param(
        [
            entry("amount_minor = amount_minor * 2", kind)
            for kind in ("publisher_payable", "network_fees", "advertiser_receivable")
        ],
        r"I5 publisher \d+: 798 GBP are owed to it for advertiser \d+, and its final commissions"
        r" are 399",
        id="more_is_owed_than_was_earned",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 publisher \d+: 0 GBP are owed to it for advertiser \d+, and its final commissions"
        r" are 399",
        id="less_is_owed_than_was_earned",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 advertiser \d+: it owes 0 GBP, and its final commissions with fees are 439",
        id="an_advertiser_owes_less",
    ),
    pytest.param(
        ["DELETE FROM publishers_ledgerentry"],
        r"I5 network fees of advertiser \d+: 0 GBP are posted, and its final commissions' fees"
        r" are 40",
        id="fees_are_not_posted",
    ),
]


IN_ROLLUPS = [
    pytest.param(
        [rollup("count = count + 1", "click_took")],
        r"R click_took of .*, advertiser \d+, publisher \d+, hard: .* \d+ on 0 for 0, .*",
        id="a_click_too_many",
    ),
    pytest.param(
        ["DELETE FROM tracking_rollup WHERE counted = 'click_stood_down'"],
        r"R click_stood_down of .*: the rollups say 0 on 0 for 0, and counting gives 1 on 0 .*",
        id="a_click_is_not_counted",
    ),
    pytest.param(
        ["DELETE FROM tracking_click WHERE stood_down"],
        r"R click_stood_down of .*: the rollups say 1 on 0 for 0, and counting gives 0 on 0 .*",
        id="a_click_is_gone",
    ),
    pytest.param(
        [rollup("commission_minor = commission_minor + 1", "sale_final")],
        r"R sale_final of .*: the rollups say 1 on 4990 for 400 .* gives 1 on 4990 for 399 .*",
        id="a_commission_miscounted",
    ),
    pytest.param(
        [rollup("network_fee_minor = 0", "sale_final")],
        r"R sale_final of .*: the rollups say .* for 399, and counting gives .* for 399 \+ 40 .*",
        id="a_fee_miscounted",
    ),
    pytest.param(
        ["DELETE FROM tracking_rollup WHERE counted = 'sale_nobody'"],
        r"R sale_nobody of .*, publisher None, no type: .* 0 on 0 for 0, .* 1 on 4990 for 0 .*",
        id="a_sale_is_not_counted",
    ),
    pytest.param(
        [rollup("hour = hour - interval '1 hour'", "touched")],
        r"R touched of .*: the rollups say 1 on 0 for 0, and counting gives 0 on 0 .*",
        id="counted_at_another_hour",
    ),
    pytest.param(
        [decision("verdicts = '[{}]'", "open")],
        r"R sales of advertiser \d+: what they are counted by cannot be read: KeyError.*",
        id="a_decision_cannot_be_read",
    ),
]

"""What must never be found in the tables, as queries for the rows that break a promise.

No query relies on a constraint, a trigger or a stored total. Each returns the broken rows only; the
words that describe them name the query's columns in braces.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """``sql`` finds the rows that break the promise; ``row`` and ``sentence`` say which and how."""

    promise: str
    row: str
    sentence: str
    sql: str


ONE_CONVERSION = (
    Invariant(
        "I2",
        "order {order!r} of advertiser {advertiser_id}",
        "it has {count} conversions: {ids}",
        """
        SELECT advertiser_id, "order", count(*) AS count, string_agg(id::text, ', ') AS ids
        FROM tracking_conversion GROUP BY advertiser_id, "order" HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "its current decision is {current}, and its newest is {newest}",
        """
        SELECT v.id, v.decision_id AS current, newest.id AS newest
        FROM tracking_conversion v LEFT JOIN (
            SELECT DISTINCT ON (conversion_id) conversion_id, id
            FROM tracking_decision ORDER BY conversion_id, sequence DESC
        ) newest ON newest.conversion_id = v.id
        WHERE v.decision_id IS NULL OR v.decision_id IS DISTINCT FROM newest.id
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "it has {count} decisions, numbered {first} to {last}",
        """
        SELECT conversion_id AS id, count(*) AS count, min(sequence) AS first,
            max(sequence) AS last
        FROM tracking_decision GROUP BY conversion_id
        HAVING min(sequence) <> 1 OR max(sequence) <> count(*)
            OR count(DISTINCT sequence) <> count(*)
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "it closes at {closes_at}, and its decision says {decided}",
        """
        SELECT v.id, v.closes_at, d.closes_at AS decided
        FROM tracking_conversion v JOIN tracking_decision d ON d.id = v.decision_id
        WHERE v.closes_at IS DISTINCT FROM d.closes_at
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "it was closed at {closed_at}, before its windows closed at {closes_at}",
        """
        SELECT id, closed_at, closes_at FROM tracking_conversion WHERE closed_at < closes_at
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "it was closed unresolved (conflict {conflict!r}, verified {verified})",
        """
        SELECT id, conflict, verified FROM tracking_conversion
        WHERE closed_at IS NOT NULL AND (conflict <> '' OR NOT verified)
        """,
    ),
    Invariant(
        "I2",
        "decision {id}",
        "it is of advertiser {advertiser_id}, and its conversion is {conversion}",
        """
        SELECT d.id, d.advertiser_id,
            coalesce('of advertiser ' || v.advertiser_id, 'missing') AS conversion
        FROM tracking_decision d LEFT JOIN tracking_conversion v ON v.id = d.conversion_id
        WHERE v.advertiser_id IS DISTINCT FROM d.advertiser_id
        """,
    ),
)

ONE_COMMISSION = (
    Invariant(
        "I2",
        "conversion {id}",
        "it has {count} commissions: {ids}",
        """
        SELECT conversion_id AS id, count(*) AS count, string_agg(id::text, ', ') AS ids
        FROM tracking_commission GROUP BY conversion_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I2",
        "conversion {id}",
        "its decision pays publisher {paid_publisher_id}, and there is no commission",
        """
        SELECT v.id, d.paid_publisher_id
        FROM tracking_conversion v JOIN tracking_decision d ON d.id = v.decision_id
        LEFT JOIN tracking_commission c ON c.conversion_id = v.id
        WHERE d.paid_publisher_id IS NOT NULL AND c.id IS NULL
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "its conversion {conversion_id} is missing",
        """
        SELECT c.id, c.conversion_id
        FROM tracking_commission c LEFT JOIN tracking_conversion v ON v.id = c.conversion_id
        WHERE v.id IS NULL
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it is {status}, and the decision pays nobody",
        """
        SELECT c.id, c.status
        FROM tracking_commission c JOIN tracking_conversion v ON v.id = c.conversion_id
        JOIN tracking_decision d ON d.id = v.decision_id
        WHERE d.paid_publisher_id IS NULL AND c.status <> 'declined'
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it was declined because nobody is paid, and the decision pays publisher {publisher}",
        """
        SELECT c.id, d.paid_publisher_id AS publisher
        FROM tracking_commission c JOIN tracking_conversion v ON v.id = c.conversion_id
        JOIN tracking_decision d ON d.id = v.decision_id
        WHERE d.paid_publisher_id IS NOT NULL AND c.decline_reason = 'nobody_paid'
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it was declined with a suspension, and nobody declined it for publisher {publisher_id}",
        """
        SELECT c.id, c.publisher_id
        FROM tracking_commission c
        WHERE c.decline_reason = 'suspended' AND NOT EXISTS (
            SELECT FROM tracking_validation said
            WHERE said.conversion_id = c.conversion_id AND said.publisher_id = c.publisher_id
                AND said.action = 'decline'
        )
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it says {said}, and the decision {decided}",
        """
        SELECT id, said, decided FROM (
            SELECT c.id, concat_ws(' ', c.cookie_type, 'click', c.click_id, 'of publisher',
                    c.publisher_id, 'at advertiser', c.advertiser_id, 'until', c.closes_at) AS said,
                concat_ws(' ', click ->> 'cookie_type', 'click', d.paid_click, 'of publisher',
                    d.paid_publisher_id, 'at advertiser', v.advertiser_id, 'until', d.closes_at
                ) AS decided
            FROM tracking_commission c JOIN tracking_conversion v ON v.id = c.conversion_id
            JOIN tracking_decision d ON d.id = v.decision_id
            LEFT JOIN LATERAL jsonb_path_query_first(
                d.inputs, '$.clicks[*] ? (@.id == $id)', jsonb_build_object('id', d.paid_click)
            ) click ON TRUE
            WHERE d.paid_publisher_id IS NOT NULL
        ) compared WHERE said <> decided
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it says {said}, and its sale {sold}",
        """
        SELECT id, said, sold FROM (
            SELECT c.id, concat_ws(' ', c.sale_amount_minor, c.currency, 'at', c.sold_at) AS said,
                concat_ws(' ', v.amount_minor, v.currency, 'at', v.at) AS sold
            FROM tracking_commission c JOIN tracking_conversion v ON v.id = c.conversion_id
            JOIN tracking_decision d ON d.id = v.decision_id
            WHERE d.paid_publisher_id IS NOT NULL
        ) compared WHERE said <> sold
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it is {amount_minor} on {sale_amount_minor}, and its rates give {commission} on {sale}",
        """
        SELECT c.id, c.amount_minor, c.sale_amount_minor, rated.commission, rated.sale
        FROM tracking_commission c LEFT JOIN LATERAL (
            SELECT sum((line ->> 'commission_minor')::bigint) AS commission,
                sum((line ->> 'amount_minor')::bigint) AS sale
            FROM jsonb_path_query(c.rates, '$[*]') line
        ) rated ON TRUE
        WHERE rated.commission IS DISTINCT FROM c.amount_minor
            OR rated.sale IS DISTINCT FROM c.sale_amount_minor
        """,
    ),
    Invariant(
        "I2",
        "commission {id}",
        "it is {status} and closed at {closed_at}; its conversion was closed at {conversion}",
        """
        SELECT c.id, c.status, c.closed_at, v.closed_at AS conversion
        FROM tracking_commission c JOIN tracking_conversion v ON v.id = c.conversion_id
        WHERE c.closed_at IS DISTINCT FROM v.closed_at
            OR (c.closed_at IS NULL AND c.status = 'final')
            OR (c.closed_at IS NOT NULL AND c.status NOT IN ('final', 'declined'))
        """,
    ),
)

BALANCED_LEDGER = (
    Invariant(
        "I3",
        "ledger transaction {id}",
        "its entries in {currency} sum to {total}, not to zero",
        """
        SELECT transaction_id AS id, currency, sum(amount_minor) AS total
        FROM publishers_ledgerentry GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0
        """,
    ),
    Invariant(
        "I3",
        "ledger entry {id}",
        "it is of {amount_minor} {currency}, its account {account}, its transaction {transaction}",
        """
        SELECT e.id, e.amount_minor, e.currency,
            coalesce('in ' || a.currency, 'missing') AS account,
            coalesce(t.key, 'missing') AS transaction
        FROM publishers_ledgerentry e LEFT JOIN publishers_ledgeraccount a ON a.id = e.account_id
        LEFT JOIN publishers_ledgertransaction t ON t.id = e.transaction_id
        WHERE e.amount_minor = 0 OR e.currency IS DISTINCT FROM a.currency OR t.id IS NULL
        """,
    ),
    Invariant(
        "I3",
        "ledger transaction {id}",
        "{count} commissions have it (kind {kind}, key {key})",
        """
        SELECT t.id, t.kind, t.key, count(c.id) AS count
        FROM publishers_ledgertransaction t
        LEFT JOIN tracking_commission c ON c.ledger_transaction_id = t.id
        GROUP BY t.id, t.kind, t.key HAVING count(c.id) <> 1 OR t.kind <> 'commission_final'
        """,
    ),
    Invariant(
        "I3",
        "commission {id}",
        "it is {status}, and its ledger transaction is {transaction}",
        """
        SELECT c.id, c.status, coalesce(t.key, 'missing') AS transaction
        FROM tracking_commission c
        LEFT JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
        WHERE (c.status = 'final') <> (t.id IS NOT NULL)
            OR (c.status <> 'final' AND c.ledger_transaction_id IS NOT NULL)
        """,
    ),
    Invariant(
        "I3",
        "commission {id}",
        "it says {said}, and its ledger transaction {posted}",
        """
        SELECT id, said, posted FROM (
            SELECT c.id, concat_ws(' ', 'commission:' || c.id || ':final', 'at', c.closed_at,
                    'advertiser', c.advertiser_id, 'publisher', c.publisher_id) AS said,
                concat_ws(' ', t.key, 'at', t.at, 'advertiser', t.advertiser_id,
                    'publisher', t.publisher_id) AS posted
            FROM tracking_commission c
            JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
        ) compared WHERE said <> posted
        """,
    ),
    Invariant(
        "I3",
        "commission {id}",
        "it is {amount_minor} and {network_fee_minor} fee in {currency}; posted are {payable} owed"
        " to the publisher, {fees} to the network, {receivable} by the advertiser, in {count}"
        " entries",
        """
        SELECT c.id, c.amount_minor, c.network_fee_minor, c.currency, p.payable, p.fees,
            p.receivable, p.count
        FROM tracking_commission c
        JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
        LEFT JOIN LATERAL (
            SELECT count(*) AS count,
                coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'publisher_payable'
                    AND a.publisher_id = c.publisher_id), 0) AS payable,
                coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'network_fees'), 0) AS fees,
                coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'advertiser_receivable'
                    AND a.advertiser_id = c.advertiser_id), 0) AS receivable,
                coalesce(bool_and(e.currency = c.currency), TRUE) AS one_currency
            FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE e.transaction_id = t.id
        ) p ON TRUE
        WHERE p.payable <> c.amount_minor OR p.fees <> c.network_fee_minor
            OR p.receivable <> c.amount_minor + c.network_fee_minor OR NOT p.one_currency
            OR p.count <> (c.amount_minor <> 0)::int + (c.network_fee_minor <> 0)::int
                + (c.amount_minor + c.network_fee_minor <> 0)::int
        """,
    ),
    Invariant(
        "I3",
        "decision {id}",
        "it was made at {decided_at}, after its conversion was closed at {closed_at}",
        """
        SELECT d.id, d.decided_at, v.closed_at
        FROM tracking_decision d JOIN tracking_conversion v ON v.id = d.conversion_id
        WHERE d.decided_at > v.closed_at
        """,
    ),
)

NOT_MORE_THAN_APPROVED = (
    Invariant(
        "I5",
        "publisher {publisher_id}",
        "{owed} {currency} are owed to it, and its final commissions are {earned}",
        """
        SELECT publisher_id, currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned
        FROM (
            SELECT a.publisher_id, e.currency, -sum(e.amount_minor) AS owed
            FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE a.kind = 'publisher_payable' GROUP BY a.publisher_id, e.currency
        ) ledger FULL JOIN (
            SELECT publisher_id, currency, sum(amount_minor) AS earned
            FROM tracking_commission WHERE status = 'final' GROUP BY publisher_id, currency
        ) final USING (publisher_id, currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
    Invariant(
        "I5",
        "advertiser {advertiser_id}",
        "it owes {owed} {currency}, and its final commissions with fees are {earned}",
        """
        SELECT advertiser_id, currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned
        FROM (
            SELECT a.advertiser_id, e.currency, sum(e.amount_minor) AS owed
            FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE a.kind = 'advertiser_receivable' GROUP BY a.advertiser_id, e.currency
        ) ledger FULL JOIN (
            SELECT advertiser_id, currency, sum(amount_minor + network_fee_minor) AS earned
            FROM tracking_commission WHERE status = 'final' GROUP BY advertiser_id, currency
        ) final USING (advertiser_id, currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
    Invariant(
        "I5",
        "network fees in {currency}",
        "{owed} are posted, and the final commissions' fees are {earned}",
        """
        SELECT currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned
        FROM (
            SELECT e.currency, -sum(e.amount_minor) AS owed
            FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE a.kind = 'network_fees' GROUP BY e.currency
        ) ledger FULL JOIN (
            SELECT currency, sum(network_fee_minor) AS earned
            FROM tracking_commission WHERE status = 'final' GROUP BY currency
        ) final USING (currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
)

INVARIANTS = (*ONE_CONVERSION, *ONE_COMMISSION, *BALANCED_LEDGER, *NOT_MORE_THAN_APPROVED)

"""What must never be found in the ledger: like :mod:`tracking.verify.invariants`.

The ledger's own tables are not those of what happened. What is posted for an advertiser is compared
with its commissions, though, one advertiser after the other.
"""

from django.utils.translation import gettext_noop as _

from tracking.verify.invariants import Invariant

BALANCED = (
    Invariant(
        "I3",
        _("ledger transaction {id}"),
        _("its entries in {currency} sum to {total}, not to zero"),
        """
        SELECT transaction_id AS id, currency, sum(amount_minor) AS total
        FROM publishers_ledgerentry GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0
        """,
    ),
    Invariant(
        "I3",
        _("ledger entry {id}"),
        _(
            "it is of {amount_minor} {currency}, its account {account}, its transaction "
            "{transaction}"
        ),
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
        _("ledger transaction {id}"),
        _("nothing posts it (kind {kind}, key {key}, advertiser {advertiser})"),
        """
        SELECT id, kind, key, advertiser_id AS advertiser FROM publishers_ledgertransaction
        WHERE kind <> 'commission_final' OR advertiser_id IS NULL
        """,
    ),
    Invariant(
        "I3",
        _("ledger account {id}"),
        _("its entries up to {up_to} sum to {total}, and {stored} is stored as their sum"),
        """
        SELECT s.account_id AS id, s.up_to, s.amount_minor AS stored,
            coalesce(sum(e.amount_minor), 0) AS total
        FROM publishers_ledgersum s LEFT JOIN publishers_ledgerentry e
            ON e.account_id = s.account_id AND e.id <= s.up_to
        GROUP BY s.account_id HAVING coalesce(sum(e.amount_minor), 0) <> s.amount_minor
        """,
    ),
)
"""About the ledger as a whole."""

POSTED = (
    Invariant(
        "I3",
        _("ledger transaction {id}"),
        _("{count} commissions have it (key {key})"),
        """
        SELECT t.id, t.key, count(c.id) AS count
        FROM publishers_ledgertransaction t LEFT JOIN tracking_commission c
            ON c.ledger_transaction_id = t.id AND c.advertiser_id = %(advertiser)s
        WHERE t.advertiser_id = %(advertiser)s GROUP BY t.id, t.key HAVING count(c.id) <> 1
        """,
    ),
    Invariant(
        "I3",
        _("commission {id}"),
        _("it is {status}, and its ledger transaction is {transaction}"),
        """
        SELECT c.id, c.status, coalesce(t.key, 'missing') AS transaction
        FROM tracking_commission c
        LEFT JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
        WHERE c.advertiser_id = %(advertiser)s
            AND ((c.status = 'final') <> (t.id IS NOT NULL)
                OR (c.status <> 'final' AND c.ledger_transaction_id IS NOT NULL))
        """,
    ),
    Invariant(
        "I3",
        _("commission {id}"),
        _("it says {said}, and its ledger transaction {posted}"),
        """
        SELECT id, said, posted FROM (
            SELECT c.id, concat_ws(' ', 'commission:' || c.id || ':final', 'at', c.closed_at,
                    'advertiser', c.advertiser_id, 'publisher', c.publisher_id) AS said,
                concat_ws(' ', t.key, 'at', t.at, 'advertiser', t.advertiser_id,
                    'publisher', t.publisher_id) AS posted
            FROM tracking_commission c
            JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
            WHERE c.advertiser_id = %(advertiser)s
        ) compared WHERE said <> posted
        """,
    ),
    Invariant(
        "I3",
        _("commission {id}"),
        _(
            "it is {amount_minor} and {network_fee_minor} fee in {currency}; posted are {payable} "
            "owed to the publisher, {fees} to the network, {receivable} by the advertiser, in "
            "{count} entries"
        ),
        """
        SELECT id, amount_minor, network_fee_minor, currency, payable, fees, receivable, count
        FROM (
            SELECT c.id, c.amount_minor, c.network_fee_minor, c.currency, count(e.id) AS count,
                coalesce(-sum(e.amount_minor) FILTER (WHERE e.kind = 'publisher_payable'
                    AND e.publisher_id = c.publisher_id), 0) AS payable,
                coalesce(-sum(e.amount_minor) FILTER (WHERE e.kind = 'network_fees'), 0) AS fees,
                coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'advertiser_receivable'
                    AND e.advertiser_id = c.advertiser_id), 0) AS receivable,
                coalesce(bool_and(e.currency = c.currency), TRUE) AS one_currency
            FROM tracking_commission c
            JOIN publishers_ledgertransaction t ON t.id = c.ledger_transaction_id
            LEFT JOIN (
                SELECT e.id, e.transaction_id, e.amount_minor, e.currency, a.kind, a.publisher_id,
                    a.advertiser_id
                FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            ) e ON e.transaction_id = t.id
            WHERE c.advertiser_id = %(advertiser)s
            GROUP BY c.id, c.amount_minor, c.network_fee_minor, c.currency
        ) posted
        WHERE payable <> amount_minor OR fees <> network_fee_minor
            OR receivable <> amount_minor + network_fee_minor OR NOT one_currency
            OR count <> (amount_minor <> 0)::int + (network_fee_minor <> 0)::int
                + (amount_minor + network_fee_minor <> 0)::int
        """,
    ),
    Invariant(
        "I3",
        _("decision {id}"),
        _("it was made at {decided_at}, after its conversion was closed at {closed_at}"),
        """
        SELECT d.id, d.decided_at, v.closed_at
        FROM tracking_decision d JOIN tracking_conversion v
            ON v.id = d.conversion_id AND v.advertiser_id = d.advertiser_id
        WHERE d.advertiser_id = %(advertiser)s AND d.decided_at > v.closed_at
        """,
    ),
)

NOT_MORE_THAN_APPROVED = (
    Invariant(
        "I5",
        _("publisher {publisher_id}"),
        _(
            "{owed} {currency} are owed to it for advertiser {advertiser}, and its final "
            "commissions are {earned}"
        ),
        """
        SELECT publisher_id, currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned,
            %(advertiser)s AS advertiser
        FROM (
            SELECT a.publisher_id, e.currency, -sum(e.amount_minor) AS owed
            FROM publishers_ledgertransaction t
            JOIN publishers_ledgerentry e ON e.transaction_id = t.id
            JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE t.advertiser_id = %(advertiser)s AND a.kind = 'publisher_payable'
            GROUP BY a.publisher_id, e.currency
        ) ledger FULL JOIN (
            SELECT publisher_id, currency, sum(amount_minor) AS earned
            FROM tracking_commission WHERE advertiser_id = %(advertiser)s AND status = 'final'
            GROUP BY publisher_id, currency
        ) final USING (publisher_id, currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
    Invariant(
        "I5",
        _("advertiser {advertiser_id}"),
        _("it owes {owed} {currency}, and its final commissions with fees are {earned}"),
        """
        SELECT advertiser_id, currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned
        FROM (
            SELECT a.advertiser_id, e.currency, sum(e.amount_minor) AS owed
            FROM publishers_ledgerentry e JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE a.advertiser_id = %(advertiser)s AND a.kind = 'advertiser_receivable'
            GROUP BY a.advertiser_id, e.currency
        ) ledger FULL JOIN (
            SELECT advertiser_id, currency, sum(amount_minor + network_fee_minor) AS earned
            FROM tracking_commission WHERE advertiser_id = %(advertiser)s AND status = 'final'
            GROUP BY advertiser_id, currency
        ) final USING (advertiser_id, currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
    Invariant(
        "I5",
        _("network fees of advertiser {advertiser}"),
        _("{owed} {currency} are posted, and its final commissions' fees are {earned}"),
        """
        SELECT currency, coalesce(owed, 0) AS owed, coalesce(earned, 0) AS earned,
            %(advertiser)s AS advertiser
        FROM (
            SELECT e.currency, -sum(e.amount_minor) AS owed
            FROM publishers_ledgertransaction t
            JOIN publishers_ledgerentry e ON e.transaction_id = t.id
            JOIN publishers_ledgeraccount a ON a.id = e.account_id
            WHERE t.advertiser_id = %(advertiser)s AND a.kind = 'network_fees'
            GROUP BY e.currency
        ) ledger FULL JOIN (
            SELECT currency, sum(network_fee_minor) AS earned
            FROM tracking_commission WHERE advertiser_id = %(advertiser)s AND status = 'final'
            GROUP BY currency
        ) final USING (currency)
        WHERE coalesce(owed, 0) <> coalesce(earned, 0)
        """,
    ),
)

OF_LEDGER = (*POSTED, *NOT_MORE_THAN_APPROVED)

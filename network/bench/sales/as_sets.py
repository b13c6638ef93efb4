"""The closing of sales in SQL alone, to measure the product by: the same rows read and written,
with the same triggers, and nothing else that the product does."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

_ACCOUNTS = """
    INSERT INTO publishers_ledgeraccount (kind, advertiser_id, publisher_id, currency)
    SELECT 'publisher_payable', NULL::bigint, publisher_id, currency FROM tracking_commission
    WHERE advertiser_id = %(advertiser)s
    UNION SELECT 'advertiser_receivable', advertiser_id, NULL, currency FROM tracking_commission
    WHERE advertiser_id = %(advertiser)s
    UNION SELECT 'network_fees', NULL, NULL, currency FROM tracking_commission
    WHERE advertiser_id = %(advertiser)s
    ON CONFLICT DO NOTHING
"""
_CLOSE = """
    WITH due AS MATERIALIZED (
        SELECT v.id, v.at, v.amount_minor, d.inputs, d.verdicts
        FROM tracking_conversion v
        JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
        WHERE v.advertiser_id = %(advertiser)s AND v.closed_at IS NULL AND v.conflict = ''
            AND v.verified AND NOT v.over_limit AND v.closes_at <= %(now)s
        FOR UPDATE OF v SKIP LOCKED
    ), reported AS (
        SELECT r.conversion_id, count(*) AS reports, min(r.at) AS at
        FROM tracking_report r JOIN due ON due.id = r.conversion_id
        WHERE r.advertiser_id = %(advertiser)s GROUP BY r.conversion_id
    ), held AS (
        SELECT DISTINCT ON (due.id) due.id, k.publisher_id, k.cookie_type
        FROM due
        JOIN reported ON reported.conversion_id = due.id
        JOIN tracking_conversionjourney j
            ON j.advertiser_id = %(advertiser)s AND j.conversion_id = due.id
        JOIN tracking_click k ON k.advertiser_id = %(advertiser)s AND k.journey = j.journey
            AND k.reason = '' AND k.at <= due.at
            AND due.at < k.at + k.window_minutes * interval '1 minute'
        ORDER BY due.id, k.cookie_type = 'hard' DESC, k.id DESC
    ), earned AS MATERIALIZED (
        SELECT c.*, due.amount_minor AS sold, due.at AS bought
        FROM tracking_commission c
        JOIN due ON due.id = c.conversion_id
        LEFT JOIN held ON held.id = due.id
        WHERE c.advertiser_id = %(advertiser)s AND c.status IN ('pending', 'approved')
    ), posted AS (
        INSERT INTO publishers_ledgertransaction (key, kind, at, advertiser_id, publisher_id)
        SELECT 'commission:' || id || ':final', 'commission_final', %(now)s, advertiser_id,
            publisher_id
        FROM earned RETURNING id, key
    ), lines AS (
        SELECT posted.id AS transaction_id, earned.currency, line.*
        FROM posted JOIN earned ON posted.key = 'commission:' || earned.id || ':final',
        LATERAL (VALUES
            ('advertiser_receivable', earned.advertiser_id, NULL::bigint,
                earned.amount_minor + earned.network_fee_minor),
            ('publisher_payable', NULL, earned.publisher_id, -earned.amount_minor),
            ('network_fees', NULL, NULL, -earned.network_fee_minor)
        ) AS line (kind, advertiser_id, publisher_id, amount_minor)
        WHERE line.amount_minor <> 0
    ), entries AS (
        INSERT INTO publishers_ledgerentry (transaction_id, account_id, amount_minor, currency)
        SELECT lines.transaction_id, a.id, lines.amount_minor, lines.currency
        FROM lines JOIN publishers_ledgeraccount a ON a.kind = lines.kind
            AND a.currency = lines.currency
            AND a.advertiser_id IS NOT DISTINCT FROM lines.advertiser_id
            AND a.publisher_id IS NOT DISTINCT FROM lines.publisher_id
    ), final AS (
        UPDATE tracking_commission c
        SET status = 'final', closed_at = %(now)s, ledger_transaction_id = posted.id
        FROM earned JOIN posted ON posted.key = 'commission:' || earned.id || ':final'
        WHERE c.advertiser_id = %(advertiser)s AND c.id = earned.id
    ), counted AS (
        INSERT INTO tracking_rollup (hour, advertiser_id, publisher_id, cookie_type, counted,
            count, sale_amount_minor, commission_minor, network_fee_minor, time_step, is_folded)
        SELECT date_trunc('hour', bought, 'UTC'), advertiser_id, publisher_id, cookie_type, state,
            sum(sign), sum(sign * sold), sum(sign * amount_minor), sum(sign * network_fee_minor),
            0, false
        FROM earned, (VALUES ('sale_pending', -1), ('sale_final', 1)) AS moved (state, sign)
        GROUP BY 1, 2, 3, 4, 5
    )
    UPDATE tracking_conversion v SET closed_at = %(now)s FROM due
    WHERE v.advertiser_id = %(advertiser)s AND v.id = due.id
"""


@transaction.atomic
def close(advertiser: int, now: datetime) -> int:
    """Close what is due of the advertiser; how many sales that were."""
    values: dict[str, Any] = {"advertiser": advertiser, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, values)
        cursor.execute(_CLOSE, values)
        return int(cursor.rowcount)

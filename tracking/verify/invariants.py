"""What must never be found in the tables, as queries for the rows that break a promise.

No query relies on a constraint, a trigger or a stored total. Each returns the broken rows only; the
words that describe them name the query's columns in braces. A query about what happened is about
one advertiser, its parameter ``advertiser``, and names it for every table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Invariant:
    """``sql`` finds the rows that break the promise; the messages ``row`` and ``sentence`` say
    which and how. ``names`` are words in them that are no column's."""

    promise: str
    row: str
    sentence: str
    sql: str
    names: Mapping[str, object] = field(default_factory=dict)


ONE_CONVERSION = (
    Invariant(
        "I2",
        _("order {order!r} of advertiser {advertiser_id}"),
        _("it has {count} conversions: {ids}"),
        """
        SELECT advertiser_id, "order", count(*) AS count, string_agg(id::text, ', ') AS ids
        FROM tracking_conversion WHERE advertiser_id = %(advertiser)s
        GROUP BY advertiser_id, "order" HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("its current decision is {current}, and its newest is {newest}"),
        """
        SELECT v.id, v.decision_id AS current, newest.id AS newest
        FROM tracking_conversion v LEFT JOIN (
            SELECT DISTINCT ON (conversion_id) conversion_id, id
            FROM tracking_decision WHERE advertiser_id = %(advertiser)s
            ORDER BY conversion_id, sequence DESC
        ) newest ON newest.conversion_id = v.id
        WHERE v.advertiser_id = %(advertiser)s
            AND (v.decision_id IS NULL OR v.decision_id IS DISTINCT FROM newest.id)
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("it has {count} decisions, numbered {first} to {last}"),
        """
        SELECT conversion_id AS id, count(*) AS count, min(sequence) AS first,
            max(sequence) AS last
        FROM tracking_decision WHERE advertiser_id = %(advertiser)s GROUP BY conversion_id
        HAVING min(sequence) <> 1 OR max(sequence) <> count(*)
            OR count(DISTINCT sequence) <> count(*)
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("it closes at {closes_at}, and its decision says {decided}"),
        """
        SELECT v.id, v.closes_at, d.closes_at AS decided
        FROM tracking_conversion v JOIN tracking_decision d ON d.id = v.decision_id
            AND d.advertiser_id = v.advertiser_id
        WHERE v.advertiser_id = %(advertiser)s AND v.closes_at IS DISTINCT FROM d.closes_at
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("it was closed at {closed_at}, before its windows closed at {closes_at}"),
        """
        SELECT id, closed_at, closes_at FROM tracking_conversion
        WHERE advertiser_id = %(advertiser)s AND closed_at < closes_at
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _(
            "it was closed unresolved (conflict {conflict!r}, verified {verified}, "
            "held {over_limit})"
        ),
        """
        SELECT v.id, v.conflict, v.verified, v.over_limit FROM tracking_conversion v
        LEFT JOIN tracking_commission c ON c.conversion_id = v.id
            AND c.advertiser_id = v.advertiser_id
        WHERE v.advertiser_id = %(advertiser)s AND v.closed_at IS NOT NULL
            AND (v.conflict <> '' OR (c.status = 'final' AND (NOT v.verified OR v.over_limit)))
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("it counts as approved at {approved_at}, and nobody approved it then"),
        """
        SELECT v.id, v.approved_at FROM tracking_conversion v
        WHERE v.advertiser_id = %(advertiser)s AND v.approved_at IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM tracking_validation s WHERE s.advertiser_id = v.advertiser_id
                    AND s.conversion_id = v.id AND s.action = 'approve' AND s.at = v.approved_at
            )
        """,
    ),
)

ONE_COMMISSION = (
    Invariant(
        "I2",
        _("conversion {id}"),
        _("it has {count} commissions: {ids}"),
        """
        SELECT conversion_id AS id, count(*) AS count, string_agg(id::text, ', ') AS ids
        FROM tracking_commission WHERE advertiser_id = %(advertiser)s
        GROUP BY conversion_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("its decision pays publisher {paid_publisher_id}, and there is no commission"),
        """
        SELECT v.id, d.paid_publisher_id
        FROM tracking_conversion v JOIN tracking_decision d ON d.id = v.decision_id
            AND d.advertiser_id = v.advertiser_id
        LEFT JOIN tracking_commission c ON c.conversion_id = v.id
            AND c.advertiser_id = v.advertiser_id
        WHERE v.advertiser_id = %(advertiser)s AND d.paid_publisher_id IS NOT NULL AND c.id IS NULL
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it is {status}, and the decision pays nobody"),
        """
        SELECT c.id, c.status
        FROM tracking_commission c
        JOIN tracking_conversion v ON v.id = c.conversion_id AND v.advertiser_id = c.advertiser_id
        JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
        WHERE c.advertiser_id = %(advertiser)s AND d.paid_publisher_id IS NULL
            AND c.status <> 'declined'
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("that it pays nobody is noted as {noted}, and is {so}"),
        """
        SELECT id, noted, so FROM (
            SELECT v.id, v.pays_nobody AS noted, d.paid_publisher_id IS NULL AND (
                c.id IS NULL OR (c.decline_reason = 'nobody_paid' AND v.conflict = '')) AS so
            FROM tracking_conversion v
            JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
            LEFT JOIN tracking_commission c ON c.conversion_id = v.id
                AND c.advertiser_id = v.advertiser_id
            WHERE v.advertiser_id = %(advertiser)s
        ) each WHERE noted <> so
        """,
    ),
    Invariant(
        "I2",
        _("conversion {id}"),
        _("that it was declined unconfirmed is noted as {noted}, and is {so}"),
        """
        SELECT id, noted, so FROM (
            SELECT v.id, v.lapsed AS noted,
                coalesce(c.decline_reason = 'not_confirmed', FALSE) AS so
            FROM tracking_conversion v
            LEFT JOIN tracking_commission c ON c.conversion_id = v.id
                AND c.advertiser_id = v.advertiser_id
            WHERE v.advertiser_id = %(advertiser)s
        ) each WHERE noted <> so
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it was declined because nobody is paid, and the decision pays publisher {publisher}"),
        """
        SELECT c.id, d.paid_publisher_id AS publisher
        FROM tracking_commission c
        JOIN tracking_conversion v ON v.id = c.conversion_id AND v.advertiser_id = c.advertiser_id
        JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
        WHERE c.advertiser_id = %(advertiser)s AND d.paid_publisher_id IS NOT NULL
            AND c.decline_reason IN ('nobody_paid', 'in_conflict')
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it was declined with a suspension, and nobody declined it for publisher {publisher_id}"),
        """
        SELECT c.id, c.publisher_id
        FROM tracking_commission c
        WHERE c.advertiser_id = %(advertiser)s AND c.decline_reason = 'suspended' AND NOT EXISTS (
            SELECT FROM tracking_validation said
            WHERE said.advertiser_id = %(advertiser)s AND said.conversion_id = c.conversion_id
                AND said.publisher_id = c.publisher_id AND said.action = 'decline'
        )
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it says {said}, and the decision {decided}"),
        """
        SELECT id, said, decided FROM (
            SELECT c.id, concat_ws(' ', c.cookie_type, 'click', c.click_id, 'of publisher',
                    c.publisher_id, 'until', c.closes_at) AS said,
                concat_ws(' ', click ->> 'cookie_type', 'click', d.paid_click, 'of publisher',
                    d.paid_publisher_id, 'until', d.closes_at
                ) AS decided
            FROM tracking_commission c
            JOIN tracking_conversion v
                ON v.id = c.conversion_id AND v.advertiser_id = c.advertiser_id
            JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
            LEFT JOIN LATERAL jsonb_path_query_first(
                d.inputs, '$.clicks[*] ? (@.id == $id)', jsonb_build_object('id', d.paid_click)
            ) click ON TRUE
            WHERE c.advertiser_id = %(advertiser)s AND d.paid_publisher_id IS NOT NULL
        ) compared WHERE said <> decided
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it says {said}, and its sale {sold}"),
        """
        SELECT id, said, sold FROM (
            SELECT c.id, concat_ws(' ', c.sale_amount_minor, c.currency, 'at', c.sold_at) AS said,
                concat_ws(' ', v.amount_minor, v.currency, 'at', v.at) AS sold
            FROM tracking_commission c
            JOIN tracking_conversion v
                ON v.id = c.conversion_id AND v.advertiser_id = c.advertiser_id
            JOIN tracking_decision d ON d.id = v.decision_id AND d.advertiser_id = v.advertiser_id
            WHERE c.advertiser_id = %(advertiser)s AND d.paid_publisher_id IS NOT NULL
        ) compared WHERE said <> sold
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it is {amount_minor} on {sale_amount_minor}, and its rates give {commission} on {sale}"),
        """
        SELECT c.id, c.amount_minor, c.sale_amount_minor, rated.commission, rated.sale
        FROM tracking_commission c LEFT JOIN LATERAL (
            SELECT sum((line ->> 'commission_minor')::bigint) AS commission,
                sum((line ->> 'amount_minor')::bigint) AS sale
            FROM jsonb_path_query(c.rates, '$[*]') line
        ) rated ON TRUE
        WHERE c.advertiser_id = %(advertiser)s
            AND (rated.commission IS DISTINCT FROM c.amount_minor
                OR rated.sale IS DISTINCT FROM c.sale_amount_minor)
        """,
    ),
    Invariant(
        "I2",
        _("commission {id}"),
        _("it is {status} and closed at {closed_at}; its conversion was closed at {conversion}"),
        """
        SELECT c.id, c.status, c.closed_at, v.closed_at AS conversion
        FROM tracking_commission c
        JOIN tracking_conversion v ON v.id = c.conversion_id AND v.advertiser_id = c.advertiser_id
        WHERE c.advertiser_id = %(advertiser)s
            AND (c.closed_at IS DISTINCT FROM v.closed_at
                OR (c.closed_at IS NULL AND c.status = 'final')
                OR (c.closed_at IS NOT NULL AND c.status NOT IN ('final', 'declined')))
        """,
    ),
)

OF_SALES = (*ONE_CONVERSION, *ONE_COMMISSION)

"""A small network with sales of every kind, and statements that break it."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from network.models import Advertiser
from publishers.models import Partnership
from tests.support.makers import (
    NOW,
    Shopper,
    finalise,
    make_advertiser,
    make_partner,
    make_publisher,
)
from tracking.verify.checks import Broken, verify

MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=40)


@transaction.atomic
def make_world() -> None:
    """Sales of every kind: final, paid to nobody, open, in conflict, decided twice."""
    shop = make_advertiser("Shop")
    Advertiser.objects.filter(id=shop.id).update(network_fee_percent=10)
    blog, review = (make_partner(shop, make_publisher(name)) for name in ("Blog", "Review"))
    overlay = make_partner(shop, make_publisher("Overlay", model_type="overlay"))
    buy(blog, "final", LONG_AGO)
    buy(overlay, "nobody", LONG_AGO, in_one_session=False)
    assert finalise(NOW - timedelta(days=5)) == 2
    buy(blog, "open", NOW)
    buy(blog, "conflict", NOW)
    shopper = buy(review, "conflict", NOW)
    shopper.follow(overlay, NOW + 10 * MINUTE)
    shopper = buy(blog, "changed", NOW)
    shopper.follow(review, NOW + MINUTE)  # this click's record arrives after the sale


def buy(partner: Partnership, order: str, at: datetime, *, in_one_session: bool = True) -> Shopper:
    shopper = Shopper()
    shopper.follow(partner, at)
    if not in_one_session:
        shopper.end_session()
    shopper.buy(partner.advertiser, at + 5 * MINUTE, order=order)
    return shopper


def of(order: str) -> str:
    """The sale's id, in SQL."""
    return f"""(SELECT id FROM tracking_conversion WHERE "order" = '{order}')"""


def break_by(*statements: str) -> None:
    """Change rows behind the back of every trigger, and without constraints."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
            assert statement.startswith("ALTER") or cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> list[str]:
    return [str(finding) for finding in verify() if isinstance(finding, Broken)]


def alter(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"


def update(table: str, assignment: str, where: str) -> str:
    return f"UPDATE {table} SET {assignment} WHERE {where}"


def conversion(assignment: str, order: str) -> str:
    return update("tracking_conversion", assignment, f"id = {of(order)}")


def commission(assignment: str, order: str) -> str:
    return update("tracking_commission", assignment, f"conversion_id = {of(order)}")


def decision(assignment: str, order: str) -> str:
    return update("tracking_decision", assignment, f"conversion_id = {of(order)}")


def entry(assignment: str, kind: str) -> str:
    account = f"(SELECT id FROM publishers_ledgeraccount WHERE kind = '{kind}')"
    return update("publishers_ledgerentry", assignment, f"account_id = {account}")


def rollup(assignment: str, counted: str) -> str:
    return update("tracking_rollup", assignment, f"counted = '{counted}'")


def posted(assignment: str) -> str:
    return update("publishers_ledgertransaction", assignment, "kind = 'commission_final'")

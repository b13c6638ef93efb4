"""Balances of accounts, without a look at all their entries: stored sums, and what came since.

An entry is never changed, so that a sum up to one stays true. A balance is exact at any time,
whether the sums were brought up to date lately or never.
"""

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from publishers.models import LedgerEntry

_LAST = "SELECT coalesce(max(id), 0) FROM publishers_ledgerentry"
_SUM_UP = """
    INSERT INTO publishers_ledgersum (account_id, up_to, amount_minor)
    SELECT a.id, %(last)s, coalesce(s.amount_minor, 0) + (
        SELECT coalesce(sum(e.amount_minor), 0) FROM publishers_ledgerentry e
        WHERE e.account_id = a.id AND e.id > coalesce(s.up_to, 0) AND e.id <= %(last)s
    )
    FROM publishers_ledgeraccount a LEFT JOIN publishers_ledgersum s ON s.account_id = a.id
    ON CONFLICT (account_id) DO UPDATE
        SET up_to = excluded.up_to, amount_minor = excluded.amount_minor
        WHERE publishers_ledgersum.up_to < excluded.up_to
"""


def balance_minor() -> Combinable:
    """For a query of accounts: the balance of each, debits positive."""
    since = LedgerEntry.objects.filter(
        account=OuterRef("pk"), id__gt=Coalesce(OuterRef("summed__up_to"), 0)
    )
    total = since.order_by().values("account").annotate(total=Sum("amount_minor"))
    return Coalesce(F("summed__amount_minor"), 0) + Coalesce(Subquery(total.values("total")), 0)


def sum_up() -> None:
    """Bring the sums up to the last entry by now."""
    last = _last()
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, {"last": last})


@transaction.atomic
def _last() -> int:
    """The last entry before which none is missing: whoever is about to add some has an earlier id
    and has not committed, so that they are waited for, and others wait as long."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE publishers_ledgerentry IN SHARE MODE")
        cursor.execute(_LAST)
        return int(cursor.fetchone()[0])

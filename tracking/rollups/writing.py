"""Keeping the rollups: in the same transaction as the rows that they count.

A rollup's figure is the sum of its rows. Nobody updates a row: each transaction adds what it
changes, possibly less than nothing, so that drains and workers never wait for one another.
:func:`compact` folds the rows of a key into one now and then.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from django.db import connection, transaction

from network.models import Advertiser
from tracking.clicks.rows import ROLLUP_KEY
from tracking.commissions import decisions
from tracking.commissions.settling import commission_of
from tracking.commissions.states import status_of
from tracking.models import Commission, Conversion, Decision, Rollup
from tracking.rollups.contributions import (
    Amounts,
    Contributions,
    Earned,
    Key,
    SaleFacts,
    added,
    contributions,
    itself,
    says_the_same_of_partners,
    taken_back,
)
from tracking.rollups.protection import TermsRead, kept_from

BATCH = 10_000
"""Rows that one statement of :func:`compact` folds."""

AMOUNTS = "count, sale_amount_minor, commission_minor, network_fee_minor"
"""The columns that are summed, in the order of ``Amounts``."""
_SUMS = ", ".join(f"sum({name})" for name in AMOUNTS.split(", "))
_IS_ANYTHING = " OR ".join(f"sum({name}) <> 0" for name in AMOUNTS.split(", "))
_LOCK_COMPACTION = """
    SELECT pg_try_advisory_xact_lock(hashtext('tracking_rollup compaction'), %s::integer)
"""
_FOLD = f"""
    WITH fresh AS (
        SELECT DISTINCT {ROLLUP_KEY}, time_step FROM (
            SELECT {ROLLUP_KEY}, time_step FROM tracking_rollup
            WHERE advertiser_id = %(advertiser)s AND NOT is_folded ORDER BY id LIMIT %(batch)s
        ) AS oldest
    ), gone AS (
        DELETE FROM tracking_rollup old USING fresh
        WHERE old.advertiser_id = %(advertiser)s AND old.hour = fresh.hour
            AND old.publisher_id IS NOT DISTINCT FROM fresh.publisher_id
            AND old.cookie_type = fresh.cookie_type AND old.counted = fresh.counted
            AND old.time_step = fresh.time_step
        RETURNING old.*
    ), folded AS (
        INSERT INTO tracking_rollup ({ROLLUP_KEY}, time_step, is_folded, {AMOUNTS})
        SELECT {ROLLUP_KEY}, time_step, true, {_SUMS} FROM gone
        GROUP BY {ROLLUP_KEY}, time_step
        HAVING {_IS_ANYTHING}
    )
    SELECT count(*) FROM gone WHERE NOT is_folded
"""  # noqa: S608 - names of our own


@contextmanager
def following(conversion: Conversion) -> Iterator[None]:
    """Let the rollups follow what the body changes about a locked conversion: its figures, its
    decision, its state and its ``commission``, which it must change through this object
    (``commission_of(conversion)``). Not to be nested."""
    followed = Followed()
    followed.note(conversion)
    yield
    followed.add()


@dataclass(frozen=True, slots=True)
class _Moment:
    """A conversion at a moment: its decision, and what is counted but for the verdicts of that."""

    decision: Decision | None
    facts: SaleFacts

    def contributions(self, terms: TermsRead) -> Contributions:
        if self.decision is None:
            return {}
        return contributions(_with_verdicts(self.facts, self.decision, terms))

    def says_the_same_of_partners(self, before: "_Moment") -> bool:
        return self.decision is before.decision and says_the_same_of_partners(
            self.facts, before.facts
        )


class Followed:
    """Locked conversions of one advertiser whose changes the rollups are to follow, as
    :func:`following` does for one. However many there are, three statements at most."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[Conversion, _Moment]] = {}

    def note(self, conversion: Conversion) -> None:
        """Remember what it adds as it is. Before it is changed."""
        self._before[conversion.pk] = conversion, _moment(conversion)

    def forget(self, conversion: Conversion) -> None:
        """It is not changed after all, whatever this object of it says."""
        self._before.pop(conversion.pk, None)

    def add(self) -> None:
        """Add what has changed since. When all is stored."""
        items: list[tuple[Key, Amounts]] = []
        whole: list[tuple[_Moment, _Moment]] = []
        for conversion, before in self._before.values():
            after = _moment(conversion)
            if after.says_the_same_of_partners(before):
                items += taken_back([itself(before.facts)])
                items.append(itself(after.facts))
            else:
                whole.append((before, after))
        terms = _terms_for(whole)
        for before, after in whole:
            items += taken_back(before.contributions(terms).items())
            items += after.contributions(terms).items()
        add(added(items))


def contributions_of(conversion: Conversion, terms: TermsRead) -> Contributions:
    """What the conversion, as it is, adds to the rollups. ``terms`` are read as far as they are
    needed; one for several conversions saves queries."""
    return _moment(conversion).contributions(terms)


def add(changes: Contributions) -> None:
    """Add these to what the rollups say."""
    Rollup.objects.bulk_create(
        Rollup(
            hour=key.hour,
            advertiser_id=key.advertiser,
            publisher_id=key.publisher,
            cookie_type=key.cookie_type,
            counted=key.counted.value,
            time_step=key.time_step,
            count=amounts.count,
            sale_amount_minor=amounts.sale_amount_minor,
            commission_minor=amounts.commission_minor,
            network_fee_minor=amounts.network_fee_minor,
        )
        for key, amounts in changes.items()
    )


def compact() -> int:
    """Fold the rows that were added since into one for each key, and drop those that come to
    nothing; how many rows that were. A second one at the same time leaves out the advertiser that
    the first is at."""
    done = 0
    for advertiser in Advertiser.objects.values_list("pk", flat=True).order_by("pk"):
        while folded := _fold_batch(advertiser):
            done += folded
    return done


@transaction.atomic
def _fold_batch(advertiser: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_COMPACTION, [advertiser])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, {"advertiser": advertiser, "batch": BATCH})
        return int(cursor.fetchone()[0])


def _terms_for(pairs: Sequence[tuple[_Moment, _Moment]]) -> TermsRead:
    """The terms that these ask for, read for all of them at once."""
    terms = TermsRead()
    if len(pairs) > 1:
        decided = [moment.decision for pair in pairs for moment in pair if moment.decision]
        terms.ahead(pairs[0][0].facts.advertiser, decided)
    return terms


def _moment(conversion: Conversion) -> _Moment:
    return _Moment(conversion.decision, _facts(conversion))


def _facts(conversion: Conversion) -> SaleFacts:
    return SaleFacts(
        advertiser=conversion.advertiser_id,
        at=conversion.at,
        amount_minor=conversion.amount_minor,
        in_conflict=bool(conversion.conflict) and conversion.closed_at is None,
        verified=conversion.verified,
        over_limit=conversion.over_limit,
        earned=_earned(commission_of(conversion)),
    )


def _with_verdicts(sale: SaleFacts, decision: Decision, terms: TermsRead) -> SaleFacts:
    """With what follows from the decision."""
    earned = sale.earned
    is_kept = earned is not None and earned.status != Commission.Status.DECLINED
    return msgspec.structs.replace(
        sale,
        judged=decisions.judged_clicks(decision),
        kept_from=kept_from(decision, earned.publisher, terms) if earned and is_kept else None,
    )


def _earned(commission: Commission | None) -> Earned | None:
    """Nothing where nobody is paid, whoever was credited before."""
    if commission is None or status_of(commission) is None:
        return None
    return Earned(
        publisher=commission.publisher_id,
        cookie_type=commission.cookie_type,
        status=commission.status,
        commission_minor=commission.amount_minor,
        network_fee_minor=commission.network_fee_minor,
    )

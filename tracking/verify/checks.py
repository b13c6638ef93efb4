"""The promises of the whole database, checked from the rows alone.

Nothing here trusts a constraint, a trigger or a stored total, and an index only where it finds as
many rows of an advertiser as the table has. What is checked, one advertiser after the other:

- **E** what a row refers to exists: most of it is not held by a foreign key
  (:mod:`tracking.distribution.rows`).
- **I2** one conversion per advertiser and order; at most one commission per conversion, which says
  what the current decision says; exactly one, where the decision pays somebody.
- **I3** every ledger transaction sums to zero per currency; every final commission has exactly its
  ledger transaction, with its amounts on its accounts, and there is no other; what is closed still
  says what it said when it was closed. Balances are not stored, so none can differ from the sum of
  its entries.
- **I5** paid out is at most what was approved. Nothing pays out yet: what is owed to a publisher
  for an advertiser must be exactly the sum of its final commissions there; likewise what the
  advertiser owes and what the network has earned.
- **I6** recomputing every decision from what was stored with it gives what was decided, and
  deciding every open conversion again from the stored reports and clicks gives its current
  decision. A conversion whose reports are of different journeys pays nobody.
- **R** every rollup says what counting its clicks and sales again gives. Clicks of hours before the
  oldest partition of ``click`` are left out: they may have been dropped since.

Call it in one transaction that is REPEATABLE READ, so that it sees one moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from network.clock import from_ms
from network.models import AttributionTerms
from publishers.models import LedgerEntry, LedgerTransaction
from tracking.commissions import decisions
from tracking.conversions import deciding
from tracking.distribution.whose import advertisers
from tracking.models import Commission, Conversion, Decision, Rollup
from tracking.rollups.recount import (
    Miscount,
    click_rows_left_out,
    miscounted_clicks,
    miscounted_sales,
)
from tracking.rule.attribution import RULE_VERSION
from tracking.rule.tokens import TokenError
from tracking.verify import indexes
from tracking.verify.invariants import OF_SALES, Invariant
from tracking.verify.ledger import BALANCED, OF_LEDGER
from tracking.verify.references import REFERENCES

CHUNK = 500
"""Rows in memory at a time."""
FIRST = 10
"""Rollups that are named, of all of an advertiser that are wrong: a fault spoils many at once."""
COUNTED: tuple[tuple[str, type[Model]], ...] = (
    (gettext_noop("conversions"), Conversion),
    (gettext_noop("commissions"), Commission),
    (gettext_noop("rows of rollups"), Rollup),
)
OF_THE_LEDGER: tuple[tuple[str, type[Model]], ...] = (
    (gettext_noop("ledger transactions"), LedgerTransaction),
    (gettext_noop("ledger entries"), LedgerEntry),
)
RECOMPUTED = gettext_noop("decisions recomputed")
DECIDED_AGAIN = gettext_noop("open conversions decided again")
LEFT_OUT = gettext_noop("rows of rollups left out, as their clicks are no longer kept")
KINDS = (
    "conversions",
    "commissions",
    *dict(OF_THE_LEDGER),
    "rows of rollups",
    RECOMPUTED,
    DECIDED_AGAIN,
    LEFT_OUT,
)
"""What is counted, in the order in which it is told."""
OF_ADVERTISER = (*REFERENCES, *OF_SALES, *OF_LEDGER)
UNREADABLE = (LookupError, TypeError, ValueError, TokenError, AttributionTerms.DoesNotExist)
"""What a damaged row raises when it is read."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows of a kind (in the plural) were looked at."""

    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.count:,} {_(self.kind)}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that breaks a promise, and how."""

    promise: str
    row: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.promise} {self.row}: {self.sentence}"


Finding = Checked | Broken


def verify() -> Iterator[Finding]:
    """Everything that is broken, and how much was looked at; in constant memory."""
    for invariant in BALANCED:
        yield from _rows_that_break(invariant)
    everyone = advertisers()
    for hidden in indexes.hidden(everyone):
        yield _hidden(hidden)
    looked_at = dict.fromkeys(KINDS, 0)
    for kind, model in OF_THE_LEDGER:
        looked_at[kind] = model._default_manager.count()
    for advertiser in everyone:
        for finding in _of(advertiser):
            if isinstance(finding, Checked):
                looked_at[finding.kind] += finding.count
            else:
                yield finding
    for kind, count in looked_at.items():
        if count or kind != LEFT_OUT:
            yield Checked(kind, count)


def _of(advertiser: int) -> Iterator[Finding]:
    for kind, model in COUNTED:
        yield Checked(kind, model._default_manager.filter(advertiser=advertiser).count())
    for invariant in OF_ADVERTISER:
        yield from _rows_that_break(invariant, advertiser)
    yield from _decisions(advertiser)
    yield from _open_conversions(advertiser)
    yield from _rollups(advertiser)


def _hidden(hidden: indexes.Hidden) -> Broken:
    known = {"table": hidden.table, "advertiser": hidden.advertiser}
    sentence = _(
        "the table has %(there)s rows, and its indexes find %(found)s "
        "(REINDEX TABLE %(table)s mends them)"
    )
    counts = {"there": hidden.there, "found": hidden.found}
    return Broken(
        "E", _("%(table)s of advertiser %(advertiser)s") % known, sentence % {**known, **counts}
    )


def _rows_that_break(invariant: Invariant, advertiser: int | None = None) -> Iterator[Broken]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(invariant.sql, {"advertiser": advertiser})
        names = [column.name for column in cursor.description]
        for row in cursor:
            columns = {**invariant.names, **dict(zip(names, row, strict=True))}
            yield Broken(
                invariant.promise,
                _(invariant.row).format(**columns),
                _(invariant.sentence).format(**columns),
            )


def _decisions(advertiser: int) -> Iterator[Finding]:
    """Recompute every decision from its own inputs."""
    rows = Decision.objects.filter(advertiser=advertiser).order_by("conversion_id", "sequence")
    count = 0
    for _conversion, history in groupby(
        rows.iterator(CHUNK), key=lambda decision: decision.conversion_id
    ):
        for decision in history:
            sentence = _disagreement(decision)
            if sentence:
                yield Broken("I6", _("decision %(id)s") % {"id": decision.id}, sentence)
            count += 1
    yield Checked(RECOMPUTED, count)


def _disagreement(decision: Decision) -> str:
    """How the decision differs from what follows from its inputs; empty when it does not."""
    if decision.rule_version != RULE_VERSION:
        known = {"version": decision.rule_version, "current": RULE_VERSION}
        return _("it was made by version %(version)s of the rule, not %(current)s") % known
    try:
        if not decisions.agrees(decision):
            return _("recomputing it from what is stored with it gives another outcome")
        closes_at = from_ms(decisions.recompute(decision).closes_at)
        conflict = decision.inputs["conflict"]
    except UNREADABLE as error:
        return _("what is stored with it cannot be read: %(error)r") % {"error": error}
    if decision.closes_at != closes_at:
        times = {"closes_at": decision.closes_at, "windows": closes_at}
        return _("it closes at %(closes_at)s, and its clicks' windows at %(windows)s") % times
    if conflict == Conversion.Conflict.JOURNEYS and decision.paid_publisher_id is not None:
        known = {"publisher": decision.paid_publisher_id}
        return _("it pays publisher %(publisher)s although its journeys conflict") % known
    return ""


def _open_conversions(advertiser: int) -> Iterator[Finding]:
    """Decide every open conversion again from the stored reports and clicks."""
    mine = Conversion.objects.filter(advertiser=advertiser, closed_at__isnull=True)
    rows = mine.select_related("advertiser", "decision").order_by("id")
    count = 0
    for conversion in rows.iterator(CHUNK):
        sentence = _change_of_mind(conversion)
        if sentence:
            yield Broken("I6", _("conversion %(id)s") % {"id": conversion.id}, sentence)
        count += 1
    yield Checked(DECIDED_AGAIN, count)


def _change_of_mind(conversion: Conversion) -> str:
    """How deciding it again differs from its current decision; empty when it does not."""
    if conversion.decision is None:
        return _("it has no decision")
    try:
        again = deciding.decide_again(conversion)
    except UNREADABLE as error:
        return _("its reports and clicks cannot be read: %(error)r") % {"error": error}
    differing = sorted(
        name
        for name in again.inputs.keys() | conversion.decision.inputs.keys()
        if again.inputs.get(name) != conversion.decision.inputs.get(name)
    )
    if differing:
        known = {"names": ", ".join(differing)}
        return _("what is stored differs from its decision's inputs in %(names)s") % known
    if decisions.verdicts_json(again.outcome) != conversion.decision.verdicts:
        return _("deciding it again gives other verdicts")
    return ""


def _rollups(advertiser: int) -> Iterator[Finding]:
    """Count the rollups again."""
    yield from map(_wrong, miscounted_clicks(advertiser, FIRST))
    try:
        yield from map(_wrong, islice(miscounted_sales(advertiser), FIRST))
    except UNREADABLE as error:
        sentence = _("what they are counted by cannot be read: %(error)r") % {"error": error}
        row = _("sales of advertiser %(advertiser)s") % {"advertiser": advertiser}
        yield Broken("R", row, sentence)
    yield Checked(LEFT_OUT, click_rows_left_out(advertiser))


def _wrong(miscount: Miscount) -> Broken:
    key, said, found = miscount.key, miscount.said, miscount.found
    row = _(
        "%(counted)s of %(hour)s, advertiser %(advertiser)s, publisher %(publisher)s, %(type)s"
    ) % {
        "counted": key.counted,
        "hour": f"{key.hour:%Y-%m-%d %H:00}",
        "advertiser": key.advertiser,
        "publisher": key.publisher,
        "type": key.cookie_type or _("no type"),
    }
    sentence = _(
        "the rollups say %(said)s, and counting gives %(found)s (manage.py recount counts them "
        "again)"
    )
    return Broken("R", row, sentence % {"said": said, "found": found})

"""What is known of orders: read from the database for many at once, and resolved in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from network.clock import to_ms
from network.models import Advertiser
from tracking.commissions import decisions
from tracking.commissions.terms import as_terms
from tracking.conversions import journeys, reports
from tracking.conversions.journeys import WantedClicks
from tracking.evidence.joining import Evidence, Joined, OrderContext
from tracking.evidence.resolving import Known, known_of, resolve
from tracking.models import Report
from tracking.rule.attribution import Outcome


@dataclass(frozen=True, slots=True)
class Said:
    """What an order's reports say, and what is known of it besides, but for its clicks."""

    evidence: Sequence[Evidence]
    context: OrderContext

    @property
    def wanted(self) -> WantedClicks:
        """The clicks that it leads to."""
        first = min(item.at for item in self.evidence)
        presented = {one.click.id: one.click for each in self.evidence for one in each.presented}
        return WantedClicks(presented, to_ms(min(first, self.context.first_seen or first)))


@dataclass(frozen=True, slots=True)
class Resolved:
    """An outcome, with everything that it follows from as a decision keeps it."""

    inputs: dict[str, Any]
    outcome: Outcome


def said_in(rows: Iterable[Report], context: OrderContext) -> Said:
    """What these reports say. Raises TokenError where a key is gone that one was signed with."""
    return Said([reports.evidence_of(row) for row in rows], context)


def known_of_all(advertiser: Advertiser, orders: Sequence[Said]) -> list[Known]:
    """What is known of each of the advertiser's orders. However many there are, three queries at
    most."""
    prefetch_related_objects([advertiser], "terms")
    terms = as_terms(advertiser.terms.all())
    found = journeys.find_all(advertiser.pk, [said.wanted for said in orders])
    return [
        known_of(terms, said.evidence, said.context, clicks)
        for said, clicks in zip(orders, found, strict=True)
    ]


def resolved(known: Known, joined: Joined) -> Resolved:
    found = resolve(known, joined)
    inputs = decisions.inputs_json(
        [judged.click for judged in found.outcome.verdicts],
        found.sale,
        [report.id for report in joined.linked],
        joined.conflict,
        found.journey.activations,
        joined.uncounted,
    )
    return Resolved(inputs, found.outcome)

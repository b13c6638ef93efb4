"""What follows from the evidence of one order: from its reports and clicks to who is paid. Pure.

The product decides every sale by this, and so do the what-if for another world and the simulator
for a made one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from network.effective import timeline
from network.milliseconds import to_ms
from tracking.evidence.joining import Evidence, Joined, OrderContext, differs, join
from tracking.evidence.ranks import Rank
from tracking.rule import attribution
from tracking.rule.attribution import Click, Closing, Outcome, Sale, in_order
from tracking.rule.replay import DAY_MINUTES, ShopTerms

SECOND_THOUGHTS = timedelta(days=1)
"""So long a sale stays open after staff have settled its conflict, so that a wrong choice can still
be declined."""


class Journey(Struct, frozen=True, gc=False):
    """The clicks of a sale: those that are recorded, and those known from their tokens."""

    recorded: Sequence[Click]
    unrecorded: Sequence[Click] = ()
    activations: frozenset[UUID] = frozenset()
    """Those of the recorded ones that were made from the page."""

    @property
    def clicks(self) -> list[Click]:
        return in_order([*self.recorded, *self.unrecorded])

    @property
    def begun(self) -> dict[int, int]:
        """When the first counting click of each journey happened (ms)."""
        found: dict[int, int] = {}
        for click in (*self.recorded, *self.unrecorded):
            if click.reason is None:
                found[click.journey] = min(click.at, found.get(click.journey, click.at))
        return found

    def of(self, joined: Joined) -> "Journey":
        """The clicks that the joined reports lead to."""
        presented, journeys = {click.id for click in joined.clicks}, joined.journeys
        recorded, unrecorded = (
            [click for click in clicks if click.journey in journeys or click.id in presented]
            for clicks in (self.recorded, self.unrecorded)
        )
        activations = self.activations
        if activations:
            activations = activations.intersection(click.id for click in recorded)
        return Journey(recorded, unrecorded, activations)


@dataclass(frozen=True)
class Known:
    """What is known of an order: its reports, in order of receipt, the clicks of all their
    journeys, whether they count or not, and the advertiser's terms over time."""

    terms: Sequence[ShopTerms]
    evidence: Sequence[Evidence]
    context: OrderContext
    clicks: Journey

    def joined(self, chosen: UUID | None = None) -> Joined:
        if chosen is None:
            return self._joined
        return join(self.evidence, replace(self.context, chosen=chosen))

    @cached_property
    def _joined(self) -> Joined:
        """It is asked for several times."""
        context = replace(self.context, chosen=None) if self.context.chosen else self.context
        return join(self.evidence, context)

    def approved(self, at: datetime | None) -> "Known":
        """The same order, had the advertiser approved it then."""
        if at == self.context.approved_at:
            return self
        return Known(self.terms, self.evidence, replace(self.context, approved_at=at), self.clicks)

    def settled(self, at: datetime) -> "Known":
        """The same order, had staff settled its conflict then."""
        context = replace(self.context, settled_at=at)
        return Known(self.terms, self.evidence, context, self.clicks)

    def before(self) -> Iterator[Joined]:
        """What was joined when fewer reports were known, in the order in which they were received.
        Bare ones, which are not always kept, say when the order was there from the beginning."""
        bare = [report for report in self.evidence if report.rank is Rank.BARE]
        others = [report for report in self.evidence if report.rank is not Rank.BARE]
        for count in range(1, len(others)):
            yield join([*bare, *others[:count]], self.context)

    @property
    def contesting(self) -> int | None:
        """The publisher whose click came with the first report that contradicts the claimant's, had
        nobody settled it."""
        joined = self.joined()
        if joined.claimant is None:
            return None
        others = [
            report
            for report in self.evidence
            if report.id in joined.rivals and differs(report, joined.claimant, joined.conflict)
        ]
        clicks = (item.click for report in others for item in report.presented)
        return next((click.publisher for click in clicks), None)


class Resolution(Struct, frozen=True, gc=False):
    """Who is paid by what is joined, with the sale and the clicks that it follows from."""

    sale: Sale
    journey: Journey
    outcome: Outcome


def known_of(
    terms: Sequence[ShopTerms],
    reports: Iterable[Evidence],
    context: OrderContext,
    clicks: Journey,
) -> Known:
    """What is known of an order by these reports, in whatever order they are given."""
    evidence = sorted(reports, key=lambda report: report.received)
    return Known(terms, evidence, replace(context, begun=clicks.begun), clicks)


def resolve(known: Known, joined: Joined) -> Resolution:
    """The outcome of what is joined; it never closes earlier than with fewer of its reports, nor
    within :data:`SECOND_THOUGHTS` of staff's choice between them."""
    sale, journey = sale_of(known, joined), crediting(known, joined)
    closings = [_closing(known, one) for one in known.before()]
    if joined is not known.joined():
        closings.append(_closing(known, known.joined()))
        if settled_at := known.context.settled_at:
            closings.append(Closing(to_ms(settled_at + SECOND_THOUGHTS), None))
    last = max(closings, key=lambda found: found.at, default=None)
    if last and last.at > attribution.closing(journey.clicks, sale).at:
        sale = replace(sale, open_until=last.at, open_by=last.by)
    return Resolution(sale, journey, attribution.resolve(journey.clicks, sale))


def claimed(known: Known, joined: Joined) -> Click | None:
    """The click that would be credited if the earlier of different journeys decided."""
    if joined.claimant is None or joined.conflict != "journeys":
        return None
    earlier = known.joined(joined.claimant.id)
    return attribution.paid_click(crediting(known, earlier).clicks, sale_of(known, earlier))


def crediting(known: Known, joined: Joined) -> Journey:
    """The clicks that may be credited: none where a channel is named that does not count."""
    return Journey(()) if joined.uncounted else known.clicks.of(joined)


def sale_of(known: Known, joined: Joined) -> Sale:
    """The sale as the rule sees it, under the terms in force when it happened."""
    at = to_ms(joined.at)
    terms = timeline.in_force_or_first(known.terms, at)
    return Sale(
        at=at,
        sessions=joined.sessions,
        soft_rule=terms.soft_rule,
        validation_minutes=terms.validation_days * DAY_MINUTES,
    )


def _closing(known: Known, joined: Joined) -> Closing:
    return attribution.closing(crediting(known, joined).clicks, sale_of(known, joined))

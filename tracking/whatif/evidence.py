"""Sales whose reports came far apart, gone through report by report in the other world.

With other windows a sale closes at another time. A report that came between that time and the one
at which it closed here counts in one world, and is too late in the other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from msgspec import structs

from network.clock import to_ms
from network.models import Advertiser
from tracking.conversions import journeys, reports
from tracking.evidence.closing import Handling, Standing, follow
from tracking.evidence.joining import Evidence, OrderContext
from tracking.evidence.resolving import Journey, Known, known_of, sale_of
from tracking.models import Conversion, Correction, Report
from tracking.rule.attribution import Click
from tracking.rule.reasons import ReportOutcome
from tracking.rule.replay import (
    Change,
    Circumstances,
    Recorded,
    changed_clicks,
    changed_terms,
    concerns,
)

FAR_APART = timedelta(minutes=10)
"""What comes sooner after the first report counts in every world: the tag's report, the pixel's and
the server's are of one moment, and to read them all would cost more than the what-if itself."""


@dataclass(frozen=True, slots=True)
class OtherCourse:
    """A sale in the other world: how it stood in the end, and, where its figures or its time are
    not those that it has here, itself with those."""

    standing: Standing
    differing: Conversion | None

    @property
    def credited(self) -> int | None:
        paid = self.standing.resolution.outcome.paid
        return paid.publisher if paid else None


def courses(
    shop: Advertiser,
    page: Collection[int],
    change: Change,
    circumstances: Circumstances,
    now: datetime,
) -> dict[int, OtherCourse]:
    """Those of the page whose reports came far apart and whose clicks the change concerns, by their
    ids. One query where there is none, five more where there are."""
    rows = _far_apart(shop, page)
    if not rows:
        return {}
    sales = Conversion.objects.filter(advertiser=shop, id__in=rows)
    found = {}
    for sale, known in _known(shop, sales, rows, circumstances):
        course = _course(sale, known, (shop, change, circumstances, now))
        if course:
            found[sale.pk] = course
    return found


def _far_apart(shop: Advertiser, page: Collection[int]) -> dict[int, list[Report]]:
    """All reports of those sales of which one came far from the others, too late, or corrected
    by staff."""
    first = F("conversion__created_at")
    apart = Report.objects.filter(
        Q(received_at__gt=first + FAR_APART)
        | Q(received_at__lt=first - FAR_APART)
        | Q(outcome=ReportOutcome.LATE),
        advertiser=shop,
        conversion__gte=min(page),
        conversion__lte=max(page),
    )
    corrected = Correction.objects.filter(
        advertiser=shop,
        conversion__gte=min(page),
        conversion__lte=max(page),
        taken__isnull=False,
    )
    every = apart.values_list("conversion", flat=True).union(
        corrected.values_list("conversion", flat=True)
    )
    ids = set(every).intersection(page)
    rows: dict[int, list[Report]] = defaultdict(list)
    if ids:
        for row in Report.objects.filter(advertiser=shop, conversion__in=ids):
            assert row.conversion_id
            rows[row.conversion_id].append(row)
    return rows


def _known(
    shop: Advertiser,
    sales: Iterable[Conversion],
    rows: Mapping[int, Sequence[Report]],
    circumstances: Circumstances,
) -> Iterator[tuple[Conversion, Known]]:
    """What is known of each sale; not of those whose tokens cannot be read any more, since they
    were signed with a key that is gone."""
    ids = [row.pk for of_sale in rows.values() for row in of_sale]
    corrected = dict(
        Correction.objects.filter(advertiser=shop, taken__in=ids).values_list("taken", "at")
    )
    evidence = {
        sale: [
            structs.replace(reports.evidence_of(row), taken_in_at=corrected.get(row.pk))
            for row in of_sale
        ]
        for sale, of_sale in rows.items()
        if not reports.is_key_gone(of_sale)
    }
    presented = [_clicks(of_sale) for of_sale in evidence.values()]
    every = {click.id: click for clicks in presented for click in clicks}
    earliest = min((one.at for found in evidence.values() for one in found), default=None)
    if earliest is None:
        return
    clicks = _ByJourney(journeys.find(shop.pk, every.values(), to_ms(earliest)))
    for sale in sales:
        if sale.pk in evidence:
            context = OrderContext(
                first_seen=sale.first_seen_at,
                settled_at=sale.settled_by_staff_at,
                is_crowded=sale.is_crowded,
            )
            journey = clicks.of(_clicks(evidence[sale.pk]))
            yield sale, known_of(circumstances.terms, evidence[sale.pk], context, journey)


def _clicks(evidence: Iterable[Evidence]) -> list[Click]:
    return [item.click for report in evidence for item in report.presented]


class _ByJourney:
    """The clicks of many sales, so that those of one are found without a look at all of them."""

    def __init__(self, journey: Journey) -> None:
        self._activations = journey.activations
        self._of: dict[int, list[Click]] = defaultdict(list)
        self._by_id: dict[UUID, Click] = {}
        for click in (*journey.recorded, *journey.unrecorded):
            self._of[click.journey].append(click)
            self._by_id[click.id] = click

    def of(self, presented: Sequence[Click]) -> Journey:
        found = {one.id: one for click in presented for one in self._of[click.journey]}
        found |= {click.id: self._by_id[click.id] for click in presented}
        return Journey(list(found.values()), (), self._activations.intersection(found))


_Asked = tuple[Advertiser, Change, Circumstances, datetime]


def _course(sale: Conversion, known: Known, asked: _Asked) -> OtherCourse | None:
    shop, change, circumstances, now = asked
    as_it_is = sale_of(known, known.joined())
    journey = known.clicks
    if not concerns(change, Recorded(journey.clicks, as_it_is, journey.activations)):
        return None
    other = _in_other_world(known, change, circumstances)
    standing = follow(other, _handling(shop, sale), now).stood
    return OtherCourse(standing, _differing(sale, standing)) if standing else None


def _in_other_world(known: Known, change: Change, circumstances: Circumstances) -> Known:
    journey = known.clicks
    clicks = changed_clicks(journey.clicks, journey.activations, change, circumstances)
    terms = changed_terms(known.terms, change)
    changed = Journey(clicks, (), journey.activations)
    return known_of(terms, known.evidence, known.context, changed)


def _handling(shop: Advertiser, sale: Conversion) -> Handling:
    """Whatever staff did about the sale they would have done."""
    settled_at = sale.settled_by_staff_at
    return Handling(
        believes_browsers=shop.verification == Advertiser.Verification.BROWSER,
        largest_minor=shop.largest_order_minor,
        conflict_days=shop.conflict_days,
        confirm_days=shop.confirm_days,
        chosen=sale.settled_report_id if settled_at else None,
        chosen_at=settled_at,
        approved_at=sale.approved_at,
    )


def _differing(sale: Conversion, standing: Standing) -> Conversion | None:
    joined = standing.joined
    parts = [asdict(part) for part in joined.figures.parts]
    if (sale.at, sale.parts) == (joined.at, parts):
        return None
    return Conversion(pk=sale.pk, advertiser_id=sale.advertiser_id, at=joined.at, parts=parts)

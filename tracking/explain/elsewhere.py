"""Sales that went elsewhere: a publisher clicked before them, and is not paid.

What the publisher reads is about its own clicks, and of who is paid only what
:mod:`tracking.explain.rivals` lets it know: no name, no amount, no order reference that it did not
give.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from network.clock import from_ms, to_ms
from network.models import Advertiser
from tracking.clicks.visits import REFERENCE_NAMES
from tracking.commissions import decisions
from tracking.commissions.settling import commission_of
from tracking.conversions.journeys import LOOK_BACK
from tracking.explain import rivals
from tracking.explain.references import references_of
from tracking.explain.sentences import COOKIE_TYPES, Names, verdict_sentence
from tracking.models import Click, Commission, Conversion, ConversionJourney
from tracking.rule.attribution import Click as RuleClick
from tracking.rule.attribution import Judged, Verdict
from tracking.rule.tokens import lowest_id

_UNCOUNTED = frozenset({Verdict.NOT_PARTNER, Verdict.INVALID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a publisher looks for, in [since, until); empty texts are anything."""

    publisher: int
    since: datetime
    until: datetime
    advertisers: Collection[int]
    order: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """One sale, as the publisher may read it. ``clicked_at`` and ``references`` are of its last
    click before the sale, ``other_clicks`` how many more it had; ``order`` is empty unless it was
    looked for."""

    sold_at: datetime
    programme: Advertiser
    clicked_at: datetime
    references: Mapping[str, str] = field(default_factory=dict)
    other_clicks: int = 0
    happened: str
    paid_to: str
    order: str = ""


def sales(wanted: Wanted) -> QuerySet[Conversion]:
    """The sales, newest first. Each is found by the journeys that it was joined to and the
    publisher's own clicks on them; that a click was considered, the decision says."""
    own_click = Click.objects.filter(
        has_reference(wanted.reference),
        advertiser=OuterRef("advertiser"),
        journey=OuterRef("journey"),
        publisher=wanted.publisher,
        at__lte=OuterRef("conversion__at"),
        id__gte=lowest_id(to_ms(wanted.since - LOOK_BACK)),
        id__lt=lowest_id(to_ms(wanted.until) + 1),
    )
    journeys = ConversionJourney.objects.filter(
        Exists(own_click), conversion=OuterRef("pk"), advertiser=OuterRef("advertiser")
    )
    rows = Conversion.objects.filter(
        Exists(journeys),
        ~Q(decision__paid_publisher=wanted.publisher),
        advertiser__in=wanted.advertisers,
        at__gte=wanted.since,
        at__lt=wanted.until,
        decision__inputs__contains={"clicks": [{"publisher": wanted.publisher}]},
    )
    if wanted.order:
        rows = rows.filter(order=wanted.order)
    return rows.order_by("-at", "-id")


def told(
    rows: Sequence[Conversion], publisher: int, now: datetime, order: str = ""
) -> list[Elsewhere]:
    """The sales in words, in a constant number of queries; with ``order`` where the publisher gave
    it. The rows need their ``advertiser``, ``decision`` and ``commission``."""
    judged = {row.pk: _own(row, publisher) for row in rows}
    advertisers = {row.advertiser_id for row in rows}
    references = references_of(advertisers, (each.click for own in judged.values() for each in own))
    known = rivals.model_types(advertisers, publisher, now)
    found = []
    for row in rows:
        own = judged[row.pk]
        if not own:
            continue  # Its clicks lie after the sale, as the decision has it.
        last = _last(own)
        names = rivals.names(_clicks(row), known.get(row.advertiser_id, {}), publisher)
        found.append(
            Elsewhere(
                sold_at=row.at,
                programme=row.advertiser,
                clicked_at=from_ms(last.click.at),
                references=references.get(str(last.click.id), {}),
                other_clicks=len(own) - 1,
                happened=verdict_sentence(last, names),
                paid_to=_paid_to(row, names),
                order=order,
            )
        )
    return found


def has_reference(reference: str) -> Q:
    """A click whose link had this reference, whichever of them."""
    condition = Q()
    for name in REFERENCE_NAMES if reference else ():
        condition |= Q(references__contains={name: reference})
    return condition


def _own(row: Conversion, publisher: int) -> list[Judged]:
    """The publisher's clicks before the sale, with what became of them."""
    assert row.decision
    return [
        judged
        for judged in decisions.judged_clicks(row.decision)
        if judged.click.publisher == publisher and judged.verdict is not Verdict.AFTER_CONVERSION
    ]


def _last(own: Sequence[Judged]) -> Judged:
    """The last click that counts or, without one, the last."""
    counting = [judged for judged in own if judged.verdict not in _UNCOUNTED]
    return (counting or own)[-1]


def _clicks(row: Conversion) -> list[RuleClick]:
    assert row.decision
    return decisions.clicks_of(row.decision)


def _paid_to(row: Conversion, names: Names) -> str:
    """``a content partner, hard``."""
    assert row.decision
    paid = next((item for item in _clicks(row) if item.id == row.decision.paid_click), None)
    commission = commission_of(row)
    declined = commission is not None and commission.status == Commission.Status.DECLINED
    if paid is None or declined:
        return _("nobody")
    return _("%(partner)s, %(cookie_type)s") % {
        "partner": names.of(paid),
        "cookie_type": COOKIE_TYPES[paid.cookie_type],
    }

"""Whether a click reached the shop and how often it was used, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network import dates
from tracking.landings.models import MOST_BROWSERS, MOST_ORDERS
from tracking.landings.uses import Use, uses_of
from tracking.models import Conversion
from tracking.rule.attribution import Click


@dataclass(frozen=True, slots=True)
class UsesOfSale:
    """Where the clicks of a sale landed, by their ids, and the use of the one that is paid."""

    landed: Mapping[UUID, str]
    paid: str
    is_over_limit: bool
    apart: int


def uses_of_sale(row: Conversion, clicks: Sequence[Click]) -> UsesOfSale:
    found = uses_of(row.advertiser_id, [click.id for click in clicks])
    landed = {click.id: landed_text(found.get(click.id, Use())) for click in clicks}
    paid = row.decision.paid_click if row.decision else None
    use = found.get(paid, Use()) if paid else Use()
    return UsesOfSale(landed, uses_text(use), use.is_over_limit, use.apart)


def landed_text(use: Use) -> str:
    """When the click was first seen in the shop, or that it never was."""
    if use.landed_at and use.stale:
        text = ngettext(
            "%(at)s, and %(stale)d time later from a link that somebody had kept",
            "%(at)s, and %(stale)d times later from a link that somebody had kept",
            use.stale,
        )
        return text % {"at": dates.zoned(use.landed_at), "stale": use.stale}
    if use.landed_at:
        return dates.zoned(use.landed_at)
    if use.stale:
        return _("Only from a link that somebody had kept, which gives nothing")
    return _("Never seen to land")


def uses_text(use: Use) -> str:
    """``4 orders, 1 journey, 2 browsers``, and whether that is more than usual."""
    known = {
        "orders": ngettext("%d order", "%d orders", use.orders) % use.orders,
        "journeys": ngettext("%d journey", "%d journeys", use.journeys) % use.journeys,
        "browsers": ngettext("%d browser", "%d browsers", use.browsers) % use.browsers,
    }
    if not use.is_over_limit:
        return _("%(orders)s, %(journeys)s, %(browsers)s") % known
    limits = {"most_orders": MOST_ORDERS, "most_browsers": MOST_BROWSERS}
    return _(
        "%(orders)s, %(journeys)s, %(browsers)s: flagged, as it is more than %(most_orders)s "
        "orders or %(most_browsers)s browsers"
    ) % {**known, **limits}

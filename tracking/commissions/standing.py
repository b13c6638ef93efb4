"""What a sale is worth to whom, written down: whoever speaks about it says what they were shown,
and is refused where it has become another sale since."""

from tracking.commissions.settling import commission_of
from tracking.models import Conversion


class Outdated(ValueError):
    """The ``conversion``, as it is now, is not what was shown to whoever speaks about it."""

    def __init__(self, conversion: Conversion) -> None:
        super().__init__(f"Order {conversion.order} is another sale by now.")
        self.conversion = conversion


def standing(conversion: Conversion) -> str:
    """What decides about what somebody's word on the sale means, its id first. In conflict that is
    also how many reports contradict each other."""
    commission = commission_of(conversion)
    credited: tuple[object, ...] = ()
    if commission:
        paid = commission.publisher_id, commission.amount_minor, commission.currency
        credited = *paid, commission.status, commission.decline_reason
    facts = (
        conversion.pk,
        conversion.amount_minor,
        conversion.currency,
        int(conversion.closed_at is not None),
        int(conversion.verified),
        int(conversion.over_limit),
        conversion.conflict,
        len(conversion.reports.all()) if conversion.conflict else "",
        *credited,
    )
    return " ".join(str(fact) or "-" for fact in facts)


def refuse_other(conversion: Conversion, seen: str) -> None:
    """``seen`` is the :func:`standing` that was shown, empty where nothing was, as with a server.
    The caller holds the sale's lock. Raises Outdated."""
    if seen and seen != standing(conversion):
        raise Outdated(conversion)

"""What hard and soft mean, in words for those who earn by it."""

from network import dates
from network.models import AttributionTerms
from network.wording import counted
from publishers.cookie_types.resolution import ADVERTISER, OWN, InForce
from publishers.models import CookieTypeChoice, ModelType

_SOFT_RULES = {
    AttributionTerms.SoftRule.FIRST: (
        "only when no other cookie of this shop is live in the browser, and never overwrite one"
    ),
    AttributionTerms.SoftRule.LAST: (
        "only when no hard cookie of this shop is live in the browser, and a later soft click "
        "takes over from them"
    ),
    AttributionTerms.SoftRule.SOLE: (
        "only when no other cookie of this shop is live in the browser, and are paid only while no "
        "other partner's cookie period runs"
    ),
}


def type_label(kind: InForce) -> str:
    """``Hard`` or ``Soft``."""
    return str(CookieTypeChoice(kind.cookie_type).label)


def source_text(kind: InForce) -> str:
    """Where a cookie type comes from: ``own, since 3 Mar 2026`` or ``Extension default``."""
    if kind.source == OWN and kind.since:
        return f"own, since {dates.day(kind.since)}"
    default = f"{ModelType(kind.model_type).label} default"
    return f"{default}, the advertiser's" if kind.source == ADVERTISER else default


def explanation(cookie_type: str, *, soft_rule: str, hard_days: int, soft_hours: int) -> str:
    """What the cookie type means under these terms, in two sentences."""
    if cookie_type == CookieTypeChoice.SOFT:
        rule = _SOFT_RULES[AttributionTerms.SoftRule(soft_rule)]
        return (
            f"Soft: your clicks take the cookie {rule}. The cookie ends with the browser "
            f"session, and after {counted(soft_hours, 'hour')} at the latest."
        )
    return (
        "Hard: each of your clicks takes the cookie, from whoever held it. It lasts "
        f"{counted(hard_days, 'day')}, unless a later hard click takes it over."
    )


def lost_in_page(names: str, count: int) -> str:
    """What becomes of those who may activate from the page, once they are hard."""
    their, they = ("its", "it is") if count == 1 else ("their", "they are")
    return (
        f"{names} may activate from the page; {their} activations from the page stop counting "
        f"while {they} hard."
    )

"""What hard and soft mean, in words for those who earn by it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import dates
from network.models import AttributionTerms
from network.wording import counted
from publishers.cookie_types.resolution import ADVERTISER, OWN, InForce
from publishers.models import CookieTypeChoice, ModelType

_SOFT_RULES: Mapping[str, Promise] = {
    AttributionTerms.SoftRule.FIRST: gettext_lazy(
        "Soft: your clicks take the cookie only when no other cookie of this shop is live in the "
        "browser, and never overwrite one."
    ),
    AttributionTerms.SoftRule.LAST: gettext_lazy(
        "Soft: your clicks take the cookie only when no hard cookie of this shop is live in the "
        "browser, and a later soft click takes over from them."
    ),
    AttributionTerms.SoftRule.SOLE: gettext_lazy(
        "Soft: your clicks take the cookie only when no other cookie of this shop is live in the "
        "browser, and are paid only while no other partner's cookie period runs."
    ),
}


def type_label(kind: InForce) -> str:
    """``Hard`` or ``Soft``."""
    return str(CookieTypeChoice(kind.cookie_type).label)


def source_text(kind: InForce, *, with_day: bool = True) -> str:
    """Where a cookie type comes from: ``set individually, since 3 Mar 2026``, or ``Extension
    default``."""
    if kind.source == OWN and kind.since:
        if not with_day:
            return _("set individually")
        return _("set individually, since %(day)s") % {"day": dates.day(kind.since)}
    model_type = ModelType(kind.model_type).label
    if kind.source == ADVERTISER:
        return _("%(model_type)s default, the advertiser's") % {"model_type": model_type}
    return _("%(model_type)s default") % {"model_type": model_type}


def explanation(cookie_type: str, *, soft_rule: str, hard_days: int, soft_hours: int) -> str:
    """What the cookie type means under these terms, in two sentences."""
    if cookie_type == CookieTypeChoice.SOFT:
        ends = _(
            "The cookie ends with the browser session, and after %(period)s at the latest."
        ) % {"period": counted(soft_hours, "hour")}
        return f"{_SOFT_RULES[AttributionTerms.SoftRule(soft_rule)]} {ends}"
    return _(
        "Hard: each of your clicks takes the cookie, also from another partner. It lasts "
        "%(period)s, unless a later hard click takes it over."
    ) % {"period": counted(hard_days, "day")}


def lost_in_page(names: str, count: int) -> str:
    """What becomes of those who may activate from the page, once they are hard."""
    return ngettext(
        "%(partners)s may activate from the page. While it is hard, its activations from the page "
        "do not count.",
        "%(partners)s may activate from the page. While they are hard, their activations from the "
        "page do not count.",
        count,
    ) % {"partners": names}

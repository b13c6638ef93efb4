"""Times and amounts in templates: ``{{ sale.at|moment }}``, ``{{ minor|money:currency }}``."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from network import dates
from network.models import User
from network.money import display, plain
from network.pages.figures import definitions
from network.pages.site import badges
from network.people import access

register = template.Library()
register.filter("written", dates.written)
register.filter("second", dates.to_the_second)
register.filter("money", display)
register.filter("raw_money", plain)  # for charts and spreadsheets


@register.filter
def moment(at: datetime | None) -> str:
    return dates.moment(at) if at else "—"


@register.filter
def day(at: datetime | None) -> str:
    return dates.day(at) if at else "—"


@register.filter
def zoned(at: datetime | None) -> str:
    return dates.zoned(at) if at else "—"


@register.filter
def of(texts: Mapping[object, str], key: object) -> str:
    """The text for this key."""
    return texts[key]


@register.filter
def number(value: int) -> str:
    """``1234567`` as ``1,234,567``."""
    return f"{value:,}"


@register.filter
def share(value: float | None) -> str:
    """``0.0421`` as ``4.2%``; None, of nothing, as a dash."""
    return "—" if value is None else f"{value:.1%}"


@register.filter
def percent(text: str) -> str:
    """``8.000`` as ``8%``."""
    return f"{Decimal(text).normalize():f}%"


register.filter("cookie_type", badges.cookie_type_name)


@register.filter
def cookie_badge(value: str) -> SafeString:
    """``hard`` or ``soft`` as a badge."""
    return badges.cookie_type(value)


@register.filter
def state_badge(state: badges.Toned) -> SafeString:
    """A state as a badge."""
    return badges.state(state)


@register.simple_tag(takes_context=True)
def maker(context: Context, decision: access.Decision) -> User | None:
    """Who decided, as far as the reader may know: ``{% maker row as who %}``."""
    return access.maker(decision, context["request"].user)


@register.inclusion_tag("figure.html")
def figure(name: str) -> dict[str, definitions.Figure]:
    """The title of a number with its definition as a tooltip."""
    return {"figure": definitions.figure(name)}

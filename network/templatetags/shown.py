"""Times and amounts in templates: ``{{ sale.at|moment }}``, ``{{ minor|money:currency }}``."""

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from network import badges, dates, figures
from network.money import display

register = template.Library()


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
def money(minor: int, currency: str) -> str:
    return display(minor, currency)


@register.filter
def percent(text: str) -> str:
    """``8.000`` as ``8 %``."""
    return f"{Decimal(text).normalize():f} %"


@register.filter
def cookie_badge(value: str) -> SafeString:
    """``hard`` or ``soft`` as a badge."""
    return badges.cookie_type(value)


@register.filter
def state_badge(label: str) -> SafeString:
    """A state in words as a badge."""
    return badges.state(label)


@register.inclusion_tag("figure.html")
def figure(name: str) -> dict[str, figures.Figure]:
    """The title of a number with its definition as a tooltip."""
    return {"figure": figures.figure(name)}

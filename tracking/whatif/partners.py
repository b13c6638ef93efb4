"""Which partners a what-if can be about, and which of them a model type stands for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.models import Advertiser
from publishers.cookie_types.current import with_current
from publishers.cookie_types.resolution import OWN
from publishers.models import ModelType, Partnership
from tracking.rule.attribution import CookieType


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner of the advertiser; ``by_default``: its model type's default decides for it."""

    publisher: int
    name: str
    model_type: str
    by_default: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.publisher})"


def partners_of(advertiser: Advertiser, now: datetime) -> list[Partner]:
    """All partners by name, including those that left: their sales are replayed too. One query."""
    rows = with_current(Partnership.objects.filter(advertiser=advertiser), now)
    columns = ("publisher", "publisher__name", "model_type_now", "source_now")
    found = rows.order_by("publisher__name").values_list(*columns)
    return [Partner(key, name, kind, source != OWN) for key, name, kind, source in found]


def named(typed: str, partners: Sequence[Partner]) -> Partner | None:
    """By ``Name (12)``, by id, or by name."""
    match = re.fullmatch(r"(?:.*\()?([0-9]{1,9})\)?", typed.strip())
    if match:
        by_id = next((one for one in partners if one.publisher == int(match[1])), None)
        if by_id:
            return by_id
    wanted = typed.strip().casefold()
    return next((one for one in partners if one.name.casefold() == wanted), None)


def decided_by(model_type: str, partners: Sequence[Partner]) -> list[Partner]:
    """The partners that a model type stands for: those whose cookie type is its default."""
    return [one for one in partners if one.model_type == model_type and one.by_default]


def why_nobody(model_type: str, partners: Sequence[Partner]) -> str:
    """Why a model type stands for nobody; empty where it stands for somebody."""
    if decided_by(model_type, partners):
        return ""
    held = sum(one.model_type == model_type for one in partners)
    known = {"model_type": ModelType(model_type).label, "count": held}
    if not held:
        return _("No partner is of model type %(model_type)s.") % known
    return (
        ngettext(
            "The default decides for nobody: the only partner of model type %(model_type)s has a "
            "cookie type of its own. Name partners instead.",
            "The default decides for nobody: each of the %(count)s partners of model type "
            "%(model_type)s has a cookie type of its own. Name partners instead.",
            held,
        )
        % known
    )


def types_of(
    kinds: Mapping[str, CookieType], own: Mapping[int, CookieType], partners: Sequence[Partner]
) -> dict[int, CookieType]:
    """The types asked for, by publisher, for these partners only. A type for a single partner takes
    precedence over one for its model type."""
    of_kinds = {
        one.publisher: kind
        for model_type, kind in kinds.items()
        for one in decided_by(model_type, partners)
    }
    here = {one.publisher for one in partners}
    return of_kinds | {key: kind for key, kind in own.items() if key in here}

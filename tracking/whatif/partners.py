"""Of which partners a what-if may be, and for whom a model type stands in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    """All of them, by name, those that left, too: their sales are replayed as well. One query."""
    rows = with_current(Partnership.objects.filter(advertiser=advertiser), now)
    told = ("publisher", "publisher__name", "model_type_now", "source_now")
    found = rows.order_by("publisher__name").values_list(*told)
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
    """For whom a model type stands: those for whom its default decides."""
    return [one for one in partners if one.model_type == model_type and one.by_default]


def why_nobody(model_type: str, partners: Sequence[Partner]) -> str:
    """Why a model type stands for nobody; empty where it stands for somebody."""
    if decided_by(model_type, partners):
        return ""
    label = ModelType(model_type).label
    held = sum(one.model_type == model_type for one in partners)
    if not held:
        return f"No partner is of model type {label}."
    those = "the partner" if held == 1 else f"each of the {held} partners"
    return (
        f"The default decides for nobody: {those} of model type {label} has a cookie type of its "
        "own. Name partners instead."
    )


def types_of(
    kinds: Mapping[str, CookieType], own: Mapping[int, CookieType], partners: Sequence[Partner]
) -> dict[int, CookieType]:
    """The types asked for, by publisher, of those among the partners: what is said of a partner
    itself outweighs what is said of its model type."""
    of_kinds = {
        one.publisher: kind
        for model_type, kind in kinds.items()
        for one in decided_by(model_type, partners)
    }
    here = {one.publisher for one in partners}
    return of_kinds | {key: kind for key, kind in own.items() if key in here}

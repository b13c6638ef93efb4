"""What decides for partners by model type: the network's default, or an advertiser's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from network.effective import queries
from network.models import Advertiser
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.current import with_current
from publishers.cookie_types.resolution import OWN
from publishers.models import (
    AssignedType,
    CookieTypeChoice,
    ModelType,
    ModelTypeCookieType,
    Partnership,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A cookie type by default: the network's (without an advertiser) or an advertiser's own. It
    holds ``since`` somebody set it (None: since ever)."""

    cookie_type: str
    since: datetime | None = None
    advertiser: Advertiser | None = None

    @property
    def type_label(self) -> str:
        return str(CookieTypeChoice(self.cookie_type).label)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTypeDefaults:
    """A model type: its defaults, and for how many of its partners they decide."""

    model_type: str
    network: Default
    own: Sequence[Default]
    coming: Sequence[ModelTypeCookieType]
    """What is to start, in order."""
    partners: int
    decides_for: int

    @property
    def label(self) -> str:
        return str(ModelType(self.model_type).label)


def overview(advertisers: Iterable[Advertiser], now: datetime) -> list[ModelTypeDefaults]:
    """Every model type, with what these advertisers say and for their partners. Three queries."""
    shops = {shop.pk: shop for shop in advertisers}
    held = _held(shops, now)
    numbers = _numbers(shops, now)
    rows = ModelTypeCookieType.objects.filter(Q(advertiser__in=shops) | Q(advertiser__isnull=True))
    coming = list(queries.coming(rows.select_related("advertiser"), now))
    return [
        ModelTypeDefaults(
            model_type=kind.value,
            network=held.get((None, kind.value))
            or Default(cookie_type=cookie_types.builtin_default(kind.value)),
            own=[held[key, kind.value] for key in shops if (key, kind.value) in held],
            coming=[row for row in coming if row.model_type == kind.value],
            partners=sum(numbers.get(kind.value, {}).values()),
            decides_for=sum(
                count for source, count in numbers.get(kind.value, {}).items() if source != OWN
            ),
        )
        for kind in ModelType
    ]


def _held(
    shops: Mapping[int, Advertiser], now: datetime
) -> Mapping[tuple[int | None, str], Default]:
    """What holds by advertiser (None: the network) and model type, but where nothing is said."""
    rows = ModelTypeCookieType.objects.filter(Q(advertiser__in=shops) | Q(advertiser__isnull=True))
    held = queries.in_force_by(rows, now, "advertiser_id", "model_type")
    return {
        key: Default(
            cookie_type=row.cookie_type,
            since=row.starts_at,
            advertiser=shops[row.advertiser_id] if row.advertiser_id else None,
        )
        for key, row in held.items()
        if row.cookie_type != AssignedType.INHERIT
    }


def _numbers(shops: Mapping[int, Advertiser], now: datetime) -> dict[str, dict[str, int]]:
    """How many partners there are, by model type and by what decides for them."""
    rows = with_current(Partnership.objects.filter(advertiser__in=shops), now)
    by = ("model_type_now", "source_now")
    found: dict[str, dict[str, int]] = {}
    for kind, source, count in rows.values_list(*by).annotate(Count("pk")):
        found.setdefault(kind, {})[source] = count
    return found

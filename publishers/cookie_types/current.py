"""What is in force for partnerships, in SQL: to filter, sort and count by."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Case, CharField, OuterRef, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from network.effective import queries
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import ADVERTISER, NETWORK, OWN
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    CookieTypeChoice,
    ModelType,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)


def with_current(queryset: QuerySet[Partnership], now: datetime) -> QuerySet[Partnership]:
    """Annotated with what is in force, to filter and sort by: ``status_now`` (None before the
    first), ``model_type_now``, ``cookie_type_now`` and ``source_now``. The last two say
    :func:`cookie_types.in_force` again in SQL; ``tests/publishers/partnerships/test_standing.py``
    holds the two together.
    """
    terms = PartnershipTerms.objects.filter(partnership=OuterRef("pk"))
    model_types = PublisherModelType.objects.filter(publisher=OuterRef("publisher"))
    model_type = queries.value_in_force(model_types, now, "model_type")
    other, char = Value(ModelType.OTHER.value), CharField()
    sources = [
        When(**{f"{layer}__isnull": False}, then=Value(source)) for layer, source in _LAYERS.items()
    ]
    return (
        queryset.annotate(
            status_now=queries.value_in_force(terms, now, "status"),
            model_type_now=Coalesce(model_type, other, output_field=char),
        )
        .annotate(**_layers(now))
        .annotate(
            cookie_type_now=Coalesce(*_LAYERS, _builtin_default(), output_field=char),
            source_now=Case(*sources, default=Value(NETWORK), output_field=char),
        )
    )


def model_types(partnerships: QuerySet[Partnership], now: datetime) -> Mapping[int, str]:
    """The model type in force of each publisher among these. One query."""
    rows = with_current(partnerships, now).only("publisher_id")
    return {row.publisher_id: row.__dict__["model_type_now"] for row in rows}


_LAYERS = {"_own_type": OWN, "_advertiser_type": ADVERTISER, "_network_type": NETWORK}
"""The layers of the policy, the first that says something first, each with its source."""


def _layers(now: datetime) -> dict[str, NullIf]:
    """What each layer says; NULL where it says nothing, or to inherit."""
    own = CookieTypeAssignment.objects.filter(partnership=OuterRef("pk"))
    defaults = ModelTypeCookieType.objects.filter(model_type=OuterRef("model_type_now"))
    rows = (
        own,
        defaults.filter(advertiser=OuterRef("advertiser")),
        defaults.filter(advertiser__isnull=True),
    )
    inherit = Value(AssignedType.INHERIT.value)
    return {
        name: NullIf(queries.value_in_force(found, now, "cookie_type"), inherit)
        for name, found in zip(_LAYERS, rows, strict=True)
    }


def _builtin_default() -> Case:
    soft = Value(CookieTypeChoice.SOFT.value)
    return Case(
        When(model_type_now__in=sorted(cookie_types.SOFT_BY_DEFAULT), then=soft),
        default=Value(CookieTypeChoice.HARD.value),
    )

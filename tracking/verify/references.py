"""Whether what a row of what happened refers to exists, as :mod:`tracking.verify.invariants`.

Foreign keys hold its references to rows of the same advertiser only, and nothing here trusts them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_noop as _

from tracking.distribution.rows import AdvertiserRow
from tracking.models import Click, Rollup
from tracking.rule.reasons import ClickReason, Counted
from tracking.verify.invariants import Invariant

OF_ANYBODY = (
    ClickReason.PREFETCH,
    ClickReason.ADVERTISER_CLOSED,
    ClickReason.HEAD,
    ClickReason.BOT,
    ClickReason.NOT_PARTNER,
)
"""Why a click does not count whose link may name a publisher that there is not."""


def _among(values: Iterator[str]) -> str:
    return "({})".format(", ".join(f"'{value}'" for value in values))


_LOOKED_AT: Mapping[tuple[type[Model], str], str] = {
    (Click, "publisher"): f"reason NOT IN {_among(reason.value for reason in OF_ANYBODY)}",
    (Rollup, "publisher"): "counted NOT IN "
    + _among(Counted(f"click_{reason}").value for reason in OF_ANYBODY),
}
"""Of these columns only such rows; of others all."""


def _references() -> Iterator[Invariant]:
    for model in apps.get_app_config("tracking").get_models():
        if issubclass(model, AdvertiserRow):
            for field in model._meta.concrete_fields:
                if field.related_model:
                    yield _reference(model, field)


def _reference(model: type[Model], field: "Field[Any, Any]") -> Invariant:
    other = field.related_model
    assert isinstance(other, type)
    looked_at = _LOOKED_AT.get((model, field.name), "TRUE")
    within = "other.advertiser_id = %(advertiser)s AND" if issubclass(other, AdvertiserRow) else ""
    return Invariant(
        "E",
        _("{model} {first}"),
        _("its {field} {value} does not exist ({count} such {models} of advertiser {advertiser})"),
        f"""
        SELECT value, count, first, %(advertiser)s AS advertiser FROM (
            SELECT {field.column} AS value, count(*) AS count, min(id::text) AS first
            FROM {model._meta.db_table}
            WHERE advertiser_id = %(advertiser)s AND {field.column} IS NOT NULL AND {looked_at}
            GROUP BY {field.column}
        ) named LEFT JOIN {other._meta.db_table} other ON {within} other.id = named.value
        WHERE other.id IS NULL
        """,  # noqa: S608 - names of our own
        {
            "model": model._meta.verbose_name,
            "models": model._meta.verbose_name_plural,
            "field": field.verbose_name,
        },
    )


REFERENCES = tuple(_references())

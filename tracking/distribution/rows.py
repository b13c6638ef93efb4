"""Rows that lie with their advertiser, and references between them.

The tables of what happened can be distributed over machines by advertiser. For that every key has
the advertiser, and every statement names it: ``docs/decisions/0016-keys-carry-the-advertiser.md``.
"""

from collections.abc import Collection
from typing import Any, Self, TypeVar

import msgspec
from django.db import models
from django.db.models.base import ModelState
from django.db.models.fields.json import KeyTransform
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor
from django.utils.functional import cached_property

_ST = TypeVar("_ST")
_GT = TypeVar("_GT")


class AdvertiserRow(models.Model):
    """A row whose key in the database is ``(id, advertiser_id)``. ``save`` names both; where a row
    is looked up, name its advertiser, too."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **mode: Any
    ) -> Self:
        """As Django does it, without setting one field after another. What is not there is
        deferred."""
        row = cls.__new__(cls)
        row.__dict__.update(zip(field_names, values, strict=True))
        row._state = ModelState()
        row._state.adding, row._state.db = False, db
        return row

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        mine = base_qs.filter(advertiser=self.advertiser_id)  # type: ignore[attr-defined]
        return super()._do_update(mine, *args, **kwargs)


class JSONText(models.JSONField):
    """A field of JSON, read several times as fast: batches read many. For migrations it is
    Django's."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(expression, KeyTransform):
            return super().from_db_value(value, expression, connection)
        return None if value is None else msgspec.json.decode(value)


class _RowsOfAdvertiser(ReverseManyToOneDescriptor[Any]):
    """``conversion.reports``: the rows that refer to this one, of its advertiser."""

    @cached_property
    def related_manager_cls(self) -> type[Any]:
        base: type[Any] = super().related_manager_cls

        class RelatedManager(base):  # type: ignore[misc]
            def __init__(self, instance: Any) -> None:
                super().__init__(instance)
                self.core_filters["advertiser"] = instance.advertiser_id

        return RelatedManager


class _Within:
    """A reference to a row of the same advertiser: joins and look-ups name the advertiser on both
    sides. The composite key that holds it is made by SQL in the migration, for which it is a plain
    reference without a constraint."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "db_constraint": False})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, f"django.db.models.{self._plain}", args, kwargs  # type: ignore[attr-defined]

    def get_joining_fields(self, reverse_join: bool = False) -> Any:
        fields = super().get_joining_fields(reverse_join)  # type: ignore[misc]
        mine = self.model._meta.get_field("advertiser")  # type: ignore[attr-defined]
        other = self.remote_field.model._meta.get_field("advertiser")  # type: ignore[attr-defined]
        return (*fields, (other, mine) if reverse_join else (mine, other))

    def get_extra_descriptor_filter(self, instance: Any) -> dict[str, Any]:
        return {"advertiser": instance.advertiser_id}

    def get_forward_related_filter(self, obj: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_forward_related_filter(obj)  # type: ignore[misc]
        return {**found, "advertiser": obj.advertiser_id}


class KeyWithin(_Within, models.ForeignKey[_ST, _GT]):
    """A foreign key among the rows of one advertiser."""

    _plain = "ForeignKey"
    related_accessor_class = _RowsOfAdvertiser


class OneWithin(_Within, models.OneToOneField[_ST, _GT]):
    """A one-to-one reference among the rows of one advertiser."""

    _plain = "OneToOneField"

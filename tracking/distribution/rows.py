"""Rows that lie with their advertiser, and references between them.

The tables of what happened can be distributed over machines by advertiser. For that every key has
the advertiser, and every statement names it: ``docs/decisions/0016-keys-carry-the-advertiser.md``.
"""

from typing import Any, TypeVar

from django.db import models
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor
from django.utils.functional import cached_property

_ST = TypeVar("_ST")
_GT = TypeVar("_GT")


class AdvertiserRow(models.Model):
    """A row whose key in the database is ``(id, advertiser_id)``. ``save`` names both; where a row
    is looked up, name its advertiser, too."""

    class Meta:
        abstract = True

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        mine = base_qs.filter(advertiser=self.advertiser_id)  # type: ignore[attr-defined]
        return super()._do_update(mine, *args, **kwargs)


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

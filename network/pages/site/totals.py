"""What the rows of a list come to."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.admin.views.main import ChangeList
from django.db.models import Sum
from django_stubs_ext import StrPromise

from network import money


@dataclass(frozen=True, slots=True)
class ListTotal:
    """What a column comes to, in one currency."""

    title: StrPromise
    amount: str


def totals_of(found: ChangeList, sums: Mapping[StrPromise, Sum], most: int) -> list[ListTotal]:
    """By currency, of all rows that are found; nothing of those that are too many to be counted.
    One query."""
    if not sums or not 0 < found.result_count < most:
        return []
    named = {f"sum_{number}": each for number, each in enumerate(sums.values())}
    rows = found.queryset.order_by().values("currency").annotate(**named).order_by("currency")
    return [
        ListTotal(title, money.display(row[name] or 0, row["currency"]))
        for row in rows
        for name, title in zip(named, sums, strict=True)
    ]

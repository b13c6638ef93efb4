"""What the rows of a list come to."""

from collections.abc import Mapping

from django.contrib.admin.views.main import ChangeList
from django.db.models import Sum
from django_stubs_ext import StrPromise

from network import money


def totals_of(found: ChangeList, sums: Mapping[StrPromise, Sum], most: int) -> list[str]:
    """By currency, of all rows that are found, as ``Amount £149.70``; nothing of those that are too
    many to be counted. ``sums`` are by the words, which the ``amount`` is put into. One query."""
    if not sums or not 0 < found.result_count < most:
        return []
    named = {f"sum_{number}": each for number, each in enumerate(sums.values())}
    rows = found.queryset.order_by().values("currency").annotate(**named).order_by("currency")
    return [
        str(words) % {"amount": money.display(row[name] or 0, row["currency"])}
        for row in rows
        for name, words in zip(named, sums, strict=True)
    ]

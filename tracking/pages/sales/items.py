"""What was bought, on the admin's page of a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from network import money
from tracking.evidence.ranks import Rank
from tracking.models import Report
from tracking.rule.reasons import ReportOutcome

_SPEAKING = {ReportOutcome.CREATED, ReportOutcome.MERGED}


@dataclass(frozen=True, slots=True)
class SoldItem:
    """An item in words; empty where the report did not say it."""

    name: str
    id: str
    sku: str
    category: str
    group: str
    price: str
    quantity: str


def items_of(reports: Sequence[Report]) -> list[SoldItem]:
    """Those of the report that is believed most, of the sale's reports that list any and agree on
    its figures. One that anybody can send is not asked: nor is it for the voucher."""
    speaking = [
        report
        for report in reports
        if report.outcome in _SPEAKING and report.rank != Rank.BARE and report.figures.get("items")
    ]
    if not speaking:
        return []
    best = min(speaking, key=lambda one: (Rank(one.rank).place, one.received_at, one.pk.int))
    return [_told(item, best.figures["currency"]) for item in best.figures["items"]]


def _told(item: dict[str, Any], currency: str) -> SoldItem:
    price = item.get("price_minor")
    return SoldItem(
        name=item.get("name", ""),
        id=item.get("id", ""),
        sku=item.get("sku", ""),
        category=item.get("category", ""),
        group=item.get("group", ""),
        price="" if price is None else money.display(price, currency),
        quantity=str(item.get("quantity", "")),
    )

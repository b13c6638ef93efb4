"""Sales to have a performance of, and the page asked for them."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

from django.test import Client

from publishers.models import Partnership
from tests.support.makers import Shopper

PAGE = "/admin/performance/"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def sell(partner: Partnership, at: Any, amount: str) -> None:
    shopper = Shopper()
    shopper.follow(partner, at - MINUTE)
    shopper.buy(partner.advertiser, at, order=f"{partner.publisher}-{amount}", amount=amount)


def rows(client: Client, query: str = "") -> list[list[str]]:
    """The table for spreadsheets without its heading."""
    answer = client.get(f"{PAGE}?format=csv&{query}")
    assert answer.status_code == 200
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))[1:]


def lines(client: Client, query: str = "") -> dict[str, dict[str, str]]:
    """Each line's figures by name, from the table for spreadsheets; the total as ``total``."""
    answer = client.get(f"{PAGE}?format=csv&{query}")
    assert answer.status_code == 200
    head, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}

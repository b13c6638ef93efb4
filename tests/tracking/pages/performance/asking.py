"""Sales to have a performance of, and the page asked for them."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from django.test import Client

from publishers.models import Partnership
from tests.support.makers import Shopper

PAGE = "/admin/performance/"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
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


def workbook(client: Client, query: str) -> tuple[list[list[str]], dict[str, str], str]:
    """The lines, the facts about them, and the first sheet as it is written."""
    answer = client.get(f"{PAGE}?format=xlsx&{query}")
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as book:
        texts = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        shared = ["".join(one.itertext()) for one in texts]
        lines = _cells(book.read("xl/worksheets/sheet1.xml"), shared)
        about = _cells(book.read("xl/worksheets/sheet2.xml"), shared)
        return (
            lines,
            {row[0]: row[1] for row in about},
            book.read("xl/worksheets/sheet1.xml").decode(),
        )


def _cells(sheet: bytes, shared: list[str]) -> list[list[str]]:
    return [
        [
            shared[int(value)] if cell.get("t") == "s" else value
            for cell in row
            for value in [cell.findtext(f"{_SHEET}v", "")]
        ]
        for row in ElementTree.fromstring(sheet).iter(f"{_SHEET}row")
    ]

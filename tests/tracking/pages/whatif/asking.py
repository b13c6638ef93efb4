"""Asking on the what-if page, as a browser does."""

import csv
import io
from typing import Any

from django.test import Client

from tests.support.what_ifs import Market, counted, the_run
from tracking.rule.replay import Change

PAGE = "/admin/whatif/"


def ask(client: Client, market: Market, rows: Any = 3, **typed: Any) -> Any:
    sent = {"advertiser": market.shop.pk, "days": 90, **sent_rows(rows), **typed}
    return client.post(PAGE, sent)


def sent_rows(count: int) -> dict[str, int]:
    return {"rows-TOTAL_FORMS": count, "rows-INITIAL_FORMS": 0}


def errors_of(response: Any) -> dict[str, str]:
    """By the name of the field as it is sent."""
    form = response.context["form"]
    found = {form.add_prefix(name): str(errors) for name, errors in form.errors.items()}
    for row in form.rows:
        found |= {row.add_prefix(name): str(errors) for name, errors in row.errors.items()}
    return found


def change_of(market: Market) -> Change:
    return the_run().question.changes[market.shop.pk]


def answered(client: Client, market: Market, **typed: Any) -> Any:
    response = ask(client, market, **typed)
    assert response.status_code == 302, errors_of(response)
    counted(the_run())
    return client.get(response.url)


def table(client: Client, name: str) -> list[list[str]]:
    response = client.get(f"{PAGE}{the_run().pk}/{name}.csv")
    assert response["Content-Disposition"] == (
        f'attachment; filename="what-if-2026-03-12-{name}.csv"'
    )
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

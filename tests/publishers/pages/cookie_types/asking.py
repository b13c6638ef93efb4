"""Opening the confirmation of a change and sending it, as a browser does."""

import re
from typing import Any

from django.test import Client

from publishers.models import Partnership
from tests.support.what_ifs import Market

ADDRESS = "/admin/publishers/partnership/cookie-type/"
DEFAULT = "/admin/publishers/modeltypecookietype/add/"


def opened(client: Client, *partners: Partnership, to: str = "soft") -> Any:
    chosen = ",".join(str(row.pk) for row in partners)
    return client.get(ADDRESS, {"to": to, "partners": chosen})


def opened_default(client: Client, market: Market, model_type: str) -> Any:
    """The confirmation that the shop's default of a model type becomes soft."""
    query = {"advertiser": str(market.shop.pk), "model_type": model_type, "to": "soft"}
    return client.get(DEFAULT, query)


def fields_of(response: Any) -> dict[str, str]:
    """The hidden fields of the page's form, as a browser sends them."""
    body = response.content.decode().partition('id="asked"')[2]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body))


def send(client: Client, response: Any, address: str = ADDRESS, **typed: str) -> Any:
    return client.post(address, {**fields_of(response), **typed})


def looked_again(client: Client, response: Any, **typed: str) -> Any:
    return send(client, response, do="look", **typed)

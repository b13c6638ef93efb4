"""Somebody at the demo's pages."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client

from network import clock
from network.demo.pages import places
from tests.support.makers import NOW, Shopper


def ask(host: str, path: str, **cookies: str) -> HttpResponse:
    client = Client(headers={"host": host})
    client.cookies.load(cookies)
    response = client.get(path)
    assert isinstance(response, HttpResponse)
    return response


def cleared(response: HttpResponseBase) -> Counter[str]:
    """Deleted cookies by name; each for the host alone and for the host's name as domain."""
    morsels: list[Any] = list(response.cookies.values())
    assert all(morsel["max-age"] in ("0", 0) and not morsel.value for morsel in morsels)
    return Counter(morsel.key for morsel in morsels)


class FirstParty(Shopper):
    """A shopper whose tag keeps the same slots on the shop as the tracking host does."""

    @property
    def jar(self) -> dict[str, str]:
        names = {"__Secure-sch": "_sch", "__Secure-scs": "_scs", "__Secure-scl": "_scl"}
        names["__Secure-scn"] = "_scn"
        return {
            names[name.rpartition("-")[0]]: value for name, value in self.cookies.items() if value
        }


def look(shopper: FirstParty, monkeypatch: pytest.MonkeyPatch, query: str = "") -> str:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    response = ask(places.SHOP, f"/demo/strip{query}", **shopper.jar)
    assert response["Cache-Control"] == "no-store"
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")

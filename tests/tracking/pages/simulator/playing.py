"""Reading the simulator's page and sending its form, as a browser does."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from django.test import Client

from tests.support.reading import text
from tracking.simulator.examples import TABLE
from tracking.simulator.format import read

ROOT = Path(__file__).resolve().parents[4]
SCENARIOS = read(TABLE.read_text(encoding="utf-8"))


def answers(response: Any) -> dict[str, Any]:
    """What the page says, from its markup."""
    body = response.content.decode()
    paid = re.search(r'data-paid="([^"]*)"', body)
    assert paid, text(response)
    verdicts = re.findall(r'<tr data-verdict="(\w+)"', body)
    return {"paid": unescape(paid[1]), "verdicts": verdicts}


def form(response: Any) -> dict[str, str]:
    """The fields of the page's form as a browser would send them."""
    body = response.content.decode()
    body = body[body.index('id="simulator"') :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", body):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and name[1] not in ("file", "csrfmiddlewaretoken"):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select [^>]*?name="([\w-]+)".*?>(.*?)</select>', body, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    area = re.search(r'<textarea id="import".*?>(.*?)</textarea>', body, re.S)
    assert area
    return found | {"import": unescape(area[1])}


def exported(response: Any) -> str:
    area = re.search(r'<textarea id="text".*?>(.*?)</textarea>', response.content.decode(), re.S)
    assert area
    return unescape(area[1])


def send(client: Client, fields: dict[str, Any], do: str = "play") -> Any:
    return client.post("/admin/simulator/", {**fields, "do": do})

"""The OpenAPI document and its page."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.staticfiles import finders

from network.models import Advertiser
from publishers.models import Publisher
from tests.tracking.api.conftest import PATH, Server, click
from tracking.api import described, reading
from tracking.models import Validation

pytestmark = pytest.mark.django_db
DOCUMENT, PAGE = "/api/v1/openapi.json", "/api/v1/docs"


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    answer = client.get(DOCUMENT)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text, object_pairs_hook=without_duplicates)
    return found


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), [name for name, _ in pairs]
    return found


def references(value: object) -> Iterator[str]:
    """The names of the schemas that a part of the document refers to."""
    return iter(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(value)))


def test_every_call_is_described(document: dict[str, Any]) -> None:
    calls = {path: set(methods) for path, methods in document["paths"].items()}
    words = ("approve", "decline", "cancel")
    assert calls == {
        PATH: {"post"},
        **{f"{PATH}/{word}": {"post"} for word in words},
        **{f"{PATH}/{{order}}/{word}": {"post"} for word in words},
    }
    for methods in document["paths"].values():
        call = methods["post"]
        assert call["security"] == [{"Bearer": []}]
        assert call["parameters"][-1]["name"] == "Idempotency-Key"
        assert {"400", "401", "409", "413", "415", "422", "429", "503"} <= call["responses"].keys()
    batch = document["paths"][f"{PATH}/approve"]["post"]["responses"]
    assert sorted(status for status in batch if status < "400") == ["207"]
    schemas = document["components"]["schemas"]
    assert set(references(document)) <= schemas.keys()


def test_what_is_described_is_what_is_read(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    fields = set(reading.ConversionItem.model_fields) - {"sig"}  # which means nothing here
    assert set(schemas["ReportedSale"]["properties"]) == fields
    assert schemas["ReportedSale"]["required"] == ["order", "amount"]
    assert schemas["Declined"]["properties"]["code"]["enum"] == Validation.Code.values


def test_answers_are_as_described(server: Server, shop: Advertiser, blog: Publisher) -> None:
    clicks = [click(shop, blog), "sclk"]
    good: dict[str, Any] = {"order": "1", "amount": "49.90", "clicks": clicks, "odd": 1}
    described.Answered.model_validate(server.post(good).json())
    bad: list[dict[str, Any]] = [{"order": "1"}, {"conversions": []}, {**good, "amount": "1.00"}]
    for wrong in bad:
        described.Problem.model_validate(server.post(wrong).json())
    each = server.post({"conversions": [good, {}]}).json()
    found = described.AnsweredEach.model_validate(each).conversions
    assert [type(one) for one in found] == [described.Answered, described.Refusal]


def test_answers_to_what_is_said_of_orders_are_as_described(
    server: Server, shop: Advertiser, blog: Publisher
) -> None:
    server.report(clicks=[click(shop, blog)])
    headers = {"Authorization": f"Bearer {server.key}"}
    approved = server.client.post(f"{PATH}/1/approve", headers=headers)
    described.Ruled.model_validate(approved.json())
    refused = server.client.post(f"{PATH}/2/decline", json={}, headers=headers)
    described.Problem.model_validate(refused.json())
    both = {"conversions": ["1", "2"]}
    told = server.client.post(f"{PATH}/approve", json=both, headers=headers).json()
    ruled = described.RuledEach.model_validate(told).conversions
    assert [type(one) for one in ruled] == [described.Ruled, described.Refusal]


def test_the_page_loads_from_here_alone(client: httpx.Client) -> None:
    page = client.get(PAGE)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page.text)
    assert len(files) > 2
    assert all(finders.find(file) for file in files)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    assert DOCUMENT in page.text

"""The API as its OpenAPI document describes it. What is checked is read by
:mod:`tracking.api.reading`, which names what is wrong in more words than a schema can; a test holds
the two together."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from network.advertisers.api_keys import MOST_CALLS
from tracking.api.reading import MOST_ITEMS
from tracking.commissions.rulings import MAX_REASON
from tracking.evidence.fields import MAX_ORDER
from tracking.evidence.items import MOST_KEPT_ITEMS, MOST_OF_ITEM, MOST_QUANTITY
from tracking.models import Validation
from tracking.rule.reasons import ReportOutcome

REF = "#/components/schemas/{model}"
NAME = "Softclick"
ABOUT = f"""
What a shop's server tells the network: its sales, and what became of them. Every call has a key of
the advertiser, made on its page in the admin: `Authorization: Bearer sclk_…`. A key may call
{MOST_CALLS} times a minute; a batch is one call. An answer means that it is committed. The same
sent again changes nothing; with an `Idempotency-Key` it also gets the same answer for a day.
"""
Code = Literal["cancelled", "returned", "duplicate", "fraud", "other"]
assert set(Code.__args__) == set(Validation.Code.values)  # type: ignore[attr-defined]


class Described(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class ReportedItem(Described):
    """A row of the basket, for the shop's own eyes; it pays nobody by itself. A wrong field of it
    is left out with a note."""

    id: str | int | None = None
    sku: str | int | None = None
    name: str | None = Field(None, max_length=MOST_OF_ITEM["name"])
    category: str | None = Field(None, max_length=MOST_OF_ITEM["category"])
    group: str | None = None
    """A code of the advertiser's commission groups."""
    price: str | None = Field(None, examples=["24.95"])
    """Of one piece, in the sale's currency, with a decimal point."""
    quantity: int | None = Field(None, ge=1, le=MOST_QUANTITY)
    """Left out: one."""


class ReportedSale(Described):
    """A sale. Fields that are not named here are left out with a note; a wrong optional field never
    costs the sale."""

    order: str = Field(min_length=1, max_length=MAX_ORDER)
    """The shop's unique reference of the order."""
    amount: str = Field(examples=["49.90"])
    """The total after discounts, without tax and shipping, with a decimal point."""
    currency: str | None = Field(None, examples=["GBP"])
    """ISO 4217; left out: the advertiser's."""
    parts: str | None = Field(None, examples=["MACHINES:40.00|DEFAULT:9.90"])
    """What each commission group has in it, joined by |; they add up to the amount."""
    items: list[ReportedItem] | None = Field(None, max_length=MOST_KEPT_ITEMS)
    """What was bought."""
    voucher: str | None = None
    customer: Literal["new", "returning"] | None = None
    channel: str | None = None
    """The shop's own last paid channel."""
    test: bool | str | None = None
    """A test is checked and makes no sale."""
    clicks: list[str] | None = None
    """The click ids that the shop kept of the buyer's visits."""
    at: str | None = Field(None, examples=["2026-03-12T14:00:00+01:00"])
    """When the order was placed, ISO 8601 with an offset; left out: now."""


class ReportedSales(BaseModel):
    """Several at once; each is answered by itself."""

    conversions: list[ReportedSale] = Field(min_length=1, max_length=MOST_ITEMS)


class Reasoned(BaseModel):
    """Why, in words."""

    reason: str | None = Field(None, max_length=MAX_REASON)


class Declined(Described):
    """Why it is declined; the partner reads it."""

    code: Code
    reason: str | None = Field(None, max_length=MAX_REASON)
    """Needed for `other`."""


class Approved(Reasoned):
    """What the order costs has to be said where only browsers reported it."""

    amount: str | None = Field(None, examples=["49.90"])


class OfOrder(Approved):
    order: str


class DeclinedOrder(Declined):
    order: str


class Orders(BaseModel):
    """Several at once; an order may stand as text."""

    conversions: list[OfOrder | str] = Field(min_length=1, max_length=MOST_ITEMS)


class DeclinedOrders(BaseModel):
    conversions: list[DeclinedOrder] = Field(min_length=1, max_length=MOST_ITEMS)


class WrongField(BaseModel):
    """What was wrong with one field, and what to do about it."""

    field: str
    received: str
    expected: str
    remedy: str


class RejectedClick(BaseModel):
    """A click id that credits nobody."""

    click: str
    reason: str


class Answered(BaseModel):
    """What became of one conversion."""

    status: int
    order: str
    outcome: ReportOutcome
    notes: list[WrongField]
    rejected_clicks: list[RejectedClick]


class Ruled(BaseModel):
    """What became of one order."""

    status: int
    order: str
    outcome: Literal["approved", "declined", "unchanged"]


class Problem(BaseModel):
    """A refusal (RFC 9457). ``code`` names for programs what is wrong with the whole call;
    ``errors`` name fields."""

    model_config = ConfigDict(extra="allow")

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    code: str | None = None
    order: Any = None
    outcome: str | None = None
    errors: list[WrongField] | None = None


class Refusal(BaseModel):
    """Of one in a batch."""

    status: int
    order: Any = None
    outcome: str
    detail: str
    errors: list[WrongField]


class AnsweredEach(BaseModel):
    conversions: list[Answered | Refusal]


class RuledEach(BaseModel):
    conversions: list[Ruled | Refusal]


_MODELS = (
    *(ReportedSale, ReportedSales, Reasoned, Approved, Declined, Orders, DeclinedOrders),
    *(Answered, AnsweredEach, Ruled, RuledEach, Problem),
)
_NAMED = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The call's own name, such as a UUID.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_REFUSALS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The body or the Idempotency-Key has another form.",
    HTTPStatus.UNAUTHORIZED: "No key, one that is not ours, or a revoked one.",
    HTTPStatus.FORBIDDEN: "Advertiser closed, beyond the key's scope, or unencrypted.",
    HTTPStatus.CONFLICT: "The order is known otherwise, or the same call is being answered.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Over 2.5 MB, or too many in a batch.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON, or compressed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is wrong, or the Idempotency-Key was another call's.",
    HTTPStatus.TOO_MANY_REQUESTS: "The key calls too often; Retry-After says how long to wait.",
    HTTPStatus.SERVICE_UNAVAILABLE: "PostgreSQL is away; send all of it again after Retry-After.",
}


def operation(
    *bodies: type[BaseModel],
    answers: Mapping[HTTPStatus, type[BaseModel]],
    refusals: Mapping[HTTPStatus, str] | None = None,
    needs_body: bool = True,
) -> dict[str, Any]:
    """What the document says of a call beyond its path."""
    schemas = [{"$ref": REF.format(model=body.__name__)} for body in bodies]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    told = {
        status.value: _told(status.phrase, "application/json", answer)
        for status, answer in answers.items()
    }
    refused = {
        status.value: _told(words, "application/problem+json", Problem)
        for status, words in {**_REFUSALS, **(refusals or {})}.items()
    }
    return {
        "parameters": [_NAMED],
        "requestBody": {
            "required": needs_body,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": {**told, **refused},
    }


def _told(words: str, content_type: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"description": words, "content": {content_type: {"schema": schema}}}


class DescribedAPI(NinjaAPI):
    """With the schemas of bodies that it reads by itself."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        found = super().get_openapi_schema(**options)
        for call in (call for path in found["paths"].values() for call in path.values()):
            told = call["responses"]
            call["responses"] = {
                status: answer for status, answer in told.items() if "content" in answer
            }  # without the 200 that is said of a call of which nothing is said
        models = [(model, "validation") for model in _MODELS]
        _, defined = models_json_schema(models, ref_template=REF)  # type: ignore[arg-type]
        found["components"].setdefault("schemas", {}).update(defined["$defs"])
        return found


class DescribedPage(Swagger):
    """With its files from the site itself. Ninja's own takes them from elsewhere, unless it is an
    application of Django's, which every process would load."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **values: Any) -> HttpResponse:
        told = {**self.settings, "url": self.get_openapi_url(api, values)}
        shown = {"api": api, "swagger_settings": json.dumps(told, indent=1)}
        return render(request, self.template, shown)

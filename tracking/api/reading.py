"""Reading what a shop's server sends: the body, and each conversion in it.

What belongs to one conversion alone never refuses the others of a batch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError
from uuid_utils.compat import uuid7

from tracking.api.problems import Refused
from tracking.conversions.reports import SaleReport
from tracking.evidence.fields import (
    MAX_ORDER,
    MAX_SHOWN,
    FieldError,
    InvalidReport,
    SaleFields,
    Terms,
    as_sent,
    read_fields,
)
from tracking.evidence.joining import MAX_TOKENS, Role
from tracking.models import Report
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.text import printable, visible

MOST_ITEMS = 1_000
"""In a batch; Django's limit of a body, 2.5 MB, has room for as many with several tokens each."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours a shop's clock may be; the report is then dated when it was received."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_NOTED = 20
"""Unknown fields that an answer names."""


@dataclass(frozen=True, slots=True)
class Body:
    """The conversions of a call, as sent; ``is_batch`` where they came in a list."""

    items: list[object]
    is_batch: bool


def _expect(expected: Expected, remedy: Remedy) -> NoReturn:
    said = {"expected": expected.of(), "remedy": remedy.of()}
    raise PydanticCustomError("field", "{expected}", said)


def _tokens(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        _expect(Expected.CLICKS, Remedy.CLICKS)
    return value


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None or at.tzinfo is None:
            _expect(Expected.TIME, Remedy.TIME)
        at = at.astimezone(UTC)
    except OverflowError:
        _expect(Expected.THIS_CENTURY, Remedy.TIME)
    except ValueError:
        _expect(Expected.TIME, Remedy.TIME)
    if at < EARLIEST:
        _expect(Expected.THIS_CENTURY, Remedy.TIME)
    return at


class ConversionItem(BaseModel):
    """A conversion as the shop's server reports it. ``clicks`` and ``at`` are this API's own; what
    the other fields may be is the same for every report (:mod:`tracking.evidence.fields`)."""

    model_config = ConfigDict(extra="allow")

    order: Any = None
    amount: Any = None
    currency: Any = None
    parts: Any = None
    items: Any = None
    voucher: Any = None
    customer: Any = None
    channel: Any = None
    test: Any = None
    sig: Any = None
    clicks: Annotated[list[str], BeforeValidator(_tokens)] = []
    at: Annotated[datetime | None, BeforeValidator(_time)] = None


def read_body(request: HttpRequest) -> Body:
    """Raises Refused for what is no conversion and no batch of them."""
    data = _json(request)
    if isinstance(data, dict) and "conversions" not in data:
        return Body([data], is_batch=False)
    items = data.get("conversions") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "bad_body",
            'The body has to be one conversion, or {"conversions": […]}.',
        )
    if not items:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "empty_batch", f"conversions: expected 1 to {MOST_ITEMS:,}."
        )
    if len(items) > MOST_ITEMS:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_many",
            f"conversions: received {len(items):,}, expected {MOST_ITEMS:,} at most. Send several "
            "batches.",
        )
    return Body(items, is_batch=True)


def read_object(request: HttpRequest) -> dict[str, Any]:
    """Empty without a body. Raises Refused for one that is no JSON object."""
    data = _json(request) if _has_body(request) else {}
    if not isinstance(data, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_body", "The body has to be a JSON object.")
    return data


def read_item(item: object, advertiser: int, terms: Terms, now: datetime) -> SaleReport:
    """The report in an item of the body. Where it cannot be used, its ``errors`` say why."""
    errors: tuple[FieldError, ...] = ()
    shape, sale = ConversionItem(), None
    data: Mapping[str, object] = item if isinstance(item, dict) else {}
    try:
        shape = ConversionItem.model_validate(item)
        errors = _ahead(shape, now)
    except ValidationError as error:
        errors = tuple(_shape_errors(error))
    try:
        read = read_fields(data, terms)
    except InvalidReport as error:
        errors = (*error.errors, *errors) if isinstance(item, dict) else errors
    else:
        sale = None if errors else _with_notes(read, shape)
    return SaleReport(
        id=uuid7(),
        advertiser=advertiser,
        source=Report.Source.KEYED,
        received_at=now,
        at=shape.at or now,
        sale=sale,
        tokens=tuple((Role.SERVER, text.strip()) for text in shape.clicks),
        errors=errors,
        order=printable(str(data.get("order") or ""), MAX_ORDER),
        sent=as_sent(data) if errors else {},
    )


def _has_body(request: HttpRequest) -> bool:
    try:
        return bool(request.body)
    except RequestDataTooBig:
        return True


def _json(request: HttpRequest) -> object:
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "The body has to be JSON: send Content-Type: application/json, and do not compress it.",
        )
    try:
        return json.loads(request.body, parse_constant=_no_number)
    except RequestDataTooBig:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            "The body has more than 2.5 MB. Send several batches.",
        ) from None
    except (ValueError, RecursionError):
        raise Refused(
            HTTPStatus.BAD_REQUEST, "bad_json", "The body is not JSON in UTF-8."
        ) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _ahead(shape: ConversionItem, now: datetime) -> tuple[FieldError, ...]:
    if shape.at is None or shape.at <= now + CLOCKS_DIFFER:
        return ()
    expected = Expected.NOT_AFTER.of(latest=f"{now:%Y-%m-%dT%H:%M:%SZ}")
    return (FieldError("at", shape.at.isoformat(), expected, Remedy.CLOCK.of()),)


def _shape_errors(error: ValidationError) -> list[FieldError]:
    found = []
    for one in error.errors(include_url=False):
        said = one.get("ctx", {})
        found.append(
            FieldError(
                field=str(one["loc"][0]) if one["loc"] else "conversion",
                received=visible(str(one["input"]), MAX_SHOWN),
                expected=said.get("expected", Expected.CONVERSION.of()),
                remedy=said.get("remedy", Remedy.CONVERSION.of()),
            )
        )
    return found


def _with_notes(sale: SaleFields, shape: ConversionItem) -> SaleFields:
    """The sale, that also says what of this item was not read."""
    unknown = sorted(shape.model_extra or ())
    notes = [
        FieldError(visible(name, MAX_SHOWN), "", Expected.NO_FIELD.of(), Remedy.NOT_READ.of())
        for name in unknown[:MOST_NOTED]
    ]
    if len(shape.clicks) > MAX_TOKENS:
        count, expected = str(len(shape.clicks)), Expected.MOST_CLICKS.of(most=MAX_TOKENS)
        notes.append(FieldError("clicks", count, expected, Remedy.MOST_CLICKS.of(most=MAX_TOKENS)))
    return replace(sale, notes=(*sale.notes, *notes))

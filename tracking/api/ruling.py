"""``POST /api/v1/conversions/…/approve``, ``decline`` and ``cancel``: what a shop's server says
about orders that were reported."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import override
from ninja import Router

from network import clock
from network.models import ApiKey
from tracking.api import described, problems, reading
from tracking.api.auth import Bearer, KeyedRequest
from tracking.api.described import operation
from tracking.api.named import once
from tracking.commissions.rulings import MAX_REASON, Statement
from tracking.commissions.transitions import LEADS_TO
from tracking.evidence.fields import MAX_ORDER, MAX_SHOWN, FieldError
from tracking.lifecycle.validation import ValidationRefused, validate
from tracking.models import Conversion, Validation
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.text import visible

Action, Code = Validation.Action, Validation.Code
Said = Mapping[str, Any]
Answer = dict[str, Any]
Rule = Callable[[Said], Answer]

router = Router(tags=["What became of orders"])
_RULED = {HTTPStatus.OK: described.Ruled}
_UNKNOWN = {HTTPStatus.NOT_FOUND: "No sale of this order is credited to a partner."}
_ONE = operation(described.Said, answers=_RULED, refusals=_UNKNOWN, needs_body=False)
_DECLINED = operation(described.Declined, answers=_RULED, refusals=_UNKNOWN)
_EACH = {HTTPStatus.MULTI_STATUS: described.RuledEach}
_BATCH = operation(described.Orders, answers=_EACH)
_DECLINED_BATCH = operation(described.DeclinedOrders, answers=_EACH)


@router.post("/conversions/approve", auth=Bearer(), openapi_extra=_BATCH)
@once
def approve_all(request: KeyedRequest) -> HttpResponse:
    """Approve orders."""
    return _batch(request, partial(_approve, request.auth))


@router.post("/conversions/decline", auth=Bearer(), openapi_extra=_DECLINED_BATCH)
@once
def decline_all(request: KeyedRequest) -> HttpResponse:
    """Decline orders, each with a code."""
    return _batch(request, partial(_decline, request.auth))


@router.post("/conversions/cancel", auth=Bearer(), openapi_extra=_BATCH)
@once
def cancel_all(request: KeyedRequest) -> HttpResponse:
    """Cancel orders: decline them as cancelled."""
    return _batch(request, partial(_cancel, request.auth))


@router.post("/conversions/{path:order}/approve", auth=Bearer(), openapi_extra=_ONE)
@once
def approve(request: KeyedRequest, order: str) -> HttpResponse:
    """Approve an order. It also confirms a sale that only a browser reported, or that is larger
    than plausible."""
    return _one(request, order, partial(_approve, request.auth))


@router.post("/conversions/{path:order}/decline", auth=Bearer(), openapi_extra=_DECLINED)
@once
def decline(request: KeyedRequest, order: str) -> HttpResponse:
    """Decline an order, with a code that its partner reads."""
    return _one(request, order, partial(_decline, request.auth))


@router.post("/conversions/{path:order}/cancel", auth=Bearer(), openapi_extra=_ONE)
@once
def cancel(request: KeyedRequest, order: str) -> HttpResponse:
    """Cancel an order: decline it as cancelled."""
    return _one(request, order, partial(_cancel, request.auth))


def _batch(request: KeyedRequest, rule: Rule) -> HttpResponse:
    """Each order by itself, in their order: one that is refused does not keep the others back."""
    items = reading.read_body(request).items
    answers = [rule(item if isinstance(item, dict) else {"order": item}) for item in items]
    return JsonResponse({"conversions": answers}, status=HTTPStatus.MULTI_STATUS)


def _one(request: KeyedRequest, order: str, rule: Rule) -> HttpResponse:
    said = reading.read_object(request) if request.body else {}
    answer = rule({**said, "order": order})
    status = HTTPStatus(answer["status"])
    if status < HTTPStatus.BAD_REQUEST:
        return JsonResponse(answer, status=status)
    return problems.problem(**{**answer, "status": status})


def _approve(key: ApiKey, said: Said) -> Answer:
    return _rule(Statement(action=Action.APPROVE, made_by=key, reason=_text(said)), said)


def _decline(key: ApiKey, said: Said) -> Answer:
    code = said.get("code", "")
    if code not in Code.values:
        expected = Expected.ONE_OF.of(known=", ".join(Code.values))
        return _invalid(said, "code", code, expected, Remedy.KNOWN_CODE)
    if code == Code.OTHER and not _text(said):
        return _invalid(said, "reason", "", Expected.REASON_IN_WORDS.of(), Remedy.REASON)
    made = Statement(action=Action.DECLINE, made_by=key, code=code, reason=_text(said))
    return _rule(made, said)


def _cancel(key: ApiKey, said: Said) -> Answer:
    return _decline(key, {**said, "code": Code.CANCELLED})


def _rule(statement: Statement, said: Said) -> Answer:
    """Say it of the order, once: what is so already stays as it is."""
    if len(statement.reason) > MAX_REASON or not isinstance(said.get("reason", ""), str):
        expected = Expected.SHORT_TEXT.of(most=MAX_REASON)
        return _invalid(said, "reason", said.get("reason"), expected, Remedy.SHORTEN)
    key, order = statement.made_by, said.get("order")
    assert isinstance(key, ApiKey)
    found = _find(key.advertiser_id, order)
    if found is None:
        expected = Expected.KNOWN_ORDER.of()
        return _invalid(said, "order", order, expected, Remedy.ORDER, status=HTTPStatus.NOT_FOUND)
    if _is_so(found, statement.action):
        return {"status": HTTPStatus.OK, "order": order, "outcome": "unchanged"}
    return _said(found, statement, clock.now())


def _said(found: Conversion, statement: Statement, now: datetime) -> Answer:
    try:
        with override("en"):
            validate(found.advertiser_id, found.pk, statement, now)
    except ValidationRefused as refused:
        return {
            "status": HTTPStatus.CONFLICT,
            "order": found.order,
            "outcome": "refused",
            "detail": str(refused),
            "errors": [],
        }
    outcome = LEADS_TO[statement.action].value
    return {"status": HTTPStatus.OK, "order": found.order, "outcome": outcome}


def _find(advertiser: int, order: object) -> Conversion | None:
    if not isinstance(order, str | int) or len(str(order)) > MAX_ORDER or "\x00" in str(order):
        return None
    sales = Conversion.objects.select_related("commission")
    return sales.filter(advertiser=advertiser, order=str(order)).first()


def _is_so(found: Conversion, action: Validation.Action) -> bool:
    commission = getattr(found, "commission", None)
    return commission is not None and commission.status == LEADS_TO[action]


def _text(said: Said) -> str:
    reason = said.get("reason", "")
    return reason.strip() if isinstance(reason, str) else ""


def _invalid(
    said: Said,
    field: str,
    received: object,
    expected: str,
    remedy: Remedy,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Answer:
    error = FieldError(field, visible(str(received), MAX_SHOWN), expected, remedy.of())
    return {
        "status": status,
        "order": said.get("order"),
        "outcome": "refused",
        "detail": "Nothing was changed. Correct the fields that are named.",
        "errors": [asdict(error)],
    }

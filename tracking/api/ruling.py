"""``POST /api/v1/conversions/…/approve``, ``decline`` and ``cancel``: what a shop's server says
about orders that were reported."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import override
from ninja import Router

from network import clock, money
from network.models import ApiKey
from tracking.api import described, problems, reading
from tracking.api.auth import Bearer, KeyedRequest
from tracking.api.described import operation
from tracking.api.named import once
from tracking.commissions.rulings import MAX_REASON, Statement
from tracking.commissions.transitions import LEADS_TO
from tracking.evidence.fields import (
    MAX_SHOWN,
    FieldError,
    InvalidReport,
    read_amount,
    read_order,
)
from tracking.lifecycle.validation import OtherAmount, ValidationRefused, validate
from tracking.models import Commission, Conversion, Validation
from tracking.remedies.wordings import Expected, Remedy
from tracking.rule.text import is_seen, visible

Action, Code = Validation.Action, Validation.Code
Said = Mapping[str, Any]
Answer = dict[str, Any]
Rule = Callable[[Said], Answer]
WRONG = "Nothing was changed. Correct the fields that are named."
UNKNOWN = "No sale of this order is credited to a partner."

router = Router(tags=["What became of orders"])
_RULED = {HTTPStatus.OK: described.Ruled}
_UNKNOWN = {HTTPStatus.NOT_FOUND: "No sale of this order is credited to a partner."}
_APPROVED = operation(described.Approved, answers=_RULED, refusals=_UNKNOWN, needs_body=False)
_CANCELLED = operation(described.Reasoned, answers=_RULED, refusals=_UNKNOWN, needs_body=False)
_DECLINED = operation(described.Declined, answers=_RULED, refusals=_UNKNOWN)
_EACH = {HTTPStatus.MULTI_STATUS: described.RuledEach}
_BATCH = operation(described.Orders, answers=_EACH)
_DECLINED_BATCH = operation(described.DeclinedOrders, answers=_EACH)


@router.post("/conversions/approve", auth=Bearer(decides=True), openapi_extra=_BATCH)
@once
def approve_all(request: KeyedRequest) -> HttpResponse:
    """Approve orders."""
    return _batch(request, partial(_approve, request.auth))


@router.post("/conversions/decline", auth=Bearer(decides=True), openapi_extra=_DECLINED_BATCH)
@once
def decline_all(request: KeyedRequest) -> HttpResponse:
    """Decline orders, each with a code."""
    return _batch(request, partial(_decline, request.auth))


@router.post("/conversions/cancel", auth=Bearer(decides=True), openapi_extra=_BATCH)
@once
def cancel_all(request: KeyedRequest) -> HttpResponse:
    """Cancel orders: decline them as cancelled."""
    return _batch(request, partial(_cancel, request.auth))


@router.post(
    "/conversions/{path:order}/approve", auth=Bearer(decides=True), openapi_extra=_APPROVED
)
@once
def approve(request: KeyedRequest, order: str) -> HttpResponse:
    """Approve an order. It also confirms a sale that only a browser reported, or that is larger
    than plausible."""
    return _one(request, order, partial(_approve, request.auth))


@router.post(
    "/conversions/{path:order}/decline", auth=Bearer(decides=True), openapi_extra=_DECLINED
)
@once
def decline(request: KeyedRequest, order: str) -> HttpResponse:
    """Decline an order, with a code that its partner reads."""
    return _one(request, order, partial(_decline, request.auth))


@router.post(
    "/conversions/{path:order}/cancel", auth=Bearer(decides=True), openapi_extra=_CANCELLED
)
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
    answer = rule({**reading.read_object(request), "order": order})
    status = HTTPStatus(answer["status"])
    if status < HTTPStatus.BAD_REQUEST:
        return JsonResponse(answer, status=status)
    return problems.problem(**{**answer, "status": status})


def _approve(key: ApiKey, said: Said) -> Answer:
    return _rule(key, said, Action.APPROVE)


def _decline(key: ApiKey, said: Said) -> Answer:
    return _rule(key, said, Action.DECLINE)


def _cancel(key: ApiKey, said: Said) -> Answer:
    return _rule(key, {**said, "code": Code.CANCELLED}, Action.DECLINE)


def _rule(key: ApiKey, said: Said, action: Validation.Action) -> Answer:
    """Say it of the order, once: what is so already stays as it is."""
    try:
        order = read_order(said)
        code = _code(said) if action == Action.DECLINE else ""
        reason = _reason(said, is_needed=code == Code.OTHER)
        found = _find(key, order)
        if found is None:
            return _refused(HTTPStatus.NOT_FOUND, order, UNKNOWN, [_unknown(order)])
        amount = read_amount(said, found.currency) if action == Action.APPROVE else None
    except InvalidReport as error:
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, said.get("order"), WRONG, error.errors)
    if _is_so(found, action):
        return {"status": HTTPStatus.OK, "order": order, "outcome": "unchanged"}
    statement = Statement(action=action, made_by=key, reason=reason, code=code, amount_minor=amount)
    return _said(found, statement, clock.now())


def _said(found: Conversion, statement: Statement, now: datetime) -> Answer:
    try:
        with override("en"):
            validate(found.advertiser_id, found.pk, statement, now)
    except OtherAmount as refused:
        known = money.plain(refused.known, refused.currency)
        sent = statement.amount_minor
        received = "" if sent is None else money.plain(sent, refused.currency)
        errors = [FieldError("amount", received, known, Remedy.KEYED_AMOUNT.of())]
        return _refused(HTTPStatus.CONFLICT, found.order, str(refused), errors)
    except ValidationRefused as refused:
        return _refused(HTTPStatus.CONFLICT, found.order, str(refused), [])
    outcome = LEADS_TO[statement.action].value
    return {"status": HTTPStatus.OK, "order": found.order, "outcome": outcome}


def _find(key: ApiKey, order: str) -> Conversion | None:
    sales = Conversion.objects.select_related("commission")
    return sales.filter(advertiser=key.advertiser_id, order=order).first()


def _is_so(found: Conversion, action: Validation.Action) -> bool:
    """Whether the advertiser has said so before, and it holds."""
    commission = getattr(found, "commission", None)
    if commission is None or found.conflict or commission.status != LEADS_TO[action]:
        return False
    declined = Commission.DeclineReason.BY_ADVERTISER
    return action != Action.DECLINE or commission.decline_reason == declined


def _code(said: Said) -> str:
    """Raises InvalidReport."""
    code = said.get("code")
    if not isinstance(code, str) or code not in Code.values:
        expected = Expected.ONE_OF.of(known=", ".join(Code.values))
        raise _wrong("code", code, expected, Remedy.KNOWN_CODE)
    return code


def _reason(said: Said, *, is_needed: bool) -> str:
    """Raises InvalidReport."""
    raw = said.get("reason")
    reason = "" if raw is None else raw
    if not isinstance(reason, str) or len(reason) > MAX_REASON or not is_seen(reason):
        expected = Expected.SHORT_TEXT.of(most=MAX_REASON)
        raise _wrong("reason", reason, expected, Remedy.TEXT)
    if is_needed and not reason.strip():
        raise _wrong("reason", reason, Expected.REASON_IN_WORDS.of(), Remedy.REASON)
    return reason.strip()


def _wrong(field: str, received: object, expected: str, remedy: Remedy) -> InvalidReport:
    shown = "" if received is None else visible(str(received), MAX_SHOWN)
    return InvalidReport([FieldError(field, shown, expected, remedy.of())])


def _unknown(order: str) -> FieldError:
    return FieldError("order", order, Expected.KNOWN_ORDER.of(), Remedy.ORDER.of())


def _refused(
    status: HTTPStatus, order: object, detail: str, errors: Iterable[FieldError]
) -> Answer:
    return {
        "status": status,
        "order": order,
        "outcome": "refused",
        "detail": detail,
        "errors": [asdict(error) for error in errors],
    }

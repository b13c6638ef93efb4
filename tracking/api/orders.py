"""``POST /s2s/advertiser/<adv>/orders``: a shop's server reports its sales as it does at Awin.

Names are translated; what the values may be, who is believed and what a report does is said where
ours are read. Errors name the fields as they were sent.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.views.decorators.http import require_POST

from network import clock
from network.models import Advertiser, ApiKey
from tracking.api import problems, reading, taking
from tracking.api.auth import Bearer
from tracking.api.conversions import answer
from tracking.api.problems import ForeignAnswer, Refused
from tracking.api.reading import MOST_ITEMS
from tracking.conversions.reports import terms_of

HEADER = "x-api-key"
_NAMES = {
    "orderReference": "order",
    "amount": "amount",
    "currency": "currency",
    "voucher": "voucher",
    "channel": "channel",
    "customerAcquisition": "customer",
    "isTest": "test",
    "basket": "items",
    "awc": "clicks",
    "transactionTime": "at",
    "commissionGroups": "parts",
}
_THEIRS = {ours: theirs for theirs, ours in _NAMES.items()}
_GROUP = "commissionGroupCode"
"""Of an item."""
_SECONDS = 1e11
"""A time since 1970 that is larger than this is one in milliseconds."""


@require_POST
def report_orders(request: HttpRequest, advertiser: int) -> ForeignAnswer:
    """``{"orders": [...]}``, up to 1,000 of them. 200 where all were taken, else 206; an order that
    was not is answered with what is wrong. Refused as a whole without a key of the advertiser."""
    try:
        return _taken(_key(request, advertiser).advertiser, _orders(request))
    except Refused as refused:
        return _refusal(refused)
    except (OperationalError, InterfaceError) as error:
        problems.log.error("Refused %s: %s", request.path, error)
        return _refusal(problems.away())


def _taken(shop: Advertiser, orders: list[object]) -> ForeignAnswer:
    now = clock.now()
    terms = terms_of(shop, is_lenient=True)
    reported = [reading.read_item(_translated(order), shop.pk, terms, now) for order in orders]
    answers = [answer(taken) for taken in taking.take(reported, clock.now)] if orders else []
    taken, failed = [], []
    for order, said in zip(orders, answers, strict=True):
        named = {"orderReference": order.get("orderReference") if isinstance(order, dict) else None}
        if said["status"] < HTTPStatus.BAD_REQUEST:
            taken.append(named)
        else:
            failed.append({"order": named, "errors": _errors(said)})
    status = HTTPStatus.PARTIAL_CONTENT if failed else HTTPStatus.OK
    return ForeignAnswer({"successfulOrders": taken, "failedOrders": failed}, status=status)


def _key(request: HttpRequest, advertiser: int) -> ApiKey:
    """Raises Refused for a key that is none of the advertiser's."""
    found = Bearer().authenticate(request, request.headers.get(HEADER, ""))
    if found is None or found.advertiser_id != advertiser:
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            "unauthorized",
            f"Send {HEADER} with a key of this advertiser that is not revoked. Keys are made on "
            "its page in the admin.",
        )
    return found


def _orders(request: HttpRequest) -> list[object]:
    """Raises Refused for a body that is no list of orders."""
    orders = reading.read_object(request).get("orders")
    if not isinstance(orders, list):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_body", 'The body has to be {"orders": […]}.')
    if len(orders) > MOST_ITEMS:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_many",
            f"orders: received {len(orders):,}, expected {MOST_ITEMS:,} at most.",
        )
    return orders


def _translated(order: object) -> object:
    """The order with our names. What is no such object is refused where ours are read."""
    if not isinstance(order, dict):
        return order
    item = {ours: order[theirs] for theirs, ours in _NAMES.items() if order.get(theirs) is not None}
    if isinstance(clicks := item.get("clicks"), str):
        item["clicks"] = clicks.replace(",", " ").split()
    if isinstance(items := item.get("items"), list):
        item["items"] = [_item(one) for one in items]
    if "parts" in item:
        item["parts"] = _parts(item["parts"])
    if "at" in item:
        item["at"] = _time(item["at"])
    return item


def _item(bought: object) -> object:
    if not isinstance(bought, Mapping):
        return bought
    return {"group" if name == _GROUP else name: value for name, value in bought.items()}


def _parts(groups: object) -> object:
    """``CODE:amount|…``; what is no list of groups is refused where ours are read."""
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) for group in groups):
        return groups
    return "|".join(f"{group.get('code', '')}:{group.get('amount', '')}" for group in groups)


def _time(said: object) -> object:
    """A time since 1970, in seconds or milliseconds, as ISO 8601; else as it was sent."""
    try:
        since = float(said) if isinstance(said, str | int | float) else None
        if since is None or isinstance(said, bool):
            return said
        seconds = since / 1000 if since > _SECONDS else since
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return said


def _errors(said: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was wrong with an order, by the fields' names there."""
    named = [
        {
            "field": _THEIRS.get(error["field"], error["field"]),
            "message": f"received '{error['received']}', expected {error['expected']}. "
            f"{error['remedy']}",
        }
        for error in said["errors"]
    ]
    return named or [{"field": "orderReference", "message": said["detail"]}]


def _refusal(refused: Refused) -> ForeignAnswer:
    code = refused.code
    if refused.status is HTTPStatus.TOO_MANY_REQUESTS:
        code = "request.limit.exceeded"
    response = ForeignAnswer({"error": code, "description": str(refused)}, status=refused.status)
    for name, value in refused.headers.items():
        response.headers[name.replace("_", "-")] = value
    return response

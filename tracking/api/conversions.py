"""``POST /api/v1/conversions``: a shop's server reports its sales."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.security import HttpBearer

from network import clock, money
from network.advertisers import api_keys
from network.models import Advertiser, ApiKey
from tracking.api import problems, reading, taking
from tracking.api.problems import Refused
from tracking.api.taking import Taken
from tracking.evidence.fields import FieldError, SaleFigures, Terms
from tracking.remedies.wordings import Remedy
from tracking.rule.reasons import ReportOutcome

router = Router()


class KeyedRequest(HttpRequest):
    auth: ApiKey


class Bearer(HttpBearer):
    """The key in ``Authorization: Bearer``."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "not_https",
                "Call this address by https. The key came unencrypted: make another, revoke it.",
            )
        found = api_keys.find(token.strip(), clock.now())
        if found and found.advertiser.status == Advertiser.Status.CLOSED:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "advertiser_closed",
                "The advertiser is closed: it takes no more reports. Ask the network's operators.",
            )
        if found:
            _count(found)
        return found


def _count(key: ApiKey) -> None:
    """Raises Refused for a key that calls too often."""
    try:
        api_keys.count_call(key, clock.now())
    except api_keys.TooManyCalls as error:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_calls",
            f"A key may call {api_keys.MOST_CALLS} times a minute. Wait for Retry-After seconds, "
            "and send several conversions in one call.",
            Retry_After=str(error.seconds),
        ) from None


@router.post("/conversions", auth=Bearer())
def report_conversions(request: KeyedRequest) -> HttpResponse:
    """One conversion, or a batch of them, which is answered one by one."""
    shop, body, now = request.auth.advertiser, reading.read_body(request), clock.now()
    groups = frozenset(shop.commission_groups.values_list("code", flat=True))
    terms = Terms(shop.currency, groups)
    # In their order by id, too: of what came at once the first is believed.
    reported = [reading.read_item(item, shop.pk, terms, now) for item in body.items]
    answers = [_answer(taken) for taken in taking.take(reported, clock.now)]
    if body.is_batch:
        return JsonResponse({"conversions": answers}, status=HTTPStatus.MULTI_STATUS)
    status = HTTPStatus(answers[0]["status"])
    if status < HTTPStatus.BAD_REQUEST:
        return JsonResponse(answers[0], status=status)
    return problems.problem(**{**answers[0], "status": status})


def _answer(taken: Taken) -> dict[str, Any]:
    report = taken.judged.report
    said: dict[str, Any] = {
        "status": taken.status,
        "order": report.sale.order if report.sale else report.order,
        "outcome": _outcome(taken),
    }
    if taken.status >= HTTPStatus.BAD_REQUEST:
        return said | _refusal(taken)
    return said | {
        "notes": [asdict(note) for note in report.remarks],
        "rejected_clicks": [
            {"click": token["token"], "reason": token["reason"]}
            for token in taken.judged.tokens
            if token["reason"]
        ],
    }


def _outcome(taken: Taken) -> ReportOutcome:
    """As whoever sent it sees it: an order is created once."""
    if taken.status is HTTPStatus.OK and taken.outcome is ReportOutcome.CREATED:
        return ReportOutcome.MERGED
    return taken.outcome


def _refusal(taken: Taken) -> dict[str, Any]:
    sale = taken.judged.report.sale
    if sale is None:
        return _refused(
            "Nothing was recorded but this refusal. Correct the fields that are named.",
            *taken.judged.report.errors,
        )
    if taken.outcome is ReportOutcome.TOO_MANY:
        return _refused("So many reports of this order differ that this one was not kept.")
    if taken.held in (None, sale.figures):
        return _refused(
            "The order is known with clicks of another browser. Nothing was changed; the conflict "
            "is recorded, and the advertiser settles it."
        )
    if taken.outcome is ReportOutcome.LATE:
        return _refused(
            "The sale is final with other figures. Nothing was changed; the report is kept.",
            _difference(sale.figures, taken.held),
        )
    return _refused(
        "The order is known with other figures. Nothing was changed; the conflict is recorded, and "
        "the advertiser settles it.",
        _difference(sale.figures, taken.held),
    )


def _refused(detail: str, *errors: FieldError) -> dict[str, Any]:
    return {"detail": detail, "errors": [asdict(error) for error in errors]}


def _difference(sent: SaleFigures, held: SaleFigures) -> FieldError:
    """Which field it is that differs from what is known of the order."""
    remedy = Remedy.SETTLE.of()
    if sent.currency != held.currency:
        return FieldError("currency", sent.currency, held.currency, remedy)
    if sent.amount_minor != held.amount_minor:
        return FieldError("amount", _amount(sent), _amount(held), remedy)
    return FieldError("parts", _parts(sent), _parts(held), remedy)


def _amount(figures: SaleFigures) -> str:
    return money.plain(figures.amount_minor, figures.currency)


def _parts(figures: SaleFigures) -> str:
    return "|".join(
        f"{part.group}:{money.plain(part.amount_minor, figures.currency)}" for part in figures.parts
    )

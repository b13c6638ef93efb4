"""``POST /api/v1/conversions``: a shop's server reports its sales."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja import Router

from network import clock, money
from tracking.api import described, problems, reading, taking
from tracking.api.auth import Bearer, KeyedRequest
from tracking.api.described import operation
from tracking.api.named import once
from tracking.api.taking import Taken
from tracking.conversions.reports import terms_of
from tracking.evidence.fields import FieldError, SaleFigures
from tracking.remedies.wordings import Remedy
from tracking.rule.reasons import ReportOutcome

router = Router(tags=["Sales"])
_DESCRIBED = operation(
    described.ReportedSale,
    described.ReportedSales,
    answers={
        HTTPStatus.CREATED: described.Answered,
        HTTPStatus.OK: described.Answered,
        HTTPStatus.MULTI_STATUS: described.AnsweredEach,
    },
)


@router.post("/conversions", auth=Bearer(), openapi_extra=_DESCRIBED)
@once
def report_conversions(request: KeyedRequest) -> HttpResponse:
    """One conversion, or a batch of them, which is answered one by one."""
    shop, body, now = request.auth.advertiser, reading.read_body(request), clock.now()
    terms = terms_of(shop)
    # In their order by id, too: of what came at once the first is believed.
    reported = [reading.read_item(item, shop.pk, terms, now) for item in body.items]
    answers = [answer(taken) for taken in taking.take(reported, clock.now)]
    if body.is_batch:
        return JsonResponse({"conversions": answers}, status=HTTPStatus.MULTI_STATUS)
    status = HTTPStatus(answers[0]["status"])
    if status < HTTPStatus.BAD_REQUEST:
        return JsonResponse(answers[0], status=status)
    return problems.problem(**{**answers[0], "status": status})


def answer(taken: Taken) -> dict[str, Any]:
    """What is said of one conversion."""
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

"""A decision as it is stored: whole, so that it can be recomputed and gives the same answer."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from tracking.models import Decision
from tracking.rule.attribution import (
    Click,
    CookieType,
    Judged,
    Outcome,
    Sale,
    SoftRule,
    Verdict,
    resolve,
)
from tracking.rule.reasons import ClickReason
from tracking.rule.replay import Recorded

_COOKIE_TYPES = {item.value: item for item in CookieType}
_SOFT_RULES = {item.value: item for item in SoftRule}
"""A what-if reads hundreds of thousands of clicks; asking the enum takes several times as long."""


def inputs_json(
    clicks: Iterable[Click],
    sale: Sale,
    reports: Iterable[UUID],
    conflict: str,
    activations: frozenset[UUID] = frozenset(),
) -> dict[str, Any]:
    """Everything that the outcome follows from. ``activations`` are the clicks made from the page;
    the outcome does not depend on it, but what it would have been with other types does."""
    return {
        "at": sale.at,
        "sessions": sorted(sale.sessions),
        "soft_rule": sale.soft_rule.value,
        "validation_minutes": sale.validation_minutes,
        "clicks": [
            _click_json(click) | ({"in_page": True} if click.id in activations else {})
            for click in clicks
        ],
        "reports": sorted(str(report) for report in reports),
        "conflict": conflict,
    }


def verdicts_json(outcome: Outcome) -> list[dict[str, str | None]]:
    return [
        {
            "click": str(judged.click.id),
            "verdict": judged.verdict.value,
            "by": str(judged.by.id) if judged.by else None,
        }
        for judged in outcome.verdicts
    ]


def clicks_of(decision: Decision) -> list[Click]:
    """The clicks that were considered, in the order of the journey."""
    return clicks_in(decision.inputs)


def clicks_in(inputs: Mapping[str, Any]) -> list[Click]:
    """The clicks in what :func:`inputs_json` keeps."""
    return [_click_from_json(item) for item in inputs["clicks"]]


def activations_in(inputs: Mapping[str, Any]) -> frozenset[UUID]:
    """The clicks that were made from the page, without a navigation."""
    return frozenset(UUID(item["id"]) for item in inputs["clicks"] if item.get("in_page"))


def recorded_in(inputs: Mapping[str, Any]) -> Recorded:
    """The sale as a what-if replays it."""
    return Recorded(clicks_in(inputs), sale_in(inputs), activations_in(inputs))


def sale_of(decision: Decision) -> Sale:
    return sale_in(decision.inputs)


def sale_in(inputs: Mapping[str, Any]) -> Sale:
    """The sale in what :func:`inputs_json` keeps."""
    return Sale(
        at=inputs["at"],
        sessions=frozenset(inputs["sessions"]),
        soft_rule=SoftRule(inputs["soft_rule"]),
        validation_minutes=inputs["validation_minutes"],
    )


def recompute(decision: Decision) -> Outcome:
    """The outcome again, from what is stored."""
    return resolve(clicks_of(decision), sale_of(decision))


def judged_clicks(decision: Decision) -> list[Judged]:
    """The stored verdicts, with their clicks."""
    clicks = {str(click.id): click for click in clicks_of(decision)}
    return [
        Judged(
            clicks[item["click"]],
            Verdict(item["verdict"]),
            clicks[item["by"]] if item["by"] else None,
        )
        for item in decision.verdicts
    ]


def agrees(decision: Decision) -> bool:
    """Whether recomputing the decision gives what was decided (promise I6)."""
    outcome = recompute(decision)
    return (
        verdicts_json(outcome) == decision.verdicts
        and (outcome.paid.id if outcome.paid else None) == decision.paid_click
        and (outcome.paid.publisher if outcome.paid else None) == decision.paid_publisher_id
        and (outcome.closes_by.id if outcome.closes_by else None) == decision.closes_by_click
    )


def _click_json(click: Click) -> dict[str, Any]:
    return {
        "id": str(click.id),
        "at": click.at,
        "publisher": click.publisher,
        "cookie_type": click.cookie_type.value,
        "window_minutes": click.window_minutes,
        "journey": click.journey,
        "session": click.session,
        "stood_down": click.stood_down,
        "soft_rule": click.soft_rule.value,
        "reason": click.reason.value if click.reason else None,
    }


def _click_from_json(data: Mapping[str, Any]) -> Click:
    return Click(
        id=UUID(data["id"]),
        at=data["at"],
        publisher=data["publisher"],
        cookie_type=_COOKIE_TYPES[data["cookie_type"]],
        window_minutes=data["window_minutes"],
        journey=data["journey"],
        session=data["session"],
        stood_down=data["stood_down"],
        soft_rule=_SOFT_RULES[data["soft_rule"]],
        reason=ClickReason(data["reason"]) if data["reason"] else None,
    )

"""A decision as it is stored: whole, so that it can be recomputed and gives the same answer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from tracking.models import Decision
from tracking.rule.attribution import (
    Click,
    CookieType,
    Judged,
    Outcome,
    Sale,
    Verdict,
    resolve,
)
from tracking.rule.replay import Recorded

NO_ACTIVATIONS: frozenset[UUID] = frozenset()


def inputs_json(
    clicks: Sequence[Click],
    sale: Sale,
    reports: Iterable[UUID],
    conflict: str,
    activations: frozenset[UUID] = NO_ACTIVATIONS,
    uncounted: str = "",
) -> dict[str, Any]:
    """Everything that the outcome follows from. ``activations`` are the clicks made from the page;
    the outcome does not depend on it, but what it would have been with other types does.
    ``uncounted`` is the channel for which nobody is paid."""
    kept: dict[str, Any] = msgspec.to_builtins(sale, order="deterministic")
    if not sale.open_until:
        del kept["open_until"], kept["open_by"]
    if uncounted:
        kept["uncounted"] = uncounted
    return kept | {
        "clicks": _clicks_json(clicks, activations),
        "reports": sorted(str(report) for report in reports),
        "conflict": conflict,
    }


def _clicks_json(clicks: Sequence[Click], activations: frozenset[UUID]) -> Sequence[dict[str, Any]]:
    kept: list[dict[str, Any]] = msgspec.to_builtins(clicks)
    if activations:
        for click, item in zip(clicks, kept, strict=True):
            if click.id in activations:
                item["in_page"] = True
    return kept


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
    return msgspec.convert(inputs["clicks"], list[Click])


def activations_in(inputs: Mapping[str, Any]) -> frozenset[UUID]:
    """The clicks that were made from the page, without a navigation."""
    return frozenset(UUID(item["id"]) for item in inputs["clicks"] if item.get("in_page"))


def recorded_in(inputs: Mapping[str, Any]) -> Recorded:
    """The sale as a what-if replays it."""
    return Recorded(clicks_in(inputs), sale_in(inputs), activations_in(inputs))


class _Kept(Sale, frozen=True, gc=False):
    """What a what-if reads of the inputs: the sale, and with it the clicks."""

    clicks: list[Click] = msgspec.field(default_factory=list)


class Mention(msgspec.Struct, gc=False):
    """Of which publisher a click is, and of which type."""

    publisher: int
    cookie_type: CookieType


class _Mentions(msgspec.Struct, gc=False):
    clicks: list[Mention]


_kept, _mentions = msgspec.json.Decoder(_Kept), msgspec.json.Decoder(_Mentions)


def recorded_in_text(inputs: str) -> Recorded:
    """:func:`recorded_in` of inputs as PostgreSQL writes them: several times as fast."""
    kept = _kept.decode(inputs)
    activations = activations_in(json.loads(inputs)) if '"in_page"' in inputs else NO_ACTIVATIONS
    return Recorded(kept.clicks, kept, activations)


def mentions_in_text(inputs: str) -> list[Mention]:
    """The clicks in inputs as PostgreSQL writes them, as far as most what-ifs have to know."""
    return _mentions.decode(inputs).clicks


def sale_of(decision: Decision) -> Sale:
    return sale_in(decision.inputs)


def sale_in(inputs: Mapping[str, Any]) -> Sale:
    """The sale in what :func:`inputs_json` keeps."""
    return msgspec.convert(inputs, Sale)


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

"""The reports of a written sale as evidence: what each brings, and how far it is believed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from network.milliseconds import from_ms
from tracking.evidence.fields import DEFAULT_GROUP, FieldError, InvalidReport, Terms, read_fields
from tracking.evidence.joining import MAX_TOKENS, Evidence, Presented, Role
from tracking.evidence.keeping import is_uncounted
from tracking.evidence.ranks import Rank, rank_of
from tracking.rule.attribution import MINUTE_MS, Click
from tracking.rule.slots import Slots
from tracking.simulator.scenario import ReportStep, Settings, Way


@dataclass(frozen=True, slots=True)
class SentReport:
    """A report as it comes in: its number, from 1, and what it is as evidence; without that, why it
    is refused."""

    number: int
    step: ReportStep
    rank: Rank
    evidence: Evidence | None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Brought:
    presented: tuple[Presented, ...]
    sessions: frozenset[int]


def sent(
    number: int, step: ReportStep, settings: Settings, clicks: Sequence[Click], browser: Slots
) -> SentReport:
    """The report, sent while its browser holds these slots."""
    brought = _from_cookies(browser) if step.presented is None else _kept(step.presented, clicks)
    rank = rank_of(
        is_keyed=step.rank is Rank.KEYED,
        is_signed=step.rank is Rank.SIGNED,
        has_token=bool(brought.presented),
    )
    data = {"order": "1", "amount": step.worth, "currency": step.currency, "channel": step.channel}
    try:
        fields = read_fields(data, Terms(settings.currency, (DEFAULT_GROUP,)))
    except InvalidReport as error:
        return SentReport(number, step, rank, None, error.errors)
    counts_not = is_uncounted(fields.channel, settings.uncounted_channels)
    evidence = Evidence(
        id=UUID(int=number),
        rank=rank,
        received_at=from_ms(step.arrives * MINUTE_MS),
        at=from_ms(step.minute * MINUTE_MS),
        figures=fields.figures,
        presented=brought.presented,
        sessions=brought.sessions,
        from_browser=step.presented is None,
        session_by_cookie=step.presented is None and step.way is not Way.TAG,
        uncounted=fields.channel if counts_not else "",
    )
    return SentReport(number, step, rank, evidence, fields.notes)


def _from_cookies(browser: Slots) -> _Brought:
    held = ((Role.HARD, browser.hard), (Role.SOFT, browser.soft), (Role.LAST, browser.last))
    presented = tuple(Presented(role, click) for role, click in held if click)
    return _Brought(presented, frozenset([browser.session] if browser.session else []))


def _kept(numbers: Sequence[int], clicks: Sequence[Click]) -> _Brought:
    """What the merchant's server kept: clicks that do not count have no id that it could keep."""
    tokens = dict.fromkeys(clicks[number - 1] for number in numbers)
    counting = [click for click in tokens if click.reason is None][:MAX_TOKENS]
    return _Brought(tuple(Presented(Role.SERVER, click) for click in counting), frozenset())

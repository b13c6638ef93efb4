"""Reports of sales as evidence: which of them belong together, and which one is believed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from tracking.conversions.fields import SaleFigures
from tracking.rule.attribution import Click

MAX_TOKENS = 20


class Role(StrEnum):
    """In which role a token was presented; ``last`` leads to the journey and claims nothing."""

    HARD = "hard"
    SOFT = "soft"
    LAST = "last"
    SERVER = "server"


TRUST = {"keyed": 0, "tag": 1, "pixel": 2, "server": 3}
"""Whose figures count while reports differ, most trusted first."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A valid token of a report, in its role."""

    role: Role
    click: Click


@dataclass(frozen=True, slots=True)
class Evidence:
    """One report of an order. ``sessions`` are the sessions that its browser was in; it speaks for
    a browser (``from_browser``) when it came with that browser's cookies."""

    id: UUID
    source: str
    received_at: datetime
    at: datetime
    figures: SaleFigures
    presented: tuple[Presented, ...] = ()
    sessions: frozenset[int] = frozenset()
    from_browser: bool = False

    @property
    def journeys(self) -> frozenset[int]:
        return frozenset(item.click.journey for item in self.presented)


@dataclass(frozen=True, slots=True)
class Joined:
    """The reports of one order that belong together. Without any (``conflict``) nobody is paid
    until the advertiser has decided."""

    linked: tuple[Evidence, ...]
    unlinked: tuple[Evidence, ...] = ()
    conflict: str = ""
    at: datetime = field(default=datetime.max.replace(tzinfo=UTC))
    figures: SaleFigures | None = None

    @property
    def clicks(self) -> tuple[Click, ...]:
        return tuple(item.click for report in self.linked for item in report.presented)

    @property
    def journeys(self) -> frozenset[int]:
        return frozenset(journey for report in self.linked for journey in report.journeys)

    @property
    def sessions(self) -> frozenset[int]:
        """The sessions that the sale counts as having happened in. What a browser reports decides
        alone; where none speaks, a click id from the merchant's server counts as its session's."""
        speaking = [report for report in self.linked if report.from_browser and report.presented]
        if speaking:
            return frozenset(session for report in speaking for session in report.sessions)
        return frozenset(click.session for click in self.clicks)


def join(reports: Iterable[Evidence], chosen: UUID | None = None) -> Joined:
    """Which reports of an order belong together, in whatever order they came.

    Reports join only if they share a journey, or one of them brings none. Where they do not, the
    keyed one that brings a valid token decides and the others stay unlinked; without such a one
    (or with several that differ) it is a conflict, until staff have ``chosen`` a report.
    """
    ordered = sorted(reports, key=lambda report: (report.received_at, report.id.int))
    silent = [report for report in ordered if not report.journeys]
    groups = _groups([report for report in ordered if report.journeys])
    deciding = _deciding(groups, chosen)
    if len(deciding) > 1 or (groups and not deciding):
        return _with_figures([], ordered, "journeys", chosen)
    linked = [*silent, *(deciding[0] if deciding else [])]
    ids = {report.id for report in linked}
    return _with_figures(linked, [item for item in ordered if item.id not in ids], "", chosen)


def _deciding(groups: list[list[Evidence]], chosen: UUID | None) -> list[list[Evidence]]:
    """The groups of reports that may speak for the order; a conflict unless there is one."""
    if len(groups) <= 1:
        return groups
    of_staff = [group for group in groups if any(report.id == chosen for report in group)]
    return of_staff or [group for group in groups if _has_keyed(group)]


def _groups(reports: Sequence[Evidence]) -> list[list[Evidence]]:
    """Reports that share a journey, directly or through others."""
    groups: list[tuple[set[int], list[Evidence]]] = []
    for report in reports:
        journeys, members = set(report.journeys), [report]
        apart = []
        for group in groups:
            if group[0].isdisjoint(journeys):
                apart.append(group)
            else:
                journeys |= group[0]
                members = [*group[1], *members]
        groups = [*apart, (journeys, members)]
    return [members for _, members in groups]


def _has_keyed(group: Sequence[Evidence]) -> bool:
    return any(report.source == "keyed" for report in group)


def _with_figures(
    linked: Sequence[Evidence],
    unlinked: Sequence[Evidence],
    conflict: str,
    chosen: UUID | None,
) -> Joined:
    """The time and figures: the earliest time, and the figures of the report that staff chose or
    else of the most trusted one."""
    speaking = linked or unlinked
    by_trust = sorted(
        speaking,
        key=lambda report: (
            report.id != chosen,
            TRUST[report.source],
            report.received_at,
            report.id.int,
        ),
    )
    settled = by_trust[0].id == chosen
    if not conflict and not settled and len({report.figures for report in linked}) > 1:
        conflict = "figures"
    return Joined(
        linked=tuple(sorted(linked, key=lambda report: (report.received_at, report.id.int))),
        unlinked=tuple(unlinked),
        conflict=conflict,
        at=min(report.at for report in speaking),
        figures=by_trust[0].figures,
    )

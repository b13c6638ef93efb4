"""Reports of sales as evidence: which of them belong together, and which one is believed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from network.milliseconds import to_ms
from tracking.evidence.fields import SaleFigures
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import Click

MAX_TOKENS = 20


class Role(StrEnum):
    """In which role a token was presented; ``last`` leads to the journey and claims nothing."""

    HARD = "hard"
    SOFT = "soft"
    LAST = "last"
    SERVER = "server"


class Presented(Struct, frozen=True, gc=False):
    """A valid token of a report, in its role."""

    role: Role
    click: Click


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """One report of an order. ``sessions`` are the sessions that its browser was in; it speaks for
    a browser (``from_browser``) when it came with that browser's cookies, and
    ``session_by_cookie`` when no script could have sent the session. ``uncounted`` is its channel,
    if that does not count. ``taken_in_at`` is when staff took it in, where it was refused when it
    came and they corrected it; otherwise None."""

    id: UUID
    rank: Rank
    received_at: datetime
    at: datetime
    figures: SaleFigures
    presented: tuple[Presented, ...] = ()
    sessions: frozenset[int] = frozenset()
    from_browser: bool = False
    session_by_cookie: bool = False
    uncounted: str = ""
    taken_in_at: datetime | None = None

    @property
    def known_from(self) -> datetime:
        """From then on the order's decision heard it. It keeps its place among the others."""
        return self.taken_in_at or self.received_at

    @property
    def journeys(self) -> frozenset[int]:
        return frozenset(item.click.journey for item in self.presented)

    @property
    def received(self) -> tuple[datetime, int]:
        """Its place among the reports of the order."""
        return self.received_at, self.id.int


class OrderContext(Struct, frozen=True, gc=False):
    """What is known of an order besides its reports: the report that was ``chosen`` where they were
    in conflict, when staff settled that, when the advertiser approved the sale, when the order was
    ``first_seen`` in a report that was not kept, whether it ``is_crowded``: one with a token was
    not kept, and when the first counting click of each journey happened (ms), as far as clicks are
    recorded."""

    chosen: UUID | None = None
    settled_at: datetime | None = None
    approved_at: datetime | None = None
    first_seen: datetime | None = None
    is_crowded: bool = False
    begun: Mapping[int, int] = field(default_factory=dict)


_NO_CONTEXT = OrderContext()


class Joined(Struct, frozen=True, kw_only=True, gc=False):
    """The reports of one order that belong together, and what they say.

    In a ``conflict`` nobody is paid until it is settled. ``clicks`` are those of the tokens that
    count, ``journeys`` where they lead, ``sessions`` those in which the sale happened; ``rank`` is
    the highest of the linked reports. ``speaking`` is the report whose figures are the sale's.
    ``uncounted`` is the channel for which nobody is paid.
    ``claimant`` is the report that decides a conflict if nobody else does.
    """

    linked: tuple[Evidence, ...]
    unlinked: tuple[Evidence, ...]
    at: datetime
    speaking: Evidence
    rank: Rank
    clicks: tuple[Click, ...] = ()
    journeys: frozenset[int] = frozenset()
    sessions: frozenset[int] = frozenset()
    uncounted: str = ""
    conflict: str = ""
    conflict_since: datetime | None = None
    claimant: Evidence | None = None
    rivals: frozenset[UUID] = frozenset()
    """The reports that contradict each other."""

    @property
    def figures(self) -> SaleFigures:
        return self.speaking.figures

    @property
    def by_belief(self) -> list[Evidence]:
        """The linked reports that may add a field to the sale, most believed first."""
        speaking = [report for report in self.linked if report.rank is not Rank.BARE]
        return sorted(speaking, key=lambda report: (report.rank.place, *report.received))


class _Weighed(Struct, frozen=True, gc=False):
    """A report with the journeys that it brings: those with a counting click at or before the
    sale. A token of another one is as good as none."""

    report: Evidence
    journeys: frozenset[int]
    rank: Rank

    @property
    def belief(self) -> tuple[int, int, datetime, int]:
        return self.rank.place, self.report.rank.place, *self.report.received


_Group = Sequence[_Weighed]


def join(reports: Iterable[Evidence], order: OrderContext = _NO_CONTEXT) -> Joined:
    """Which reports of an order belong together, in whatever order they came.

    Reports join only if they share a journey, or one of them brings none. Where they do not, the
    one of highest rank decides and the others stay unlinked; two of one rank are a conflict, until
    one is ``chosen``. What comes after an approval changes nothing unless the shop itself says it.
    """
    ordered = sorted(reports, key=lambda report: report.received)
    counting = [report for report in ordered if _counts(report, order)] or ordered
    joined = _alone(counting[0], order) if len(counting) == 1 else _together(counting, order)
    if len(counting) == len(ordered):
        return joined
    ignored = [report for report in ordered if report not in counting]
    return replace(joined, unlinked=(*joined.unlinked, *ignored))


def _counts(report: Evidence, order: OrderContext) -> bool:
    is_before = order.approved_at is None or report.received_at <= order.approved_at
    return is_before or report.rank.confirms or report.id == order.chosen


def _alone(report: Evidence, order: OrderContext) -> Joined:
    """The only report of an order, as most are: there is nothing to hold it against. The same as
    :func:`_together` says of one."""
    at = _earliest((report,), order)
    one = _weighed(report, _journeys(report, at, order.begun))
    decisive = (one,) if one.journeys or one.rank is Rank.BARE else ()
    clicks = _clicks(decisive)
    return Joined(
        linked=(report,),
        unlinked=(),
        at=at,
        speaking=report,
        rank=one.rank,
        clicks=clicks,
        journeys=frozenset(click.journey for click in clicks),
        sessions=_sessions(decisive, clicks),
        uncounted="" if one.rank is Rank.BARE else report.uncounted,
    )


def _together(ordered: Sequence[Evidence], order: OrderContext) -> Joined:
    """By the order in which they were received."""
    heard = _heard(ordered, order)
    at = _earliest(heard, order)
    weighed = [
        _weighed(report, _journeys(report, at, order.begun) if report in heard else frozenset())
        for report in ordered
    ]
    deciding = _deciding(_groups([item for item in weighed if item.journeys]), order.chosen)
    if len(deciding) > 1:
        return _contested(weighed, deciding, at, order.chosen)
    return _agreed(weighed, deciding[0] if deciding else (), at, order.chosen)


def _weighed(report: Evidence, journeys: frozenset[int]) -> _Weighed:
    is_bare = report.rank is Rank.TOKEN and not journeys
    return _Weighed(report, journeys, Rank.BARE if is_bare else report.rank)


def _heard(ordered: Sequence[Evidence], order: OrderContext) -> Sequence[Evidence]:
    """The reports that may say when the order was placed, and by whose click. One that is believed
    less than the best and has other figures may be of somebody who has guessed the number, even
    before there was an order: with a token it says nothing where a report with the believed figures
    brings a journey that is not its own, or may have brought one and found no room; of several such
    reports the most believed says which journey, for whoever guessed may see the figures later.
    Without a token it says nothing but when a heard one's figures were first there."""
    best = min(ordered, key=lambda report: (report.id != order.chosen, *_belief(report)))
    if best.rank is Rank.BARE:
        return ordered
    agreeing = [item for item in ordered if item.figures == best.figures or item.rank.confirms]
    bare = [item for item in ordered if item.rank is Rank.BARE]
    others = [item for item in ordered if item not in agreeing and item not in bare]
    at = _earliest(_with_their_first(agreeing, bare), order)
    brought = ((item, _journeys(item, at, order.begun)) for item in sorted(agreeing, key=_belief))
    known = next((journeys for _, journeys in brought if journeys), frozenset[int]())
    if known and best.rank.confirms:
        others = [item for item in others if not known.isdisjoint(item.journeys)]
    elif order.is_crowded and best.rank.confirms:
        others = []
    return _with_their_first([*agreeing, *others], bare)


def _with_their_first(heard: Sequence[Evidence], bare: Iterable[Evidence]) -> Sequence[Evidence]:
    """The heard reports, and the bare ones that were there with the figures of one of them. It is
    the same as when a bare one came before the order was a sale, and only its time was kept."""
    figures = {report.figures for report in heard}
    return [*heard, *(item for item in bare if item.figures in figures and item not in heard)]


def _belief(report: Evidence) -> tuple[int, datetime, int]:
    return report.rank.place, *report.received


def _earliest(reports: Iterable[Evidence], order: OrderContext) -> datetime:
    times = [report.at for report in reports]
    return min([*times, order.first_seen] if order.first_seen else times)


def _journeys(report: Evidence, at: datetime, begun: Mapping[int, int]) -> frozenset[int]:
    limit = to_ms(at)
    return frozenset(
        item.click.journey
        for item in report.presented
        if min(item.click.at, begun.get(item.click.journey, item.click.at)) <= limit
    )


def _groups(reports: Sequence[_Weighed]) -> list[_Group]:
    """Reports that share a journey, directly or through others; first received first."""
    groups: list[tuple[set[int], list[_Weighed]]] = []
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
    found = [sorted(members, key=lambda item: item.report.received) for _, members in groups]
    return sorted(found, key=lambda group: group[0].report.received)


def _deciding(groups: Sequence[_Group], chosen: UUID | None) -> Sequence[_Group]:
    """The groups of reports that may speak for the order; a conflict if there are several."""
    of_choice = [group for group in groups if any(item.report.id == chosen for item in group)]
    if of_choice or not groups:
        return of_choice
    highest = min(_place(group) for group in groups)
    return [group for group in groups if _place(group) == highest]


def _place(group: _Group) -> int:
    return min(item.rank.place for item in group)


def _contested(
    weighed: _Group, deciding: Sequence[_Group], at: datetime, chosen: UUID | None
) -> Joined:
    """Several journeys, none of which is believed more than the others."""
    linked = [item for item in weighed if not item.journeys and item.rank is not Rank.BARE]
    speaking = min(weighed, key=lambda item: (item.report.id != chosen, *item.belief))
    rivals = [item for group in deciding for item in group]
    return Joined(
        linked=tuple(item.report for item in linked),
        unlinked=tuple(item.report for item in weighed if item not in linked),
        at=at,
        speaking=speaking.report,
        rank=_highest(linked),
        uncounted=_uncounted([*linked, *rivals]),
        conflict="journeys",
        conflict_since=deciding[1][0].report.received_at,
        claimant=deciding[0][0].report,
        rivals=frozenset(item.report.id for item in rivals),
    )


def _agreed(weighed: _Group, group: _Group, at: datetime, chosen: UUID | None) -> Joined:
    """The reports of the journey that decides, with those that bring none."""
    is_all_bare = all(item.rank is Rank.BARE for item in weighed)
    linked = [
        item
        for item in weighed
        if item in group or (not item.journeys and (is_all_bare or not _is_late(item)))
    ]
    top = min(linked, key=lambda item: (item.report.id != chosen, *item.belief))
    rivals = [] if top.report.id == chosen else _rivals(linked, top)
    decisive = group or (linked if is_all_bare else ())
    clicks = _clicks(decisive)
    return Joined(
        linked=tuple(item.report for item in linked),
        unlinked=tuple(item.report for item in weighed if item not in linked),
        at=at,
        speaking=top.report,
        rank=_highest(linked),
        clicks=clicks,
        journeys=frozenset(click.journey for click in clicks),
        sessions=_sessions(decisive, clicks),
        uncounted=_uncounted([*linked, *_as_believed(weighed, group)]),
        conflict="figures" if rivals else "",
        conflict_since=rivals[0].received_at if rivals else None,
        claimant=top.report if rivals else None,
        rivals=frozenset(report.id for report in (top.report, *rivals)) if rivals else frozenset(),
    )


def _is_late(item: _Weighed) -> bool:
    """Whether it is like a bare one because its browser clicked only after the sale."""
    return item.rank is not item.report.rank


def _rivals(linked: _Group, top: _Weighed) -> list[Evidence]:
    """Reports that say other figures than the believed one and are believed as much."""
    if top.rank is Rank.BARE:
        return []
    equals = [item.report for item in linked if item.rank is top.rank]
    return [report for report in equals if report.figures != top.report.figures]


def _clicks(items: _Group) -> tuple[Click, ...]:
    """The clicks that they bring; of those whose journeys count, only these."""
    return tuple(
        one.click
        for item in items
        for one in item.report.presented
        if not item.journeys or one.click.journey in item.journeys
    )


def _highest(items: _Group) -> Rank:
    return min((item.rank for item in items), key=lambda rank: rank.place, default=Rank.BARE)


def _as_believed(weighed: _Group, group: _Group) -> list[_Weighed]:
    """Those that are believed at least as much as the deciding ones, of whatever journey."""
    return [item for item in weighed if item.rank.place <= _place(group)] if group else []


def _uncounted(items: _Group) -> str:
    """The channel for which nobody is paid: any report may name it, but a bare one."""
    named = [item.report.uncounted for item in items if item.rank is not Rank.BARE]
    return next(filter(None, named), "")


def _sessions(items: _Group, clicks: Iterable[Click]) -> frozenset[int]:
    """The sessions that the sale counts as having happened in. What a browser reports decides
    alone, and of several one: the first of those whose session no script could have sent, or else
    the first. Where none speaks, a click id from the merchant's server counts as its session's."""
    speaking = [item.report for item in items if item.report.from_browser and item.report.presented]
    if not speaking:
        return frozenset(click.session for click in clicks)
    one = min(speaking, key=lambda report: (not report.session_by_cookie, *report.received))
    return one.sessions


def differs(report: Evidence, other: Evidence, conflict: str) -> bool:
    """Whether two reports in a conflict are on different sides of it."""
    if conflict == "figures":
        return report.figures != other.figures
    return report.journeys.isdisjoint(other.journeys)

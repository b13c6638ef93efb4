"""What recorded journeys would have ended in with other cookie types, windows or soft rules. Pure.

Replays what was recorded through the rule itself: it does not know how partners or shoppers would
have behaved. Where nothing of a journey changes, neither does its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from network.effective import timeline
from tracking.rule.attribution import (
    Click,
    CookieType,
    Outcome,
    Sale,
    SoftRule,
    paid_click,
    resolve,
)
from tracking.rule.reasons import ClickReason
from tracking.rule.slots import is_repeat

DAY_MINUTES, HOUR_MINUTES = 24 * 60, 60


@dataclass(frozen=True, slots=True)
class Change:
    """Other cookie types by publisher, another soft rule, and other windows at one advertiser; None
    and absent: as recorded.

    ``own_hard_days`` are partnerships' own cookie periods by publisher, None for the advertiser's.
    Clicks and sales before ``since`` (ms) stay as they were; None: nothing does.
    """

    types: Mapping[int, CookieType] = field(default_factory=dict)
    soft_rule: SoftRule | None = None
    hard_days: int | None = None
    own_hard_days: Mapping[int, int | None] = field(default_factory=dict)
    soft_hours: int | None = None
    since: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        windows = (self.hard_days, self.soft_hours, self.soft_rule)
        return bool(self.types or self.own_hard_days or any(item is not None for item in windows))


class ShopTerms(Struct, frozen=True, gc=False):
    """An advertiser's terms from a moment (ms) on."""

    starts_at: int
    hard_days: int
    soft_hours: int
    soft_rule: SoftRule = SoftRule.FIRST
    validation_days: int = 0


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """A partnership's own terms from a moment (ms) on: its cookie period (None: the advertiser's),
    and whether it may act from the page, as far as it is soft."""

    starts_at: int
    hard_days: int | None = None
    in_page: bool = False


@dataclass(frozen=True, slots=True)
class Suspension:
    """For fraud, from when it was made (ms) until it was lifted; None: it holds."""

    made_at: int
    lifted_at: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What clicks do not say themselves: the terms at one advertiser over time, in order; those of
    its partnerships, and their suspensions, by publisher."""

    terms: Sequence[ShopTerms]
    partners: Mapping[int, Sequence[PartnerTerms]] = field(default_factory=dict)
    suspensions: Mapping[int, Sequence[Suspension]] = field(default_factory=dict)


class Recorded(NamedTuple):
    """A sale as it was recorded, with the clicks of its journey; ``activations`` are those that
    were made from the page, which count only for soft partners."""

    clicks: Sequence[Click]
    sale: Sale
    activations: frozenset[UUID] = frozenset()


def replay(recorded: Recorded, change: Change, circumstances: Circumstances) -> Outcome:
    """The outcome under the change, with the sessions as they were. Which click stood down at the
    redirect is left out: that was the decision of the world as it was."""
    clicks, sale = _under(recorded, change, circumstances)
    return resolve(clicks, sale)


def would_pay(recorded: Recorded, change: Change, circumstances: Circumstances) -> int | None:
    """The publisher that :func:`replay` would credit; None: nobody."""
    clicks, sale = _under(recorded, change, circumstances)
    paid = paid_click(clicks, sale)
    return paid.publisher if paid else None


def is_declined(
    circumstances: Circumstances, publisher: int, since: int, until: int | None
) -> bool:
    """Whether a sale of the publisher would be declined with a suspension: one that is known
    ``since`` then, and would be open ``until`` then (ms; None: it still is)."""
    return any(
        (until is None or one.made_at <= until) and (one.lifted_at is None or since < one.lifted_at)
        for one in circumstances.suspensions.get(publisher, ())
    )


def changed_clicks(
    clicks: Sequence[Click],
    activations: frozenset[UUID],
    change: Change,
    circumstances: Circumstances,
) -> list[Click]:
    """The clicks as they would have been; ``activations`` were made from the page."""
    changed = [
        _changed(click, change, circumstances, from_page=click.id in activations)
        for click in clicks
    ]
    return _with_repeats(clicks, changed) if activations else changed


def changed_terms(terms: Sequence[ShopTerms], change: Change) -> list[ShopTerms]:
    """The advertiser's terms over time, with the soft rule as changed. (A window is a click's.)"""
    rule = change.soft_rule
    if rule is None:
        return list(terms)
    if change.since is None:
        return [replace(one, soft_rule=rule) for one in terms]
    turn = replace(timeline.in_force_or_first(terms, change.since), starts_at=change.since)
    earlier = [one for one in terms if one.starts_at < change.since]
    later = [turn, *(one for one in terms if one.starts_at > change.since)]
    return [*earlier, *(replace(one, soft_rule=rule) for one in later)]


def concerns(change: Change, recorded: Recorded) -> bool:
    """Whether the change could make any click of the journey, or the sale, another one."""
    if any(_is_concerned(click, change) for click in recorded.clicks):
        return True
    rule = change.soft_rule
    return rule is not None and recorded.sale.soft_rule is not rule and _has_soft(recorded.clicks)


def _under(
    recorded: Recorded, change: Change, circumstances: Circumstances
) -> tuple[list[Click], Sale]:
    clicks = changed_clicks(recorded.clicks, recorded.activations, change, circumstances)
    sale = recorded.sale
    if change.soft_rule is not None and _is_after(sale.at, change):
        sale = replace(sale, soft_rule=change.soft_rule)
    return clicks, sale


def _is_concerned(click: Click, change: Change) -> bool:
    if change.since is not None and click.at < change.since:
        return False
    kind = click.cookie_type
    if change.types.get(click.publisher, kind) is not kind:
        return True
    if kind is CookieType.SOFT:
        return change.soft_hours is not None or change.soft_rule not in (None, click.soft_rule)
    return change.hard_days is not None or click.publisher in change.own_hard_days


def _has_soft(clicks: Iterable[Click]) -> bool:
    return any(click.is_soft for click in clicks)


def _is_after(at: int, change: Change) -> bool:
    return change.since is None or at >= change.since


def _changed(
    click: Click, change: Change, circumstances: Circumstances, *, from_page: bool
) -> Click:
    if not _is_concerned(click, change):
        return replace(click, stood_down=False) if click.stood_down else click
    kind = change.types.get(click.publisher, click.cookie_type)
    return Click(
        id=click.id,
        at=click.at,
        publisher=click.publisher,
        cookie_type=kind,
        window_minutes=_window(click, kind, change, circumstances),
        journey=click.journey,
        session=click.session,
        soft_rule=change.soft_rule or click.soft_rule,
        reason=_activation(click, kind, circumstances) if from_page else click.reason,
    )


def _activation(click: Click, kind: CookieType, circumstances: Circumstances) -> ClickReason | None:
    """Why an activation from the page would not count; None where it would. One that was refused
    in a browser session that no click had begun stays out: in which it was, nothing says."""
    if kind is CookieType.HARD and click.reason in (None, ClickReason.REPEAT):
        return ClickReason.STUFFED
    if kind is CookieType.SOFT and click.reason is ClickReason.STUFFED and click.session:
        terms = _partner_terms_at(circumstances, click)
        return None if terms and terms.in_page else click.reason
    return click.reason


def _with_repeats(recorded: Sequence[Click], changed: Sequence[Click]) -> list[Click]:
    """The changed clicks (in the order of those recorded), repeats judged again as the redirect
    would have: what repeated a click that would not have counted does, and what followed at once
    one that would have does not. Clicks that did not know of each other are left alone."""
    then: dict[int, Click] = {}
    now: dict[int, Click] = {}
    judged = []
    pairs = zip(recorded, changed, strict=True)
    for was, click in sorted(pairs, key=lambda pair: (pair[0].at, pair[0].id.int)):
        repeated = is_repeat(then.get(was.journey), was.publisher, was.at)
        repeats = is_repeat(now.get(was.journey), was.publisher, was.at)
        if click.reason is ClickReason.REPEAT and repeated and not repeats:
            click = replace(click, reason=None)
        elif click.reason is None and repeats and not (repeated and was.reason is None):
            click = replace(click, reason=ClickReason.REPEAT)
        if was.reason is None:
            then[was.journey] = was
        if click.reason is None:
            now[was.journey] = click
        judged.append(click)
    return judged


def _window(click: Click, kind: CookieType, change: Change, circumstances: Circumstances) -> int:
    """The click's window in minutes, by the terms in force when it happened; as it was recorded
    where neither its type nor a window that it depends on is another."""
    if kind is CookieType.SOFT:
        if change.soft_hours is not None:
            return change.soft_hours * HOUR_MINUTES
        if click.is_soft:
            return click.window_minutes
        return _shop_terms_at(circumstances, click).soft_hours * HOUR_MINUTES
    asks = change.hard_days is not None or click.publisher in change.own_hard_days
    if not asks and not click.is_soft:
        return click.window_minutes
    return _hard_days(click, change, circumstances) * DAY_MINUTES


def _hard_days(click: Click, change: Change, circumstances: Circumstances) -> int:
    if click.publisher in change.own_hard_days:
        own = change.own_hard_days[click.publisher]
    else:
        terms = _partner_terms_at(circumstances, click)
        own = terms.hard_days if terms else None
    return own or change.hard_days or _shop_terms_at(circumstances, click).hard_days


def _shop_terms_at(circumstances: Circumstances, click: Click) -> ShopTerms:
    return timeline.in_force_or_first(circumstances.terms, click.at)


def _partner_terms_at(circumstances: Circumstances, click: Click) -> PartnerTerms | None:
    return timeline.in_force(circumstances.partners.get(click.publisher, ()), click.at)

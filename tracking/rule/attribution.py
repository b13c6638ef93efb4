"""Who holds the cookie, and who is paid: the rule, and nothing else.

Pure: no Django, no clock, no I/O. The redirect, the conversion, the finaliser, the what-if replay
and the simulator all fold :func:`place`; ``static/tracking/tag.js`` holds the one other copy, and
one table of scenarios tests both. Rules in words: ``docs/attribution.md``.

Times are milliseconds since the Unix epoch, in UTC. Windows are minutes.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import reduce
from uuid import UUID

from msgspec import Struct

from tracking.rule.reasons import ClickReason

RULE_VERSION = 1
MINUTE_MS = 60_000


class CookieType(StrEnum):
    HARD = "hard"
    SOFT = "soft"


class SoftRule(StrEnum):
    """What a soft click may do to a live soft claim; an advertiser's setting."""

    FIRST = "first"
    LAST = "last"
    SOLE = "sole"


class Verdict(StrEnum):
    """What became of a click; for each the first that applies, in this order."""

    AFTER_CONVERSION = "after_conversion"
    NOT_PARTNER = "not_partner"
    INVALID = "invalid"
    STOOD_DOWN = "stood_down"
    OVERWRITTEN = "overwritten"
    EXPIRED = "expired"
    SESSION_ENDED = "session_ended"
    CONTESTED = "contested"
    HELD = "held"


class Click(Struct, frozen=True, gc=False):
    """One visit through a publisher's link for one advertiser, as the rule sees it.

    ``journey`` and ``session`` are 0 where the browser had none. ``reason`` is set when the click
    does not count. ``stood_down`` is what the redirect decided from the browser's own slots.
    """

    id: UUID
    at: int
    publisher: int
    cookie_type: CookieType
    window_minutes: int
    journey: int = 0
    session: int = 0
    stood_down: bool = False
    soft_rule: SoftRule = SoftRule.FIRST
    reason: ClickReason | None = None

    @property
    def closes_at(self) -> int:
        return self.at + self.window_minutes * MINUTE_MS

    @property
    def is_soft(self) -> bool:
        return self.cookie_type is CookieType.SOFT

    def window_contains(self, at: int) -> bool:
        return self.at <= at < self.at + self.window_minutes * MINUTE_MS


class Sale(Struct, frozen=True, gc=False):
    """A conversion, as the rule sees it.

    ``sessions`` are the browser sessions in which it happened, as far as its evidence says;
    ``soft_rule`` is the advertiser's setting at that time. It is ``open_until`` then at least, as
    was said when fewer reports were known: by the window of ``open_by``, where there is one.
    """

    at: int
    sessions: frozenset[int] = frozenset()
    soft_rule: SoftRule = SoftRule.FIRST
    validation_minutes: int = 0
    open_until: int = 0
    open_by: Click | None = None


class Closing(Struct, frozen=True, gc=False):
    """Until when who is paid may still change, and the click whose window says so."""

    at: int
    by: Click | None


class Judged(Struct, frozen=True, gc=False):
    """A click with its verdict; ``by`` is the claim it stood down for, or the click that took its
    cookie or contests it, where that is known."""

    click: Click
    verdict: Verdict
    by: Click | None = None


class Outcome(Struct, frozen=True, gc=False):
    """Who is paid (the holder's click, or nobody), why, and until when that may still change.

    ``closes_by`` is the click whose window sets ``closes_at``; without one the validation period
    does.
    """

    paid: Click | None
    verdicts: tuple[Judged, ...]
    closes_at: int
    closes_by: Click | None


def ended(held: Click, click: Click) -> bool:
    """Whether the soft claim's browser session is known to be over when ``click`` happens."""
    return held.is_soft and held.journey == click.journey and held.session != click.session


def place(held: Click | None, click: Click, rule: SoftRule) -> Click | None:
    """Who holds the cookie after this counting click, under the soft rule in force then."""
    if held and held.window_contains(click.at) and not ended(held, click):
        if not click.is_soft:
            return click
        if rule is SoftRule.LAST and held.is_soft and not click.stood_down:
            return click
        return held
    return None if click.stood_down else click


def in_order(clicks: Iterable[Click]) -> list[Click]:
    """The clicks without duplicates, in the order in which every fold takes them."""
    return sorted({click.id.int: click for click in clicks}.values(), key=_order)


def holder(clicks: Iterable[Click]) -> Click | None:
    """Who holds the cookie after these counting clicks, in whatever order they are given."""
    return reduce(_place_under_own_rule, in_order(clicks), None)


def resolve(clicks: Iterable[Click], sale: Sale) -> Outcome:
    """Decide a conversion: exactly one verdict for each click of its journey, in their order."""
    ordered = in_order(clicks)
    counting = _counting(ordered, sale)
    judged: dict[int, Judged] = {}
    held = _fold_with_verdicts(counting, judged)
    if held:
        judged[held.id.int] = Judged(held, *_judge_holder(held, counting, sale))
    paid = held if held and judged[held.id.int].verdict is Verdict.HELD else None
    verdicts = tuple(judged.get(click.id.int) or _judge_uncounted(click, sale) for click in ordered)
    closing = _closing(counting, sale)
    return Outcome(paid, verdicts, closing.at, closing.by)


def closing(clicks: Iterable[Click], sale: Sale) -> Closing:
    """When the sale closes, as :func:`resolve` says it."""
    return _closing(_counting(clicks, sale), sale)


def paid_click(clicks: Iterable[Click], sale: Sale) -> Click | None:
    """Whose click is paid, as :func:`resolve` decides it, without a verdict for each: enough for a
    what-if, which asks it of hundreds of thousands of sales."""
    counting = _counting(in_order(clicks), sale)
    held = reduce(_place_under_own_rule, counting, None)
    is_paid = held is not None and _judge_holder(held, counting, sale)[0] is Verdict.HELD
    return held if is_paid else None


def _counting(ordered: Iterable[Click], sale: Sale) -> list[Click]:
    return [click for click in ordered if click.reason is None and click.at <= sale.at]


def _order(click: Click) -> tuple[int, int]:
    return click.at, click.id.int


def _place_under_own_rule(held: Click | None, click: Click) -> Click | None:
    return place(held, click, click.soft_rule)


def _fold_with_verdicts(counting: Sequence[Click], judged: dict[int, Judged]) -> Click | None:
    """Fold the journey; note why each click but the last holder lost the cookie or never had it."""
    held: Click | None = None
    for click in counting:
        new = _place_under_own_rule(held, click)
        if held and new is not held:
            judged[held.id.int] = _judge_displaced(held, click)
        if new is not click:
            judged[click.id.int] = Judged(click, Verdict.STOOD_DOWN, by=new)
        held = new
    return held


def _judge_displaced(held: Click, click: Click) -> Judged:
    if not held.window_contains(click.at):
        return Judged(held, Verdict.EXPIRED)
    if ended(held, click):
        return Judged(held, Verdict.SESSION_ENDED)
    return Judged(held, Verdict.OVERWRITTEN, by=click)


def _judge_holder(
    held: Click, counting: Sequence[Click], sale: Sale
) -> tuple[Verdict, Click | None]:
    """Its verdict, and the click that contests it."""
    if not held.window_contains(sale.at):
        return Verdict.EXPIRED, None
    if held.is_soft and held.session not in sale.sessions:
        return Verdict.SESSION_ENDED, None
    if held.is_soft and sale.soft_rule is SoftRule.SOLE:
        for rival in counting:
            if rival.publisher != held.publisher and rival.window_contains(sale.at):
                return Verdict.CONTESTED, rival
    return Verdict.HELD, None


def _judge_uncounted(click: Click, sale: Sale) -> Judged:
    if click.at > sale.at:
        return Judged(click, Verdict.AFTER_CONVERSION)
    if click.reason is ClickReason.NOT_PARTNER:
        return Judged(click, Verdict.NOT_PARTNER)
    return Judged(click, Verdict.INVALID)


def _closing(counting: Sequence[Click], sale: Sale) -> Closing:
    """When the last window that contains the sale has closed, or the validation period if later;
    never earlier than was said before."""
    open_clicks = [click for click in counting if click.window_contains(sale.at)]
    last = max(open_clicks, key=lambda click: (click.closes_at, click.id.int), default=None)
    validated_at = sale.at + sale.validation_minutes * MINUTE_MS
    is_by_click = last is not None and last.closes_at >= validated_at
    found = Closing(last.closes_at, last) if last and is_by_click else Closing(validated_at, None)
    return Closing(sale.open_until, sale.open_by) if sale.open_until > found.at else found

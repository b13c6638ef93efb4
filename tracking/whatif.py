"""What a recorded journey would have ended in with other cookie types or another soft rule. Pure.

Replays what was recorded: it does not know how partners or shoppers would have behaved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tracking.attribution import Click, CookieType, Outcome, Sale, SoftRule, resolve


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that clicks get whose type is another one: soft ones, and hard ones by
    publisher, all in minutes."""

    soft_minutes: int
    hard_minutes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """Other cookie types by publisher, and another soft rule; None and absent: as recorded."""

    types: Mapping[int, CookieType] = field(default_factory=dict)
    soft_rule: SoftRule | None = None


def replay(clicks: Iterable[Click], sale: Sale, change: Change, windows: Windows) -> Outcome:
    """The outcome under the change, with the sessions as they were. Which click stood down at the
    redirect is left out: that was the decision of the world as it was."""
    changed = [_changed(click, change, windows) for click in clicks]
    return resolve(changed, replace(sale, soft_rule=change.soft_rule or sale.soft_rule))


def _changed(click: Click, change: Change, windows: Windows) -> Click:
    click = replace(click, stood_down=False, soft_rule=change.soft_rule or click.soft_rule)
    wanted = change.types.get(click.publisher, click.cookie_type)
    if wanted is click.cookie_type:
        return click
    if wanted is CookieType.SOFT:
        return replace(click, cookie_type=wanted, window_minutes=windows.soft_minutes)
    minutes = windows.hard_minutes[click.publisher]
    return replace(click, cookie_type=wanted, window_minutes=minutes)

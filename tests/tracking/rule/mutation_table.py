"""What could be wrong with the rule: small faults in ``tracking/rule/attribution.py``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A fault: ``old``, which occurs exactly once in the rule, becomes ``new``."""

    name: str
    old: str
    new: str


PLACE = (
    Mutation(
        "place: a soft click takes over from a live hard one under last",
        "if rule is SoftRule.LAST and held.is_soft and not click.stood_down:",
        "if rule is SoftRule.LAST and not click.stood_down:",
    ),
    Mutation(
        "place: last lets a soft click that stood down take over",
        "if rule is SoftRule.LAST and held.is_soft and not click.stood_down:",
        "if rule is SoftRule.LAST and held.is_soft:",
    ),
    Mutation("place: last does as first", "if rule is SoftRule.LAST and", "if False and"),
    Mutation(
        "place: sole does as last",
        "if rule is SoftRule.LAST and",
        "if rule is not SoftRule.FIRST and",
    ),
    Mutation(
        "place: the first hard click wins",
        "        if not click.is_soft:\n            return click",
        "        if not click.is_soft and held.is_soft:\n            return click",
    ),
    Mutation(
        "place: an expired claim still blocks",
        "if held and held.window_contains(click.at) and not ended(held, click):",
        "if held and not ended(held, click):",
    ),
    Mutation(
        "place: an ended session still blocks",
        "if held and held.window_contains(click.at) and not ended(held, click):",
        "if held and held.window_contains(click.at):",
    ),
    Mutation(
        "place: a click that stood down comes back",
        "return None if click.stood_down else click",
        "return click",
    ),
    Mutation(
        "place: a stood-down click leaves an expired holder in place",
        "return None if click.stood_down else click",
        "return held if click.stood_down else click",
    ),
    Mutation(
        "place: the session ends hard claims too",
        "return held.is_soft and held.journey == click.journey and",
        "return held.journey == click.journey and",
    ),
    Mutation(
        "place: sessions are compared across journeys",
        "return held.is_soft and held.journey == click.journey and",
        "return held.is_soft and",
    ),
    Mutation(
        "window: its last instant is included",
        "return self.at <= at < self.at + self.window_minutes * MINUTE_MS",
        "return self.at <= at <= self.at + self.window_minutes * MINUTE_MS",
    ),
    Mutation(
        "window: its first instant is left out",
        "return self.at <= at < self.at + self.window_minutes * MINUTE_MS",
        "return self.at < at < self.at + self.window_minutes * MINUTE_MS",
    ),
    Mutation(
        "order: by publisher",
        "return click.at, click.id.int",
        "return click.publisher, click.id.int",
    ),
    Mutation(
        "order: of arrival within a moment", "return click.at, click.id.int", "return click.at, 0"
    ),
    Mutation(
        "order: duplicates are kept",
        "return sorted({click.id.int: click for click in clicks}.values(), key=_order)",
        "return sorted(clicks, key=_order)",
    ),
    Mutation(
        "fold: every click under the rule first",
        "return place(held, click, click.soft_rule)",
        "return place(held, click, SoftRule.FIRST)",
    ),
)

EXPIRED_AT_CLICK = """\
    if not held.window_contains(click.at):
        return Judged(held, Verdict.EXPIRED)
"""
ENDED_AT_CLICK = """\
    if ended(held, click):
        return Judged(held, Verdict.SESSION_ENDED)
"""
AFTER_CONVERSION = """\
    if click.at > sale.at:
        return Judged(click, Verdict.AFTER_CONVERSION)
"""
NOT_PARTNER = """\
    if click.reason is ClickReason.NOT_PARTNER:
        return Judged(click, Verdict.NOT_PARTNER)
"""

VERDICTS = (
    Mutation(
        "verdicts: clicks after the sale count",
        "if click.reason is None and click.at <= sale.at]",
        "if click.reason is None]",
    ),
    Mutation(
        "verdicts: a click in the moment of the sale is left out",
        "if click.reason is None and click.at <= sale.at]",
        "if click.reason is None and click.at < sale.at]",
    ),
    Mutation(
        "verdicts: clicks that do not count count",
        "if click.reason is None and click.at <= sale.at]",
        "if click.at <= sale.at]",
    ),
    Mutation(
        "verdicts: the holder is paid whatever its verdict",
        "paid = held if held and judged[held.id.int].verdict is Verdict.HELD else None",
        "paid = held",
    ),
    Mutation(
        "verdicts: stood down for nobody",
        "Judged(click, Verdict.STOOD_DOWN, by=new)",
        "Judged(click, Verdict.STOOD_DOWN)",
    ),
    Mutation("verdicts: overwritten although expired", EXPIRED_AT_CLICK, ""),
    Mutation("verdicts: overwritten although the session had ended", ENDED_AT_CLICK, ""),
    Mutation(
        "verdicts: session ended before expired, at a click",
        EXPIRED_AT_CLICK + ENDED_AT_CLICK,
        ENDED_AT_CLICK + EXPIRED_AT_CLICK,
    ),
    Mutation(
        "verdicts: the overwritten names itself",
        "Judged(held, Verdict.OVERWRITTEN, by=click)",
        "Judged(held, Verdict.OVERWRITTEN, by=held)",
    ),
    Mutation(
        "verdicts: an expired holder is paid",
        "    if not held.window_contains(sale.at):\n        return Verdict.EXPIRED, None\n",
        "",
    ),
    Mutation(
        "verdicts: a soft holder outlives its session",
        "    if held.is_soft and held.session not in sale.sessions:",
        "    if False:",
    ),
    Mutation(
        "verdicts: a hard holder needs its session",
        "    if held.is_soft and held.session not in sale.sessions:",
        "    if held.session not in sale.sessions:",
    ),
    Mutation(
        "verdicts: sole contests hard holders",
        "if held.is_soft and sale.soft_rule is SoftRule.SOLE:",
        "if sale.soft_rule is SoftRule.SOLE:",
    ),
    Mutation(
        "verdicts: sole is asked at the click's time",
        "if held.is_soft and sale.soft_rule is SoftRule.SOLE:",
        "if held.is_soft and held.soft_rule is SoftRule.SOLE:",
    ),
    Mutation(
        "verdicts: a publisher contests itself",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival is not held and rival.window_contains(sale.at):",
    ),
    Mutation(
        "verdicts: a closed window contests",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival.publisher != held.publisher:",
    ),
    Mutation(
        "verdicts: only soft rivals contest",
        "if rival.publisher != held.publisher and rival.window_contains(sale.at):",
        "if rival.publisher != held.publisher and rival.is_soft:",
    ),
    Mutation(
        "verdicts: not_partner before after_conversion",
        AFTER_CONVERSION + NOT_PARTNER,
        NOT_PARTNER + AFTER_CONVERSION,
    ),
    Mutation(
        "verdicts: every uncounted click was no partner's",
        "    if click.reason is ClickReason.NOT_PARTNER:\n",
        "    if click.reason:\n",
    ),
)

CLOSES_AT = (
    Mutation(
        "closes_at: every window counts, open at the sale or not",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting]",
    ),
    Mutation(
        "closes_at: only the last click's window counts",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting[-1:] if click.window_contains(sale.at)]",
    ),
    Mutation(
        "closes_at: only hard windows count",
        "[click for click in counting if click.window_contains(sale.at)]",
        "[click for click in counting if click.window_contains(sale.at) and not click.is_soft]",
    ),
    Mutation(
        "closes_at: the first window to close", "last = max(open_clicks", "last = min(open_clicks"
    ),
    Mutation(
        "closes_at: without the validation period",
        "validated_at = sale.at + sale.validation_minutes * MINUTE_MS",
        "validated_at = sale.at",
    ),
    Mutation(
        "closes_at: the validation period in seconds",
        "validated_at = sale.at + sale.validation_minutes * MINUTE_MS",
        "validated_at = sale.at + sale.validation_minutes * 1000",
    ),
    Mutation(
        "closes_at: the validation period alone",
        "is_by_click = last is not None and last.closes_at >= validated_at",
        "is_by_click = last is not None and not sale.validation_minutes",
    ),
    Mutation(
        "closes_at: a draw names no click",
        "is_by_click = last is not None and last.closes_at >= validated_at",
        "is_by_click = last is not None and last.closes_at > validated_at",
    ),
)

MUTATIONS = (*PLACE, *VERDICTS, *CLOSES_AT)

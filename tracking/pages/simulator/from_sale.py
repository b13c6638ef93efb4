"""A recorded sale as a scenario, to change and play in the simulator."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracking.commissions.decisions import clicks_of, judged_clicks, sale_of
from tracking.models import Decision
from tracking.rule.attribution import MINUTE_MS, Click, Sale
from tracking.rule.reasons import ClickReason
from tracking.simulator.format import MAX_NAME, MAX_PUBLISHER
from tracking.simulator.scenario import NOBODY, ClickStep, SaleStep, Scenario, SessionEnd, Settings
from tracking.simulator.times import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Carried:
    """The scenario, which expects what was decided, and what it could not carry over, in words."""

    scenario: Scenario
    losses: Sequence[str]


def scenario_of(decision: Decision, name: str, names: Mapping[int, str]) -> Carried:
    """The journey and the decision of a sale; ``names`` are the publishers', by id.

    Times become whole minutes from the first click. A scenario has one rule, one soft window and a
    hard window for each publisher, where the clicks of a sale may have had several.
    """
    clicks, sale = clicks_of(decision), sale_of(decision)
    called = called_of({click.publisher for click in clicks}, names)
    start = min([sale.at, *(click.at for click in clicks)])
    settings = settings_of(clicks, sale, called)
    steps = tuple(_steps(clicks, sale, called, start))
    scenario = Scenario(
        name=_printable(name, MAX_NAME),
        steps=steps,
        sale=SaleStep(
            minute=minute_since(sale.at, start),
            presented=_presented(clicks, sale),
            paid=called.get(decision.paid_publisher_id or 0, NOBODY),
            verdicts=tuple(judged.verdict for judged in judged_clicks(decision)),
        ),
        settings=settings,
    )
    return Carried(scenario, tuple(_losses(clicks, sale, scenario)))


def called_of(publishers: Collection[int], names: Mapping[int, str]) -> dict[int, str]:
    """Names that a scenario may give: short, printable, and each publisher's its own."""
    short = {
        key: _printable(names.get(key, _("publisher %(id)s") % {"id": key}), MAX_PUBLISHER)
        for key in publishers
    }
    often = Counter(short.values())
    return {
        key: f"{name[: MAX_PUBLISHER - 12]} {key}" if often[name] > 1 or name == NOBODY else name
        for key, name in short.items()
    }


def _printable(text: str, longest: int) -> str:
    return "".join(c for c in text if c.isprintable())[:longest] or "?"


def settings_of(clicks: Sequence[Click], sale: Sale, called: Mapping[int, str]) -> Settings:
    soft = [click.window_minutes for click in clicks if click.is_soft]
    hard = {click.publisher: click.window_minutes for click in clicks if not click.is_soft}
    usual = next(
        (m for m, _times in Counter(hard.values()).most_common() if m % DAY == 0), 30 * DAY
    )
    return Settings(
        soft_rule=sale.soft_rule,
        soft_minutes=max(HOUR, max(soft, default=DAY) // HOUR * HOUR),
        hard_minutes=usual,
        validation_minutes=sale.validation_minutes // DAY * DAY,
        windows={called[key]: minutes for key, minutes in hard.items() if minutes != usual},
    )


def _steps(
    clicks: Sequence[Click], sale: Sale, called: Mapping[int, str], start: int
) -> Iterator[ClickStep | SessionEnd]:
    """The clicks, and the browser closed wherever the session is another one than before."""
    session, sale_is_ahead = 0, True
    for click in clicks:
        if sale_is_ahead and click.at > sale.at:
            sale_is_ahead = False
            yield from _closed_before_sale(clicks, sale, start)
        if session and click.session and click.session != session:
            yield SessionEnd(minute_since(click.at, start))
        session = click.session or session
        yield ClickStep(
            minute=minute_since(click.at, start),
            publisher=called[click.publisher],
            cookie_type=click.cookie_type,
            partner=click.reason is None,
        )
    if sale_is_ahead:
        yield from _closed_before_sale(clicks, sale, start)


def _closed_before_sale(clicks: Sequence[Click], sale: Sale, start: int) -> Iterator[SessionEnd]:
    if not sale.sessions and _counting(clicks, sale):
        yield SessionEnd(minute_since(sale.at, start))


def _presented(clicks: Sequence[Click], sale: Sale) -> tuple[int, ...] | None:
    """None where this browser's cookies say as much as the evidence did."""
    counting = _counting(clicks, sale)
    if not counting:
        later = tuple(number for number, click in enumerate(clicks, 1) if click.reason is None)
        return later or None
    if not sale.sessions or sale.sessions == {counting[-1].session}:
        return None
    return tuple(
        number
        for number, click in enumerate(clicks, 1)
        if click.reason is None and click.session in sale.sessions
    )


def _counting(clicks: Sequence[Click], sale: Sale) -> list[Click]:
    return [click for click in clicks if click.reason is None and click.at <= sale.at]


def _losses(clicks: Sequence[Click], sale: Sale, scenario: Scenario) -> Iterator[str]:
    if any(click.reason not in (None, ClickReason.NOT_PARTNER) for click in clicks):
        yield _(
            "A click that does not count for another reason is shown as a click of a publisher "
            "that is not a partner."
        )
    if any(click.soft_rule is not sale.soft_rule for click in clicks):
        yield _(
            "Some clicks happened under another soft rule; here the sale's rule applies to all."
        )
    if len({click.journey for click in clicks}) > 1:
        yield _("The clicks were made in several browsers; here they are all in one.")
    settings = scenario.settings
    kept = [
        settings.window_minutes(step.publisher, step.cookie_type) == click.window_minutes
        for step, click in zip(scenario.clicks, clicks, strict=True)
    ]
    if not all(kept):
        yield _("Clicks of one partner or type had different windows; here each has a single one.")


def minute_since(milliseconds: int, start: int) -> int:
    return (milliseconds - start) // MINUTE_MS

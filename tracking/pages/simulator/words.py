"""What happens in a simulated journey, in words, for the simulator's page and ``simulate``."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network.milliseconds import to_ms
from network.wording import joined
from tracking.commissions.states import LABELS, SaleState
from tracking.evidence.closing import EndState, Standing, lapses_at, settles_at
from tracking.evidence.fields import FieldError
from tracking.explain.sentences import COOKIE_TYPES, REPORT_OUTCOMES
from tracking.remedies.told import told
from tracking.rule.attribution import Click, Judged, Verdict
from tracking.rule.reasons import ReportOutcome
from tracking.simulator.play import PlayedReport, PlayedScenario, number_of
from tracking.simulator.playback import Kind, PlaybackLine, minute_of
from tracking.simulator.scenario import NOBODY, LandingStep, Way
from tracking.simulator.times import format_time

STATES: Mapping[EndState, Promise] = {
    **{end: LABELS[SaleState[end.name]] for end in EndState if end.name in SaleState.__members__},
    EndState.NOT_CONFIRMED: gettext_lazy("Declined: not confirmed"),
    EndState.NO_SALE: gettext_lazy("No sale"),
}


def paid_sentence(result: PlayedScenario) -> str:
    """``Blog is credited. The sale becomes final at 30d.``"""
    if result.stood is None:
        return _("Nobody is credited: nothing that came with the sale leads to a click.")
    known = {"partner": result.paid, "time": _end_of(result.stood, result)}
    if result.paid == NOBODY:
        return _nobody_sentence(result.stood) % known
    return {
        EndState.CONFLICT: _(
            "%(partner)s is credited, but two reports say different figures: unless the shop "
            "settles it, the earlier one counts from %(time)s."
        ),
        EndState.ON_HOLD: _(
            "%(partner)s is credited. The order is larger than is plausible, so it waits for staff."
        ),
        EndState.UNVERIFIED: _(
            "%(partner)s is credited, but only a browser says so: unless the shop confirms the "
            "sale, it is declined at %(time)s."
        ),
        EndState.NOT_CONFIRMED: _(
            "%(partner)s is credited, but nobody confirmed the sale: it was declined at %(time)s."
        ),
    }.get(result.state, _("%(partner)s is credited. The sale becomes final at %(time)s.")) % known


def _nobody_sentence(stood: Standing) -> str:
    if stood.joined.conflict:
        return _(
            "Nobody is credited: reports of different browsers contradict each other. Unless the "
            "shop settles it, the earlier one decides at %(time)s."
        )
    if stood.joined.uncounted:
        return _(
            "Nobody is credited: the channel of the order does not count. The sale becomes final "
            "at %(time)s."
        )
    return _("Nobody is credited. The sale becomes final at %(time)s.")


def _end_of(stood: Standing, result: PlayedScenario) -> str:
    """When what the sale waits for is over."""
    settings = result.scenario.settings
    at = result.closes_at or stood.closes_at
    if stood.joined.conflict:
        at = settles_at(stood.joined, settings.conflict_days) or at
    elif result.state in (EndState.UNVERIFIED, EndState.NOT_CONFIRMED):
        at = lapses_at(stood.closes_at, settings.confirm_days)
    return format_time(minute_of(to_ms(at)))


def report_text(report: PlayedReport, result: PlayedScenario) -> str:
    """What became of a report, and why: ``Too late: the sale was closed``."""
    if report.outcome is None:
        return _("It has not come by then")
    said = str(REPORT_OUTCOMES[report.outcome])
    if report.sent.errors and report.outcome is ReportOutcome.INVALID:
        return f"{said}; " + "; ".join(map(_told_error, report.sent.errors))
    return said


def _told_error(error: FieldError) -> str:
    known = {"field": error.field, "got": error.received, "expected": told(error.expected)}
    return _("%(field)s is %(got)s, expected is %(expected)s") % known


def brings_text(report: PlayedReport) -> str:
    """What a report presents: ``cookies of browser 2, by pixel``."""
    step = report.sent.step
    if step.presented is None:
        text = {
            Way.TAG: _("cookies of browser %(browser)s, by tag"),
            Way.TAG_WITH_COOKIE: _("cookies of browser %(browser)s, by tag with session cookie"),
            Way.PIXEL: _("cookies of browser %(browser)s, by pixel"),
        }[step.way]
        return text % {"browser": step.browser}
    if not step.presented:
        return _("no click")
    numbers = joined([str(number) for number in step.presented])
    text = ngettext(
        "the id of click %(numbers)s", "the ids of clicks %(numbers)s", len(step.presented)
    )
    return text % {"numbers": numbers}


def paid_of(result: PlayedScenario) -> str:
    return _("Nobody") if result.paid == NOBODY else result.paid


def failures_of(result: PlayedScenario) -> list[str]:
    """``paid: expected Blog, got nobody``."""
    return [failure.worded(_) for failure in result.failures]


def named(click: Click, result: PlayedScenario) -> str:
    """``click 2 (Extension, soft)``."""
    return _("click %(number)s (%(partner)s, %(kind)s)") % _facts(click, result)


def verdict_sentence(judged: Judged, result: PlayedScenario) -> str:
    """What became of one click."""
    by = named(judged.by, result) if judged.by else _("another click")
    text = {
        Verdict.AFTER_CONVERSION: _("It is later than the sale."),
        Verdict.NOT_PARTNER: _("Its publisher was not an approved partner then."),
        Verdict.INVALID: _("It does not count."),
        Verdict.STOOD_DOWN: _("The cookie was held by %(click)s."),
        Verdict.OVERWRITTEN: _("The cookie was taken over by %(click)s."),
        Verdict.EXPIRED: _("Its window had closed."),
        Verdict.SESSION_ENDED: _("Its browser session had ended."),
        Verdict.CONTESTED: _("Under the rule sole, the open window of %(click)s leaves it unpaid."),
        Verdict.HELD: _("It held the cookie at the sale."),
    }[judged.verdict]
    return text % {"click": by}


def moment_text(moment: PlaybackLine, result: PlayedScenario) -> str:
    """What happens at a moment of the journey."""
    click = moment.click
    if moment.kind is Kind.SALE:
        return _("Sale")
    if moment.kind is Kind.FINAL:
        return _("The sale becomes final")
    if click is None:
        return _in_browser(_("The browser is closed and opened again"), moment, result)
    if moment.kind is Kind.WINDOW_CLOSED:
        return _("The window of %(click)s closes") % {"click": named(click, result)}
    return _in_browser(_step_text(moment, click) % _facts(click, result), moment, result)


def _step_text(moment: PlaybackLine, click: Click) -> str:
    if moment.moment and isinstance(moment.moment.step, LandingStep):
        if moment.moment.is_stale:
            return _(
                "The token of click %(number)s comes to the shop: stale, it is taken out again"
            )
        return _("The token of click %(number)s comes to the shop")
    if click.reason:
        return _("Click %(number)s: %(partner)s, %(kind)s; not an approved partner")
    if click.stood_down:
        return _("Click %(number)s: %(partner)s, %(kind)s; stands down")
    return _("Click %(number)s: %(partner)s, %(kind)s")


def _in_browser(text: str, moment: PlaybackLine, result: PlayedScenario) -> str:
    """With the browser's number, where there are several."""
    if result.scenario.browsers == 1:
        return text
    known = {"text": text, "browser": moment.browser}
    return _("%(text)s (browser %(browser)s)") % known


def _facts(click: Click, result: PlayedScenario) -> dict[str, object]:
    return {
        "number": number_of(click),
        "partner": result.publisher(click),
        "kind": COOKIE_TYPES[click.cookie_type],
    }

"""What happens in a simulated journey, in words, for the simulator's page and ``simulate``."""

from django.utils.translation import gettext as _

from tracking.explain.sentences import COOKIE_TYPES
from tracking.rule.attribution import Click, Judged, Verdict
from tracking.simulator.format import NOBODY, format_time
from tracking.simulator.play import PlayedScenario, number_of
from tracking.simulator.playback import Kind, PlaybackLine, minute_of


def paid_sentence(result: PlayedScenario) -> str:
    """``Blog is credited. The sale becomes final at 30d.``"""
    if result.outcome is None:
        return _("Nobody is credited: nothing that came with the sale leads to a click.")
    final = format_time(minute_of(result.outcome.closes_at))
    if result.paid == NOBODY:
        return _("Nobody is credited. The sale becomes final at %(time)s.") % {"time": final}
    text = _("%(partner)s is credited. The sale becomes final at %(time)s.")
    return text % {"partner": result.paid, "time": final}


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
        return _("The browser is closed and opened again")
    if moment.kind is Kind.WINDOW_CLOSED:
        return _("The window of %(click)s closes") % {"click": named(click, result)}
    if click.reason:
        text = _("Click %(number)s: %(partner)s, %(kind)s; not an approved partner")
    elif click.stood_down:
        text = _("Click %(number)s: %(partner)s, %(kind)s; stands down")
    else:
        text = _("Click %(number)s: %(partner)s, %(kind)s")
    return text % _facts(click, result)


def _facts(click: Click, result: PlayedScenario) -> dict[str, object]:
    return {
        "number": number_of(click),
        "partner": result.publisher(click),
        "kind": COOKIE_TYPES[click.cookie_type],
    }

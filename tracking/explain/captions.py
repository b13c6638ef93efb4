"""What stands in the picture of a journey, in the reader's language."""

from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from network.wording import counted
from tracking.explain.scale import Times, TimeWords
from tracking.explain.sentences import COOKIE_TYPES
from tracking.rule.attribution import CookieType


class JourneyCaptions:
    """As :class:`~tracking.explain.shapes.Captions` has it."""

    def title(self, clicks: int) -> str:
        return ngettext(
            "The journey to this sale: %(number)d click on a time line",
            "The journey to this sale: %(number)d clicks on a time line",
            clicks,
        ) % {"number": clicks}

    def session(self, number: int) -> str:
        return _("Session %(number)s") % {"number": number}

    def other_session(self) -> str:
        return _("Other session")

    def sale(self, day: str, time: str) -> str:
        return _("Sale %(day)s %(time)s") % {"day": day, "time": time}

    def sold(self, when: str) -> str:
        return _("The sale was on %(when)s.") % {"when": when}

    def cookie_type(self, kind: str) -> str:
        return str(COOKIE_TYPES[CookieType(kind)])

    def click(self, when: str, partner: str, kind: str) -> str:
        text = (
            _("%(when)s: %(partner)s, hard click.")
            if CookieType(kind) is CookieType.HARD
            else _("%(when)s: %(partner)s, soft click.")
        )
        return text % {"when": when, "partner": partner}

    def pause(self, hours: int) -> str:
        if hours < 48:
            return _("%(hours)s h") % {"hours": hours}
        return counted(round(hours / 24), "day")


CAPTIONS = JourneyCaptions()


def in_zone(zone: tzinfo) -> Times:
    """Times as a reader in this zone says them: ``14:06``, ``12 Mar 2026``."""

    def words(at: int) -> TimeWords:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)
        local = moment.astimezone(zone)
        day, full_day = date_format(local, "j M"), date_format(local, "j M Y")
        return TimeWords(f"{local:%H:%M}", f"{local:%H:%M:%S}", day, full_day)

    return words


def since_start() -> Times:
    """Times from 0 on, as the simulator has them: ``0:10``, ``day 2``."""

    def words(at: int) -> TimeWords:
        days, rest = divmod(at // 1000, 86_400)
        time, day = f"{rest // 3600}:{rest % 3600 // 60:02}", _("day %(number)s") % {"number": days}
        return TimeWords(time, f"{time}:{rest % 60:02}", day, day)

    return words

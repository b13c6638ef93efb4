"""Times of journeys: whole minutes from 0, and how they are written. Pure."""

import re

from tracking.simulator.loading import shown
from tracking.simulator.problems import Fault, ScenarioError

HOUR = 60
DAY = 24 * HOUR
MAX_DAYS = 36_500
"""A hundred years: far beyond any window, and well inside a click id's 48 bits of milliseconds."""
_TIME = re.compile(r"(?:([0-9]{1,9})d)?\s*(?:([0-9]{1,9})h)?\s*(?:([0-9]{1,9})m?)?")


def parse_time(text: str) -> int:
    """Minutes in ``10``, ``55m``, ``24h``, ``3d`` or ``29d 23h 59``. Raises
    :class:`ScenarioError`, with the text as its value."""
    match = _TIME.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ScenarioError(Fault.NO_TIME, value=shown(text))
    days, hours, minutes = (int(part or 0) for part in match.groups())
    total = days * DAY + hours * HOUR + minutes
    if total > MAX_DAYS * DAY:
        raise ScenarioError(Fault.TIME_TOO_LONG, value=shown(text), most=f"{MAX_DAYS}d")
    return total


def format_time(minutes: int) -> str:
    """The minutes as :func:`parse_time` reads them, such as ``2d 3h 10``."""
    days, rest = divmod(minutes, DAY)
    hours, rest = divmod(rest, HOUR)
    parts = (f"{days}d" if days else "", f"{hours}h" if hours else "", str(rest) if rest else "")
    return " ".join(part for part in parts if part) or "0"

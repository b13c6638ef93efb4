"""What can be wrong with written journeys: each problem by its name, with what it is about. Pure.

The names' values are messages. Who shows one says it in the reader's language: the page and the
command pass ``gettext`` to :meth:`ScenarioError.worded`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

Say = Callable[[str], str]
"""Puts a message into the reader's language."""


def gettext_noop(message: str) -> str:
    """Marks a message for translation, as Django's does, which nothing pure knows."""
    return message


class Fault(StrEnum):
    """Of a text as a whole, of its YAML or JSON, and of a value in it."""

    UNREADABLE = gettext_noop("%(file)s: %(reason)s; give a file, or - for standard input")
    NOT_UTF8 = gettext_noop("%(file)s: byte %(number)s is not UTF-8; save the file as UTF-8")
    TEXT_TOO_LONG = gettext_noop(
        "the text is longer than %(most)s characters; import fewer journeys, or play the file with "
        "manage.py simulate"
    )
    NO_JOURNEYS = gettext_noop("the list is empty; give at least one journey")
    TOO_MANY_JOURNEYS = gettext_noop(
        "%(count)s journeys; %(most)s are the most here. Play the file with manage.py simulate"
    )
    TOO_MANY_STEPS = gettext_noop(
        "%(count)s steps; %(most)s are the most here. Play it with manage.py simulate"
    )
    EMPTY = gettext_noop("the input is empty; an empty list of journeys is []")
    NO_LIST = gettext_noop(
        "the input must be a list of journeys, one '- name: …, do: […], sale: {…}' for each"
    )
    NO_YAML = gettext_noop("the input is not YAML: %(reason)s")
    TOO_DEEP = gettext_noop("the input is nested too deeply; a step is {click: {…}} in a list")
    ALIAS = gettext_noop("the input repeats a part by an alias (*name); write the part out")
    NO_KEY = gettext_noop("this is not a key; write key: value")
    KEY_TWICE = gettext_noop("%(value)s is given twice; give it once")

    UNKNOWN = gettext_noop("unknown; use one of %(known)s")
    MISSING = gettext_noop("missing; it is required")
    NO_MAPPING = gettext_noop("%(value)s is not a mapping; write {key: value}")
    NO_LIST_HERE = gettext_noop("%(value)s is not a list; write [first, second]")
    NO_TEXT = gettext_noop("%(value)s is not a text of 1 to %(most)s printable characters")
    NO_SUCH_WORD = gettext_noop("%(value)s is not one of %(known)s")
    NO_TIME = gettext_noop(
        "%(value)s is not a time; write minutes, or days, hours and minutes as in 2d 3h 10"
    )
    TIME_TOO_LONG = gettext_noop("%(value)s is too long; %(most)s is the most")
    TIME_OUTSIDE = gettext_noop("%(value)s is not between %(least)s and %(most)s")
    NO_NUMBER = gettext_noop("%(value)s is not a whole number from %(least)s to %(most)s")
    OUT_OF_ORDER = gettext_noop(
        "%(time)s is earlier than the step above it (%(before)s); list the steps in order of time"
    )
    NO_STEP = gettext_noop(
        "%(value)s is not one step; write {click: {…}}, {land: {…}} or {end_session: {at: …}}"
    )
    MEANS_NOBODY = gettext_noop(
        "%(value)s means that no publisher is paid; give the publisher another name"
    )
    NOT_PRESENTED = gettext_noop(
        "%(value)s is not cookies, all, or a list of click numbers such as [1, 2]"
    )
    NO_CLICKS = gettext_noop("%(value)s names clicks, and there is no click in do")
    NO_CLICK_ABOVE = gettext_noop("%(value)s names a click, and there is none above it")
    BOTH_WAYS = gettext_noop("%(value)s is given beside reports; move it into the report it is of")
    NO_REPORTS = gettext_noop("%(value)s is not a list of 1 to %(most)s reports")
    ARRIVES_EARLY = gettext_noop(
        "%(value)s is earlier than the report is made (%(time)s); give a later time or none"
    )
    BARE_PRESENTS = gettext_noop(
        "%(value)s: a bare report brings no click; leave present out, or give the rank token"
    )
    KEYED_COOKIES = gettext_noop(
        "%(value)s: a server has no cookies; list the clicks whose ids it kept, such as [1]"
    )
    NO_BROWSER = gettext_noop(
        "%(value)s says nothing here; only a report that presents cookies comes from a browser"
    )
    NO_AMOUNT = gettext_noop("%(value)s is not an amount; give %(expected)s")
    NO_CURRENCY = gettext_noop("%(value)s is not an ISO 4217 code such as EUR")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the text something is wrong: at a line, or in an entry, whose ``name`` is as it was
    written, and there at a ``path`` such as ``do[1].click.at``."""

    entry: int = 0
    name: str = ""
    path: str = ""
    line: int = 0
    column: int = 0

    def inside(self, path: str) -> "Place":
        return replace(self, path=path)

    def worded(self, say: Say) -> list[str]:
        """From the outside in."""
        parts = []
        if self.line:
            at = {"line": self.line, "column": self.column}
            parts.append(say(gettext_noop("line %(line)s, column %(column)s")) % at)
        if self.entry:
            known = {"number": self.entry, "name": self.name}
            text = (
                say(gettext_noop("entry %(number)s %(name)s"))
                if self.name
                else say(gettext_noop("entry %(number)s"))
            )
            parts.append(text % known)
        return [*parts, self.path] if self.path else parts


class ScenarioError(ValueError):
    """The input cannot be read: ``fault`` says why, ``values`` what it is about, ``place`` where.
    Its words can be printed whatever the input holds."""

    def __init__(self, fault: Fault, place: Place | None = None, **values: object) -> None:
        self.fault = fault
        self.place = place or Place()
        self.values = {name: printable(str(value)) for name, value in values.items()}
        super().__init__(self.worded(str))

    def problem(self, say: Say) -> str:
        """What is wrong and how to mend it, without the place."""
        return say(self.fault.value) % self.values

    def worded(self, say: Say) -> str:
        place = (printable(part) for part in self.place.worded(say))
        return ": ".join([*place, self.problem(say)])


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, slots=True)
class Unexpected:
    """What did not come out as the journey expects it: its ``paid``, or its ``verdicts``."""

    field: str
    expected: str
    got: str

    def worded(self, say: Say) -> str:
        known = {"field": self.field, "expected": self.expected, "got": self.got}
        return say(gettext_noop("%(field)s: expected %(expected)s, got %(got)s")) % known

"""The slots of one advertiser as cookies on a tracking host.

Four cookies, all ``Secure; HttpOnly; SameSite=None``. On the shared host their path is that of
their advertiser, so that they travel to its URLs only. On an advertiser's own host they are
``__Host-`` cookies: no script and no other host of the shop's domain can set or shadow them. The
soft slot and the session end with the browser session: they carry neither ``Max-Age`` nor
``Expires``. Over plain http, on a developer's machine, they have no prefix and are not ``Secure``:
WebKit refuses such cookies there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import Morsel
from typing import Any, NamedTuple

from django.http import HttpResponseBase

from tracking.rule.attribution import Click
from tracking.rule.reasons import TokenReason
from tracking.rule.slots import Slots
from tracking.rule.tokens import Keys, TokenError, accept

HARD, SOFT, LAST, SESSION = "h", "s", "l", "n"
DAY_SECONDS = 24 * 60 * 60
MAX_SESSION = 2**32 - 1
MOST_SESSIONS = 10
"""Sessions that a report may name: the tag keeps five, and may find them in two cookies."""
EMPTY = '""'
DOUBLED = "\n"
"""What :func:`parse` gives for a name that came twice. No cookie's value has a line break."""


_WRONG = frozenset({("hard", True), ("soft", False)})
"""Slots, and whether a click is soft that none of ours writes into them."""


@dataclass(frozen=True, slots=True)
class Jar:
    """The cookies of one advertiser on a tracking host: the shared one, or one of its own."""

    advertiser: int
    is_own_host: bool = False
    is_secure: bool = True

    @property
    def prefix(self) -> str:
        if not self.is_secure:
            return ""
        return "__Host-" if self.is_own_host else "__Secure-"

    @property
    def path(self) -> str:
        return "/" if self.is_own_host else f"/t/{self.advertiser}/"

    def name(self, kind: str) -> str:
        return f"{self.prefix}sc{kind}-{self.advertiser}"


@dataclass(frozen=True, slots=True)
class Brought:
    """What the browser brought: its slots, the token texts by role, and what was rejected, by
    role."""

    slots: Slots
    tokens: Mapping[str, str]
    rejected: Mapping[str, TokenReason]

    @property
    def any(self) -> bool:
        return bool(self.tokens or self.slots.session or self.rejected)

    @property
    def is_tampered(self) -> bool:
        """Whether a cookie that may protect somebody's claim came damaged, or any of them twice."""
        is_doubled = TokenReason.DOUBLED in self.rejected.values()
        return is_doubled or bool(self.rejected.keys() & {"hard", "last"})


NOTHING = Brought(Slots(), {}, {})
"""What a browser brings that has no cookies."""


def parse(header: str) -> dict[str, str]:
    """A ``Cookie`` header by name, whatever bytes other people's cookies hold. A name that came
    twice with different values is :data:`DOUBLED`."""
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.strip(" \t").partition("=")
        value = value.strip('"')
        found[name] = DOUBLED if found.get(name, value) != value else value
    return found


def read(cookies: Mapping[str, str], jar: Jar, keys: Keys, now_ms: int) -> Brought:
    """The slots in the cookies. A token that credits nobody is left out, with its reason."""
    if not cookies:
        return NOTHING
    found: dict[str, Click] = {}
    tokens: dict[str, str] = {}
    known: dict[str, Click] = {}  # a slot and the last token are often the same
    rejected: dict[str, TokenReason] = {}
    for role, kind in (("hard", HARD), ("soft", SOFT), ("last", LAST)):
        text = cookies.get(jar.name(kind))
        if not text:
            continue
        try:
            click = known.get(text) or _accept(text, jar, keys, now_ms)
            found[role] = _of_slot(role, click)
            tokens[role], known[text] = text, click
        except TokenError as error:
            rejected[role] = error.reason
    text = cookies.get(jar.name(SESSION), "")
    if text == DOUBLED:
        rejected["session"] = TokenReason.DOUBLED
    session = parse_session(text)
    if not session and "soft" in found:
        session = found["soft"].session  # its cookie lives as long: nobody ends it by damaging one
    return Brought(Slots(**found, session=session), tokens, rejected)


def _accept(text: str, jar: Jar, keys: Keys, now_ms: int) -> Click:
    if text == DOUBLED:
        raise TokenError(TokenReason.DOUBLED)
    return accept(text, keys, jar.advertiser, now_ms).click


def _of_slot(role: str, click: Click) -> Click:
    if (role, click.is_soft) in _WRONG:
        raise TokenError(TokenReason.WRONG_SLOT)
    return click


def parse_sessions(text: str) -> list[int]:
    """The session ids that a report names, joined by dots: the last ones, which are the newest."""
    named = text.rsplit(".", MOST_SESSIONS)[-MOST_SESSIONS:]
    return [session for session in map(parse_session, named) if session]


def parse_session(text: str) -> int:
    """A session id from its decimal text; 0 for anything else."""
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MAX_SESSION:
        return int(text)
    return 0


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What a click writes: its token into the slot it took, if it took one, and as the last."""

    jar: Jar
    token: str
    click: Click
    longest_window_days: int


class SetCookie(NamedTuple):
    """A cookie as an answer sets it. It is kept for ``max_age`` seconds, with 0 it is deleted, and
    without it ends with the browser session."""

    jar: Jar
    kind: str
    value: str
    max_age: int | None = None

    @property
    def name(self) -> str:
        return self.jar.name(self.kind)

    @property
    def header(self) -> str:
        """For ``Set-Cookie``: ``http.cookies`` takes many times as long to write one."""
        attributes = _attributes(self.jar.path, self.jar.is_secure, self.max_age)
        return f"{self.name}={self.value or EMPTY}; {attributes}"


def set_by(click: ToWrite) -> list[SetCookie]:
    """The cookies that a counting click sets. A hard click deletes the soft slot."""
    jar, token, kept = click.jar, click.token, click.click
    last = SetCookie(jar, LAST, token, click.longest_window_days * DAY_SECONDS)
    session = SetCookie(jar, SESSION, str(kept.session))
    if kept.stood_down:
        return [last, session]
    if kept.is_soft:
        return [SetCookie(jar, SOFT, token), last, session]
    hard = SetCookie(jar, HARD, token, kept.window_minutes * 60)
    return [hard, SetCookie(jar, SOFT, "", 0), last, session]


def write(response: HttpResponseBase, click: ToWrite) -> None:
    """Set the cookies of a counting click."""
    _set(response, set_by(click))


def delete(response: HttpResponseBase, jar: Jar) -> None:
    """Delete what :func:`write` has written."""
    _set(response, [SetCookie(jar, kind, "", 0) for kind in (HARD, SOFT, LAST, SESSION)])


def _set(response: HttpResponseBase, each: Iterable[SetCookie]) -> None:
    for cookie in each:
        response.cookies.load(cookie.header)


@lru_cache(maxsize=10_000)
def _attributes(path: str, is_secure: bool, max_age: int | None) -> str:
    """What follows a cookie's value in its header. All cookies have these."""
    morsel: Morsel[Any] = Morsel()
    morsel.set("name", "value", "value")
    morsel["path"] = path
    morsel["httponly"] = True
    if is_secure:
        morsel["secure"], morsel["samesite"] = True, "None"
    if max_age is not None:
        morsel["max-age"] = max_age
    return morsel.OutputString().partition("; ")[2]

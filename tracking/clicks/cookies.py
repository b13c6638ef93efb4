"""The slots of one advertiser as cookies on the tracking host.

Four cookies, all ``Secure; HttpOnly; SameSite=None; Path=/t/<advertiser>/``, so that they travel to
their advertiser's URLs only. The soft slot and the session end with the browser session: they carry
neither ``Max-Age`` nor ``Expires``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import Morsel
from typing import Any

from django.http import HttpResponseBase

from tracking.rule.attribution import Click
from tracking.rule.slots import Slots
from tracking.rule.tokens import Keys, TokenError, accept

HARD, SOFT, LAST, SESSION = "h", "s", "l", "n"
DAY_SECONDS = 24 * 60 * 60
MAX_SESSION = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Brought:
    """What the browser brought: its slots, the token texts by role, and what was rejected."""

    slots: Slots
    tokens: Mapping[str, str]
    rejected: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.tokens or self.slots.session or self.rejected)


NOTHING = Brought(Slots(), {})
"""What a browser brings that has no cookies."""


def name(kind: str, advertiser: int) -> str:
    return f"__Secure-sc{kind}-{advertiser}"


def read(cookies: Mapping[str, str], advertiser: int, keys: Keys, now_ms: int) -> Brought:
    """The slots in the cookies. A token that credits nobody is left out, with its reason."""
    if not cookies:
        return NOTHING
    found: dict[str, Click] = {}
    tokens: dict[str, str] = {}
    known: dict[str, Click] = {}  # a slot and the last token are often the same
    rejected: list[str] = []
    for role, kind in (("hard", HARD), ("soft", SOFT), ("last", LAST)):
        text = cookies.get(name(kind, advertiser))
        if not text:
            continue
        try:
            found[role] = known.get(text) or accept(text, keys, advertiser, now_ms).click
            tokens[role], known[text] = text, found[role]
        except TokenError as error:
            rejected.append(f"{role}: {error.reason}")
    session = parse_session(cookies.get(name(SESSION, advertiser), ""))
    return Brought(Slots(**found, session=session), tokens, tuple(rejected))


def parse_session(text: str) -> int:
    """A session id from its decimal text; 0 for anything else."""
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MAX_SESSION:
        return int(text)
    return 0


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What a click writes: its token into the slot it took, if it took one, and as the last."""

    advertiser: int
    token: str
    click: Click
    longest_window_days: int


def write(response: HttpResponseBase, click: ToWrite) -> None:
    """Set the cookies of a counting click. A hard click deletes the soft slot."""
    advertiser, path = click.advertiser, f"/t/{click.advertiser}/"
    if not click.click.stood_down:
        if click.click.is_soft:
            _set(response, name(SOFT, advertiser), click.token, path)
        else:
            seconds = click.click.window_minutes * 60
            _set(response, name(HARD, advertiser), click.token, path, seconds)
            _set(response, name(SOFT, advertiser), "", path, 0)
    longest = click.longest_window_days * DAY_SECONDS
    _set(response, name(LAST, advertiser), click.token, path, longest)
    _set(response, name(SESSION, advertiser), str(click.click.session), path)


class _Cookie(Morsel[str]):
    """A cookie that knows its header: ``http.cookies`` takes many times as long to write one."""

    def __init__(self, key: str, value: str, attributes: "_Attributes") -> None:
        dict.update(self, attributes.values)
        quoted = value or '""'
        self.set(key, value, quoted)
        self._header = f"{key}={quoted}; {attributes.text}"

    def OutputString(self, attrs: object = None) -> str:  # noqa: N802 - its base's name
        return self._header


@dataclass(frozen=True, slots=True)
class _Attributes:
    """What follows a cookie's value, as a Morsel holds it and as its header says it."""

    values: Mapping[str, object]
    text: str


@lru_cache(maxsize=10_000)
def _attributes(path: str, max_age: int | None) -> _Attributes:
    """All cookies have these; without ``max_age`` they end with the browser session."""
    morsel: Morsel[Any] = Morsel()
    morsel.set("name", "value", "value")
    morsel["path"], morsel["samesite"] = path, "None"
    morsel["secure"] = morsel["httponly"] = True
    if max_age is not None:
        morsel["max-age"] = max_age
    return _Attributes(dict(morsel), morsel.OutputString().partition("; ")[2])


def _set(
    response: HttpResponseBase, key: str, value: str, path: str, max_age: int | None = None
) -> None:
    response.cookies[key] = _Cookie(key, value, _attributes(path, max_age))

"""The merchant tag, rendered for one advertiser: ``static/tracking/tag.js`` with its settings.

Pure: no Django, no clock. The script needs no build tool: it is written so that
:func:`minified` can shrink it by a few plain substitutions.

What the tag does in a browser
------------------------------
It folds every counting click whose token arrives (click parameter of the landing URL, or an
activation from the page) over the shop's own cookies: ``_sch`` hard slot, ``_scs`` soft slot,
``_scl`` last token, ``_scn`` the sessions seen in this run of the browser (decimal, joined by
``.``). ``_scu`` are tokens that have landed and wait for the answer whether they are fresh, joined
by ``.``; they are not in the slots yet. ``_scv`` are the sessions of those that landed in this run.

- A token lands once, and only if it is newer, by ``(at, id)`` inside it, than every token in the
  first three cookies. Reload, history and a second tag on the page bring a token that is known; a
  bookmark brings an old one. Neither may claim: a soft click that stood down, or a hard one that
  was overwritten, would otherwise come back when the claim that beat it has run out and left the
  browser. ``_scl`` outlives every window and so remembers that it was here. What this costs: of
  two clicks of which the later one has its answer before the earlier one lands, the earlier one
  reaches no slot. Where they share a journey the server finds it from the later token all the same.
- A token that has landed waits, and ``GET <base>l?click=<token>`` is asked, once. *Fresh* lets it
  meet the slots, *stale* drops it; a no, of any tab, drops all that wait. In whatever order the
  answers come, the slots are as if the fresh ones had landed in the order of their clicks: nothing
  is placed before, so nothing has to be put back.
- Without an answer it goes on waiting, five at most (hard ones before soft ones); reports bring it
  and name it, so that a plug-in that blocks costs nobody a sale. In a later run of the browser it
  leads to its journey, as the last token does. A hard click that is placed ends the waiting of all
  older ones.
- Afterwards the hard slot holds the newest hard token; the soft slot holds the holder of the fold
  if that is soft, and is empty otherwise: a hard click deletes it, and a soft claim whose session
  has ended is gone. Windows are compared by the times inside the tokens. The browser's clock only
  says how long a slot may live (``Max-Age``); a slot with nothing left is not written, but the
  token still becomes ``_scl`` and leads to its journey.
- ``_scn`` keeps five sessions, the soft holder's always among them.
- The landing URL is the one that the page's snippet noted, before any router could change it.
- Duplicates of a cookie (another domain or path) are folded with the rest, then written once, on
  the widest domain that the browser accepts.
- The tag cannot verify a signature. A forged token that it believes earns nobody anything, and can
  make this browser forget a claim; the tracking host's own cookies and the journey remain.

Consent
-------
Before consent it writes no cookie and leaves the address alone. The answer is kept in ``_sco``
(``1`` or ``0``, 180 days): the last one of any tab holds, else the advertiser's setting. Of two
that differ the no holds. While the shop asks, a sale waits in its page, and goes without consent
when the page is left.

``softclick('consent', null)`` says that the shopper has still to answer on this page: until then
the shop asks, whatever its setting, and an earlier yes waits with it.

A yes that comes late finds the click in the addresses that the browser itself remembers of this
tab: where the page began, its history (Navigation API), or its referrer. Of the last two it takes
what is fresh by the browser's clock (``slots.FRESH_MS``): a sale in the same breath would bring the
rest before ``l`` has answered. A no deletes the six cookies and asks every tracking host of the
advertiser to delete its own (``POST <host>forget``); so does a click that lands after a no, for the
redirect has set cookies again, and an activation that is answered after one.

What it sends
-------------
``POST <base>sale``, ``text/plain``, UTF-8 JSON under 60,000 bytes (``items`` are left out first)::

    {"order": "10023", "amount": "49.90", "currency": "GBP", "parts": "DEFAULT:49.90",
     "voucher": "SAVE5", "channel": "aff", "customer": "new", "test": "1",
     "items": [...],
     "tokens": {"hard": ["<85 characters>"], "soft": [], "last": ["<85 characters>"]},
     "session": "305419896.2596069104",
     "unanswered": "<85 characters>.<85 characters>"}

Each of the first eight is there if the page gave it (not ``null``, ``undefined`` or ``false``), and
is always text, as JavaScript writes the value (``true`` as ``"1"``): what is wrong with it is for
the server to name. ``items`` come as the page gave them. ``tokens`` hold every value found that has
the form of a token of this advertiser, so a role may have several; what waits is among ``last``,
and named in ``unanswered``. Without consent ``tokens``,
``session`` and ``unanswered`` are missing, ``consent`` is ``"0"``, and no credentials are sent. The
request is ``no-cors``, so that nothing is asked before it; where the sale does not match ``plain``,
and after ``softclick('debug', true)``, it is in CORS mode, and what the answer says is told on the
console by ``static/tracking/debug.js``, which is imported only then.

If that fails: ``GET <base>pixel.gif`` with the eight fields, ``click`` (the tokens, joined by
commas), ``session`` and ``unanswered``, all as they are by then. A pixel has no roles, so without
the sessions a soft ``last`` token, that lost its slot with its session, would claim again as a bare
click id. Without consent none is sent, and no cookies.

``GET <base>a/<publisher>``, with credentials, and with ``consent=1`` where the setting alone does
not store, expects ``{"token": "…"}`` or ``{}``.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from string import ascii_letters

from network import money
from tracking.rule.consent import Consent
from tracking.rule.slots import MAX_COOKIE_DAYS

_SCRIPTS = Path(__file__).parents[1] / "static" / "tracking"
_PLACEHOLDER = "__SETTINGS__"
_DAY_SECONDS = 86_400
_PARAMETER = re.compile(r"[A-Za-z0-9_-]+")
_NAMES = re.compile(r"\b(?:const|let|function) (\w+)|, (\w+)(?= = )")
_LISTS = re.compile(
    r"\blet ([\w, ]+);|\bfunction \w*\(([\w, ]*)\)|\(([\w, ]*)\) =>"
    r"|^(?:async )?\w+\(([\w, ]*)\) \{$",
    re.MULTILINE,
)
"""Where the script declares names of its own: variables, functions and their parameters."""
_FUNCTION = re.compile(r"^(  (?:async )?function (\w+))\([\s\S]*?^  \}$", re.MULTILINE)
"""A function of the script as it is written: it ends at the brace below its beginning."""
_BRACES = re.compile("}")
_STRINGS = r"('[^'\n]*')|"
_WORDY = ((r"\bconst ", "let "), (r"(?<![\w$])\((\w+)\)=>", r"\2=>"), (r";}", "}"))
"""What says the same in fewer letters."""
_WORD = re.compile(r"('[^'\n]*')|(?<![\w$])(?<!(?<!\.\.)\.)(\w+)(?![\w$])")
_SETTLED = {Consent.STORE: True, Consent.REFUSE: False}
"""What holds for a tag that has no answer yet; nothing does where the shop asks."""
_STUB = (
    "window.softclick=window.softclick||function(){(softclick.q=softclick.q||[]).push(arguments)};"
    "softclick.at=softclick.at||(performance.getEntriesByType('navigation')[0]||{}).name"
    "||location.href"
)
_WAITS = (
    "try{if([false,0].includes(AWIN.Tracking.AdvertiserConsent)){"
    "window.softclick=window.softclick||{};softclick.q=[['consent',null],...softclick.q||[]]}}catch{}"
)
"""Said before the tag begins where the page has told Awin's script to wait for the shopper."""
STUB_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(_STUB.encode()).digest()).decode()}'"
"""What a shop with a Content-Security-Policy adds to ``script-src`` for the stub in its pages."""


@dataclass(frozen=True, slots=True)
class TagSettings:
    """What one advertiser's tag needs to know.

    ``base_url`` is where this advertiser's tracking lives, ``https://<tracking host>/t/<adv>/``;
    the tag prefers the host that it was loaded from. ``consent_default`` decides until the page
    calls ``softclick('consent', …)``. ``other_base_urls`` is where else the advertiser may have
    cookies that a no deletes. ``reads_awin``: what the page tells Awin's script is read, too
    (``static/tracking/awin.js``). Raises :class:`ValueError` for a click parameter or base URL that
    the tag could not work with.
    """

    advertiser: int
    click_parameter: str
    base_url: str
    longest_window_days: int
    consent_default: Consent
    currency: str
    strip_click_parameter: bool = False
    other_base_urls: tuple[str, ...] = ()
    reads_awin: bool = False

    def __post_init__(self) -> None:
        if not _PARAMETER.fullmatch(self.click_parameter):
            raise ValueError(f"not a click parameter: {self.click_parameter!r}")
        for base in (self.base_url, *self.other_base_urls):
            if not re.fullmatch(rf"https?://[^\s/<>\"'?#]+/t/{self.advertiser}/", base):
                raise ValueError(f"not the base URL of advertiser {self.advertiser}: {base!r}")


def render(settings: TagSettings) -> str:
    """The script for this advertiser, as it is served."""
    values = (  # in the order of the script's own names for them
        settings.advertiser,
        settings.click_parameter,
        settings.base_url,
        min(settings.longest_window_days, MAX_COOKIE_DAYS) * _DAY_SECONDS,
        _SETTLED.get(settings.consent_default),
        settings.other_base_urls,
        settings.strip_click_parameter,
        _plain(settings.currency),
    )
    said = ",".join(json.dumps(value, separators=(",", ":")) for value in values)
    script = _minified_source("tag.js").replace(_PLACEHOLDER, said)
    return f"{_WAITS}\n{script}\n{_minified_source('awin.js')}" if settings.reads_awin else script


def _plain(currency: str) -> str:
    """What ``order|amount|currency|parts`` of a sale looks like that nothing can be wrong with."""
    places = money.decimals(currency)
    amount = f"[0-9]+([.][0-9]{{1,{places}}})?" if places else "[0-9]+"
    return f"^[-A-Z0-9#/.]{{0,63}}[0-9][|]{amount}[|]({currency})?[|]$"


@lru_cache(maxsize=1024)
def compressed(settings: TagSettings) -> bytes:
    """The script as a response body with ``Content-Encoding: gzip``: the same bytes every time."""
    return gzip.compress(render(settings).encode(), compresslevel=9, mtime=0)


def snippet(settings: TagSettings) -> str:
    """What the shop pastes into every page. Calls made before the tag has loaded are queued, and
    the address is noted at once: a router in the page may take the click out of it before."""
    return snippet_at(settings.base_url)


def snippet_at(base_url: str) -> str:
    """The same, by the address alone: that is all of an advertiser that it has in it."""
    address = html.escape(f"{base_url}tag.js")
    return f'<script>{_STUB}</script><script async src="{address}"></script>'


def minified(source: str) -> str:
    """The script without its comments and without the white space that it does not need, and with
    short names for what is its own.

    No parser. It relies on what the head of ``tag.js`` promises, and on
    statements that do not end where a line break is dropped: after ``{ ( [ , ;``, before ``} ) ]``.
    """
    kept = (line for line in source.splitlines() if line.strip()[:2] not in ("", "//"))
    code = "\n".join(_with_joined_constants(kept))
    script = _unindented(code)
    names, inside = own_names(script), _names_inside(code)
    script = re.sub(r"('[^'\n]*')| *([^\w$' \n]) *", r"\1\2", script)
    script = re.sub(r"(?<=[{(\[,;])\n|\n(?=[})\]])", "", script)
    for wordy, short in _WORDY:
        script = _replaced(script, wordy, short)
    for function, own in inside.items():
        script = _with_short_names_inside(script, function, own)
    return _with_short_names(script, names)


def _with_joined_constants(lines: Iterable[str]) -> list[str]:
    """The lines, where statements that follow one another and declare constants are one."""
    joined = [""]
    for line in lines:
        is_whole = joined[-1].strip().startswith("const ") and joined[-1].endswith(";")
        if is_whole and line.strip().startswith("const "):
            joined[-1] = joined[-1][:-1] + ", " + line.strip().removeprefix("const ")
        else:
            joined.append(line)
    return joined[1:]


def _unindented(code: str) -> str:
    return "\n".join(map(str.strip, code.splitlines()))


def _names_inside(code: str) -> dict[str, list[str]]:
    """Of each function what it alone declares; nobody outside uses these names."""
    outside = {*own_names(_unindented(_FUNCTION.sub(r"\1", code)))}
    return {
        found[2]: [name for name in own_names(_unindented(found[0])) if name not in outside]
        for found in _FUNCTION.finditer(code)
    }


def _with_short_names_inside(script: str, function: str, names: Iterable[str]) -> str:
    """The script with short names in one function: the same few letters as in the others."""
    start = script.index(f"function {function}(")
    end = start
    for found in _BRACES.finditer(script, start):
        end = found.end()
        if script.count("{", start, end) == script.count("}", start, end):
            break
    return script[:start] + _with_short_names(script[start:end], names) + script[end:]


def _replaced(script: str, pattern: str, by: str) -> str:
    """The script with what matches replaced, but in strings."""
    return re.sub(_STRINGS + pattern, lambda found: found[1] or found.expand(by), script)


def own_names(script: str) -> list[str]:
    """The names of more than a letter that a script without comments declares, each once."""
    single = [first or second for first, second in _NAMES.findall(script)]
    lists = ["".join(found) for found in _LISTS.findall(script)]
    names = [*single, *(name for text in lists for name in text.split(", "))]
    return list(dict.fromkeys(name for name in names if len(name) > 1))


def _with_short_names(script: str, names: Iterable[str]) -> str:
    """The script with one or two letters for each of these names, the shortest for the most
    frequent, but in strings, behind a dot and as a key: there they name something else."""
    words = Counter(found[2] for found in _WORD.finditer(script))
    pairs = map("".join, product(ascii_letters, repeat=2))
    free = (text for text in (*ascii_letters, *pairs) if text not in words)
    often = sorted(names, key=lambda name: -words[name])
    short = dict(zip(often, free, strict=False))

    def named(found: re.Match[str]) -> str:
        is_key = script[found.end() : found.end() + 1] == ":" and script[found.start() - 1] in "{,"
        return str(found[1] or (found[2] if is_key else short.get(found[2], found[2])))

    return _WORD.sub(named, script)


@cache
def _minified_source(name: str) -> str:
    return minified((_SCRIPTS / name).read_text(encoding="utf-8"))

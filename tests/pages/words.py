"""What a page says, in the made-up language: each string of the product's own stands in brackets
(``network/pages/site/pseudo.py``), whole, and nothing of it is cut off.

Text outside of brackets is data, and only this counts as data: what a row of the database holds as
free text; numbers, amounts, times and what else is built of digits; names that are no language's
(:data:`NAMES`); and what a template marks with ``translate="no"``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django.apps import apps
from django.conf import settings
from django.db import models
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from network.pages.site.pseudo import CLOSE, LANGUAGE, OPEN
from tests.pages.looking import SETTLED, WIDTHS, Readers

HEADERS = {"Accept-Language": LANGUAGE}
"""How a browser asks these tests' server for pages in the made-up language."""


def asked_for(environ: dict[str, Any]) -> str:
    """The language of the answer."""
    asked = environ.get("HTTP_ACCEPT_LANGUAGE")
    return LANGUAGE if asked == LANGUAGE else settings.LANGUAGE_CODE


READ = """() => {
    const exempt = '[translate=no], .material-symbols-outlined, script, style, template, noscript,'
        + 'code, pre, textarea';
    const read = ['aria-label', 'title', 'placeholder', 'alt', 'data-label', 'label'];
    const runs = [];
    let run = [];
    const end = () => { if (run.length) runs.push(run); run = []; };
    const apart = (node) => node.className || ['option', 'text', 'title'].includes(node.localName)
        || getComputedStyle(node).display !== 'inline'
        || node.localName === 'a' && node.previousElementSibling?.localName === 'a';
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE && node.data.trim()) run.push(node.data);
        if (node.nodeType !== Node.ELEMENT_NODE) return;
        if (apart(node)) end();
        if (node.matches(exempt)) run.push('\\ufffc');
        else {
            runs.push(...read.map((name) => node.getAttribute(name)).filter(Boolean)
                .map((text) => [text]));
            if (node.matches('input[type=submit], input[type=button], input[type=reset]'))
                runs.push([node.value]);
            node.childNodes.forEach(walk);
        }
        if (apart(node)) end();
    };
    runs.push([document.title]);
    walk(document.body);
    end();
    return runs;
}"""
"""What is read in one go: texts in a row that no block and nothing with a look of its own parts.
U+FFFC stands for an element that is exempt."""

MARKED = (
    "account_reauthenticate",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_index",
    "applied_programmes",
    "no-membership",
    "invitation-no-longer-good",
    "second-factor-set-up",
    "second-factor-on",
    "second-factor-other-app",
    "second-factor-codes",
    "second-factor-new-codes",
    "second-factor-remove",
    "not-found",
    "not-allowed",
    "unknown-advertiser",
    "demo-blog",
    "demo-extension",
    "demo-cashback",
)
"""The pages of which all is marked. The others still have names of columns from models; a page is
added here when it has none of them any more."""

NAMES = ("Softclick", *available_timezones())
_DATA = "\ufffc"
_WORD = re.compile(r"[^\W\d_]{2,}")
_DATES = re.compile(
    r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
    r"|\b(?:UTC|GMT|BST|CES?T)\b"
    # Babel's, in the language of the reader
    r"|\b\d+ (?:day|hour|minute|second)s?\b"
)
_MONTH = re.compile(r"(?<=\d )⟦\w{3,7}⟧(?=( \d|$|\W))")
"""Of Django's, in a date."""
_ENDS = re.compile(r"[.:!?…;][\"'”)]?\s*⟧*\s*$|[·→|/(—\n]\s*$")
_BEGINS = re.compile(r"^\s*[·→|/()—,]")


def wrong_words(tab: Tab, rows: Sequence[str]) -> list[str]:
    """What the page says that is not marked, or not whole. ``rows`` as of :func:`free_texts`."""
    found: list[str] = []
    for run in tab.evaluate(READ):
        found += faults(run, rows)
    return list(dict.fromkeys(found))


def faults(run: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    text = _MONTH.sub("Jan", " ".join("".join(run).split()))
    parts = list(_parts(text))
    if not parts:
        yield f"not whole: {text}"
        return
    for part in parts:
        if part[0] != OPEN and _WORD.search(_without_data(part, rows)):
            yield f"not marked: {part.strip()} (in {text})"
    said = [part for part in parts if part[0] == OPEN or re.search(rf"\w|{_DATA}", part)]
    for one, following in pairwise(said):
        if OPEN in one + following and not (_ENDS.search(one) or _BEGINS.search(following)):
            yield f"in pieces: {one}{following} (in {text})"


def _parts(text: str) -> Iterator[str]:
    """Brackets, and what stands between them; nothing where they do not match."""
    depth, start, parts = 0, 0, []
    for at, letter in enumerate(text):
        if letter == OPEN:
            if depth == 0 and text[start:at]:
                parts.append(text[start:at])
                start = at
            depth += 1
        elif letter == CLOSE:
            depth -= 1
            if depth < 0:
                return
            if depth == 0:
                parts.append(text[start : at + 1])
                start = at + 1
    if depth == 0:
        yield from parts
        if text[start:]:
            yield text[start:]


def _without_data(text: str, rows: Iterable[str]) -> str:
    text = _DATES.sub(" ", text)
    for data in rows:
        if data in text:
            text = text.replace(data, " ")
    words = [word for word in text.split() if not re.search(r"\d|://|@", word)]
    return " ".join(words)


def free_texts() -> list[str]:
    """What rows hold as free text, the longest first; no codes of a closed list."""
    found: set[str] = set(NAMES)
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if _is_free(field)]
        if names:
            for values in model._base_manager.values_list(*names):
                found |= {" ".join(value.split()) for value in values if value}
    return sorted(found, key=lambda text: (-len(text), text))


def _is_free(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def wrong_in_marked_pages(browser: Browser, readers: Readers) -> list[str]:
    """What is not marked, not whole, or too wide in :data:`MARKED` in the made-up language."""
    rows, wrong = free_texts(), []
    for name in MARKED:
        page = readers.site.pages[name]
        with readers.tab(browser, page, "light") as tab:
            tab.set_extra_http_headers(HEADERS)
            tab.goto(page.address)
            assert OPEN in tab.content(), f"{name} is not in the made-up language"
            wrong += [f"{name}: {each}" for each in wrong_words(tab, rows)]
            for width, height in WIDTHS.items():
                tab.set_viewport_size({"width": width, "height": height})
                tab.evaluate(SETTLED)
                if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wrong.append(f"{name}: scrolls sideways at {width}")
    return wrong

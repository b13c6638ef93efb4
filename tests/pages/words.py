"""What a page says, in the made-up language: each string of the product's own stands in brackets
(``network/pages/site/pseudo.py``), and whole.

Text outside of brackets is data, and only this counts as data: what a row of the product holds as
free text; numbers, amounts, times and what else is built of digits; names that are no language's
(:data:`NAMES`); what Babel writes in the reader's own language; and what a template marks with
``translate="no"``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils.dates import MONTHS, MONTHS_3
from playwright.sync_api import Page as Tab

from network import money
from network.demo.pages.mailbox import mails
from network.models import TrackingHost
from network.pages.site.pseudo import CLOSE, LANGUAGE, OPEN, pseudo
from tracking.clicks.visits import REFERENCE_NAMES
from tracking.models import Click
from tracking.simulator.examples import Example, groups

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
    let run = [], depth = 0;
    const say = (text) => {
        run.push(text);
        depth += text.split('⟦').length - text.split('⟧').length;
    };
    const end = () => {
        if (depth > 0) return;
        if (run.length) runs.push(run);
        run = [];
        depth = 0;
    };
    const apart = (node) => node.className || ['br', 'option', 'small', 'text', 'title']
            .includes(node.localName)
        || getComputedStyle(node).display !== 'inline'
        || node.localName === 'a' && node.previousElementSibling?.localName === 'a';
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE && node.data.trim()) say(node.data);
        if (node.nodeType !== Node.ELEMENT_NODE) return;
        if (apart(node)) end();
        if (node.matches(exempt)) say('\\ufffc');
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
    depth = 0;
    end();
    return runs;
}"""
"""What is read in one go: texts in a row that no block and nothing with a look of its own parts,
unless it stands inside of a message. U+FFFC stands for an element that is exempt."""

CURRENCIES = (label for _code, label in money.names_in_use())
"""Babel's."""
NAMES = ("Softclick", *REFERENCE_NAMES, *available_timezones(), *CURRENCIES)
OF_OTHERS = re.compile(
    "scrollable content"  # what simplebar, the admin theme's scroll bar, calls a region
    r"|\d+ of \d+ selected"  # Django's, from its catalogue of scripts, which has no such language
)
"""What scripts of others say without asking for this language."""
CODES = frozenset({"target_reason", "soft_rule", "token_hash", "session_key"})
"""Fields that hold codes, although they have no choices."""
LONGEST = 300
"""Of a fault, as it is told."""
_DATA = "\ufffc"
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLAIN = re.compile(r"(?<!\w)[a-zA-Z]*[acdeghijklnorstuwyzACDEGHIJKLNORSTUWYZ][a-zA-Z]+(?!\w)")
"""A word that no message has in the made-up language: it was filled in."""
_DATES = re.compile(
    r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
    r"|\b(?:UTC|GMT|BST|CES?T)\b"
    # Babel's, in the language of the reader
    r"|\b\d+ (?:day|hour|minute|second|min|sec|hr)s?\b"
    r"|\band\b"
)
_MONTH = re.compile(
    "|".join(pseudo(str(name)).title() for name in [*MONTHS_3.values(), *MONTHS.values()])
)
"""Of Django's, in a date."""
_ENDS = re.compile(r"[.:!?…;][\"'”)]?\s*⟧*\s*$|[·→|/(—,:\n]\s*$")
_BEGINS = re.compile(r"^\s*[·→|/()—,:]")


def wrong_words(tab: Tab, rows: Sequence[str]) -> list[str]:
    """What the page says that is not marked, or not whole. ``rows`` as of :func:`free_texts`."""
    found: list[str] = []
    for run in tab.evaluate(READ):
        found += faults(run, rows)
    return list(dict.fromkeys(found))


def wrong_in_text(text: str, rows: Sequence[str]) -> list[str]:
    """As :func:`wrong_words`, of a text of lines, such as a mail."""
    found, run = [], ""
    for line in text.splitlines():
        run = f"{run} {line}".strip()
        if run.count(OPEN) == run.count(CLOSE):
            found += list(faults([run], rows)) if run else []
            run = ""
    return [*found, *faults([run], rows)] if run else found


def faults(run: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    text = _MONTH.sub("Jan", " ".join("".join(run).split()))
    if OF_OTHERS.fullmatch(text):
        return
    parts = list(_parts(text))
    if not parts:
        yield f"not whole: {text}"[:LONGEST]
        return
    for part in parts:
        unmarked = _PLAIN if part[0] == OPEN else _WORD
        if unmarked.search(_without_data(part, rows)):
            yield f"not marked: {part.strip()} (in {text})"[:LONGEST]
    for one, following in pairwise(parts):
        if OPEN in one + following and not (_ENDS.search(one) or _BEGINS.search(following)):
            yield f"in pieces: {one}{following} (in {text})"[:LONGEST]


def _parts(text: str) -> Iterator[str]:
    """Brackets, and what stands between them; nothing where they do not match."""
    depth, start, parts = 0, 0, []
    for at, letter in enumerate(text):
        if letter == OPEN:
            if depth == 0 and text[start:at].strip():
                parts.append(text[start:at])
            if depth == 0:
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
        if text[start:].strip():
            yield text[start:]


def _without_data(text: str, rows: Iterable[str]) -> str:
    if not _WORD.search(text):
        return ""
    for data in rows:
        if data in text:
            text = re.sub(rf"(?<!\w){re.escape(data)}(?!\w)", " ", text)
    text = _DATES.sub(" ", text)
    words = [word for word in text.split() if not re.search(r"\d|://|@", word)]
    return " ".join(words)


def free_texts() -> list[str]:
    """What rows hold as free text, the longest first; no codes of a closed list."""
    found: set[str] = set(NAMES)
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if _is_free(field)]
        if names and model._meta.app_label in ("network", "publishers", "tracking"):
            for values in model._base_manager.values_list(*names):
                found |= {" ".join(value.split()) for value in values if value}
    for references in Click.objects.values_list("references", flat=True).distinct():
        found |= {f"{name}: {value}" for name, value in references.items()}
        found |= set(references.values())
    for answers in TrackingHost.objects.values_list("answers", flat=True):
        found |= {answer["detail"] for answer in answers}
    for mail in mails():
        found |= {mail.subject, mail.sender, *map(str.strip, mail.text.splitlines())}
    for logged in LogEntry.objects.values_list("object_repr", "change_message"):
        found |= set(logged)
    found |= {name for group in groups().values() for each in group for name in _made_up(each)}
    worded = {text for text in found if _WORD.search(text)}
    return sorted(worded, key=lambda text: (-len(text), text))


def _made_up(example: Example) -> set[str]:
    """The publishers of a journey that the simulator starts from."""
    return {click.publisher for click in example.scenario.clicks}


def _is_free(field: "models.Field[Any, Any]") -> bool:
    is_text = isinstance(field, models.CharField | models.TextField)
    return is_text and not field.choices and field.name not in CODES

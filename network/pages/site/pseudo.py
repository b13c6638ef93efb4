"""A language made of English, ``en-xa``: it shows what is marked for translation, and what fits.

Each marked message is accented, a third longer and in brackets: "Sign in" reads "⟦Šïïĝñ ïïñ⟧". Text
without brackets is not marked; brackets side by side are a sentence in pieces; a page that scrolls
sideways has no room for German. No catalogue and no gettext tools are needed.
"""

import re
from gettext import NullTranslations

from django.utils.translation import trans_real

LANGUAGE = "en-xa"
OPEN, CLOSE = "⟦", "⟧"
_ACCENTED = str.maketrans(
    "acdeghijklnorstuwyzACDEGHIJKLNORSTUWYZ", "áçďéĝĥïĵķļñöřšťûŵýžÁÇĎÉĜĤÏĴĶĻÑÖŘŠŤÛŴÝŽ"
)
_LONGER = 4 / 3
_KEPT = re.compile(
    r"""%\(\w+\)[-#0\ +]*[\d.]*[a-zA-Z]   # %(name)s
    | %[-\d.]*[a-zA-Z%]                   # %s, %d, %%
    | \{[^{}]*\}                          # {name}
    | <[^<>]*>                            # a tag of HTML
    | &\#?\w+;                            # an entity of HTML""",
    re.VERBOSE,
)
_CONTEXT = "\x04"
"""What stands between a message and its context (GNU gettext)."""


def pseudo(message: str) -> str:
    """The message in brackets, accented and longer; placeholders and tags stay as they are. Nothing
    is done to one that is a placeholder and no more."""
    text = message.strip()
    filled_in = sum(kept[0][0] in "%{" for kept in _KEPT.finditer(text))
    if filled_in < 2 and not re.search(r"[^\W\d_]", _KEPT.sub("", text)):
        return message
    start = message.index(text)
    before, after = message[:start], message[start + len(text) :]
    return f"{before}{OPEN}{_changed(text)}{CLOSE}{after}"


def _changed(text: str) -> str:
    parts, end = [], 0
    for kept in _KEPT.finditer(text):
        parts += [_longer(text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, _longer(text[end:])])


def _longer(text: str) -> str:
    """Vowels are doubled until it is a third longer, as German is."""
    found: list[str] = []
    for read, letter in enumerate(text, start=1):
        found.append(letter)
        if letter in "aeiou" and len(found) < read * _LONGER:
            found.append(letter)
    return "".join(found).translate(_ACCENTED)


class PseudoTranslation(NullTranslations):
    """What Django asks for messages while the language is ``en-xa``."""

    def gettext(self, message: str) -> str:
        return pseudo(message.rpartition(_CONTEXT)[2])

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


def install() -> None:
    """Let Django know the language. To be called once, while it starts."""
    trans_real._translations[LANGUAGE] = PseudoTranslation()  # type: ignore[attr-defined]
    # Whoever asked for a message before now would have kept another.
    trans_real._default = None  # type: ignore[attr-defined]

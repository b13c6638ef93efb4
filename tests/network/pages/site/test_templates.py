"""Every sentence of a template is marked for translation, and stands whole in one message.

Read from the templates themselves: text outside of ``translate`` and ``blocktranslate``, in
elements and in the attributes that people read or hear, is a fault. So is a message that a value or
another message continues: "{% translate 'by' %} {{ name }}" has no translation into most languages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html")) + sorted(ROOT.rglob("*.txt"))
_TAG = r"""(?:\{%.*?%\}|\{\{.*?\}\}|"(?:\{%.*?%\}|\{\{.*?\}\}|[^"])*"|'[^']*'|[^<>"'])*"""
_TOKEN = re.compile(
    rf"""(?P<nothing>\{{%\ *comment.*?endcomment\ *%\}}|\{{\#.*?\#\}}|<!--.*?-->)
    |(?P<message>\{{%\ *blocktranslate.*?endblocktranslate\ *%\}}|\{{%\ *translate\ .*?%\}})
    |(?P<raw><(script|style|code|pre|textarea)\b{_TAG}>.*?</\4>
        |<(\w+)\s[^>]*(?:translate="no"|material-symbols-outlined)[^>]*>.*?</\5>
        |\{{%\ block\ (?:bodyclass|whose|method)\ %\}}.*?\{{%\ endblock\ %\}})
    |(?P<block>\{{%.*?%\}})
    |(?P<value>\{{\{{.*?\}}\}})
    |(?P<element></?!?[a-z][\w-]*{_TAG}>)
    |(?P<text>(?:(?!\{{%|\{{\{{|\{{\#|</?[a-z]|<!)[\s\S])+)""",
    re.S | re.X | re.I,
)
_READ = re.compile(r'\s(aria-label|title|placeholder|alt|data-label|data-name)="([^"]*)"')
_TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|&\#?\w+;", re.S)
_WORD = re.compile(r"[^\W\d_]{2,}")
_INLINE = {"a", "em", "i", "span", "strong", "tspan"}
_ENDS = re.compile(r"""[.:!?…]["']?\s*(?:as\ \w+\s*)?(?:%\}|\{%)""")
NAMES = {
    "Softclick",
    "Nimbus Outdoor",
    "Kitsune Stationery",
    "Rösterei Blum",
    "Pennyback",
    "Lastlook",
    "PerkPanel",
    "The Trail Blog",
    "held, stood_down",
}
"""Of the product, of who is in the demo, and of verdicts in the scenario format."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str

    @property
    def element(self) -> str:
        found = re.match(r"</?!?([a-zA-Z][\w-]*)", self.text)
        return found[1].lower() if found else ""

    @property
    def ends_run(self) -> bool:
        """Whether what stands before it and after it are read apart: blocks, and what has a look
        of its own, such as a badge, or a branch of a condition."""
        if self.kind == "element":
            return self.element not in _INLINE or "class=" in self.text
        return self.kind in ("block", "raw")


def tokens(source: str) -> list[Token]:
    return [Token(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(source)]


def loose_text(source: str) -> Iterator[str]:
    """What is read and not marked."""
    for token in tokens(source):
        if token.kind == "text":
            yield token.text
        if token.kind == "element":
            marked = re.sub(
                r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", "", token.text, flags=re.S
            )
            for _, value in _READ.findall(_TAGS.sub("", marked)):
                yield value


def is_word(text: str) -> bool:
    bare = _TAGS.sub(" ", text)
    for name in NAMES:
        bare = bare.replace(name, "")
    return bool(_WORD.search(bare))


def runs(source: str) -> Iterator[list[Token]]:
    """What is read in one go."""
    run: list[Token] = []
    source = re.sub(r"</a>\s*<a\b", "</a><br><a", source)  # links in a row are read apart
    for token in tokens(source):
        if token.ends_run:
            yield run
            run = []
        elif token.kind in ("message", "value", "text"):
            run.append(token)
    yield run


def pieces(source: str) -> Iterator[str]:
    """Messages that do not end as a sentence, and are continued or led to by a value."""
    for run in runs(source):
        said = [token for token in run if token.kind != "text" or is_word(token.text)]
        for one, following in pairwise(said):
            if one.kind == "message" and not _ENDS.search(one.text):
                yield one.text + following.text
            if one.kind == "value" and following.kind == "message":
                yield one.text + following.text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_is_marked_and_whole(path: Path) -> None:
    source = path.read_text()
    assert [text.strip() for text in loose_text(source) if is_word(text)] == []
    assert list(pieces(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("<p>Sign in</p>", id="text"),
        pytest.param('<a aria-label="Sign in">→</a>', id="attribute"),
        pytest.param("<p>{{ name }} invites</p>", id="around_a_value"),
    ],
)
def test_what_is_not_marked_is_found(source: str) -> None:
    assert any(is_word(text) for text in loose_text(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("<p>{% translate 'Invited by' %} {{ name }}</p>", id="led_to"),
        pytest.param("<p>{{ number }} {% translate 'clicks' %}</p>", id="continued"),
        pytest.param(
            "<p>{% translate 'Times' %} <em>{% translate 'in UTC' %}</em></p>", id="two_messages"
        ),
    ],
)
def test_a_sentence_in_pieces_is_found(source: str) -> None:
    assert list(pieces(source))


def test_sentences_side_by_side_are_whole() -> None:
    source = "<p>{% translate 'It is off.' %} {% translate 'Turn it on.' %}</p>"
    assert list(pieces(source)) == []

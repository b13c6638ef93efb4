"""Sentences in Python that people read are marked for translation, whole.

Read from the syntax tree: what forms, models, the admin, messages and errors of forms are given as
words must not be a bare text, nor one that is put together from pieces: a text with a word in it,
an f-string, or texts joined by ``+`` or ``%``. What is marked is a call: ``_("…") % {…}``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

APPS = ("network", "publishers", "tracking")
UNREAD = ("migrations", "management", "bench", "demo", "local", "project")
"""Folders whose texts are for those who run the network, or belong to the demo's story."""
SAID_AS = {
    "description",
    "empty_label",
    "help_text",
    "label",
    "short_description",
    "title",
    "verbose_name",
    "verbose_name_plural",
    "violation_error_message",
}
"""Keywords and attributes that take words."""
SAYING = {
    "ValidationError": 0,
    "Http404": 0,
    "add_error": 1,
    "message_user": 1,
    "log_change": 2,
    "success": 1,
    "warning": 1,
    "error": 1,
}
"""Calls that say something, with the place of the words among what they are given."""
LOGS = {"logger", "log"}
EXCEPTIONS = {
    "Http404": "the page of a 404 does not say why",
}
_WORD = re.compile(r"[^\W\d_]{2,}")


def bare(node: ast.AST | None) -> bool:
    """Whether the words are not marked."""
    match node:
        case ast.Constant(value=str(text)):
            return bool(_WORD.search(text))
        case ast.JoinedStr(values=values):
            return any(bare(value) for value in values)
        case ast.BinOp(left=left, right=right, op=op):
            return bare(left) or (isinstance(op, ast.Add) and bare(right))
        case ast.IfExp(body=body, orelse=orelse):
            return bare(body) or bare(orelse)
        case ast.Dict(values=values):
            return any(bare(value) for value in values)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(bare(element) for element in elements)
    return False


def unmarked(source: str) -> Iterator[tuple[int, str]]:
    """Where words are given that are not marked, and to what."""
    for node in ast.walk(ast.parse(source)):
        for line, name, words in _said(node):
            if bare(words):
                yield line, name


def early(source: str) -> list[int]:
    """Where a message is translated while the module is loaded, before there is a reader."""
    tree = ast.parse(source)
    at_once = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in ("gettext", "ngettext", "pgettext", "npgettext")
    }
    return [
        node.lineno
        for node in _loaded(tree)
        if isinstance(node, ast.Call) and _name(node.func) in at_once
    ]


def _loaded(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is loaded: all but the bodies of functions."""
    yield node
    inside: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef):
        defaults = [default for default in node.args.kw_defaults if default]
        inside = [*node.decorator_list, *node.args.defaults, *defaults]
    elif isinstance(node, ast.Lambda):
        inside = []
    for each in inside:
        yield from _loaded(each)


def _said(node: ast.AST) -> Iterator[tuple[int, str, ast.AST]]:
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            name = _name(func)
            place = SAYING.get(name)
            of_log = isinstance(func, ast.Attribute) and _name(func.value) in LOGS
            if place is not None and len(args) > place and not of_log and name not in EXCEPTIONS:
                yield node.lineno, name, args[place]
            for keyword in keywords:
                if keyword.arg in SAID_AS:
                    yield node.lineno, keyword.arg, keyword.value
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            if name in SAID_AS:
                yield node.lineno, name, value
        case ast.ClassDef(name=name, bases=bases, body=body):
            if any(_name(base) in ("TextChoices", "IntegerChoices") for base in bases):
                yield from _labels(name, body)


def _labels(name: str, body: list[ast.stmt]) -> Iterator[tuple[int, str, ast.AST]]:
    """Of the choices of a model; without a label, Django would make one of the name."""
    for line in body:
        match line:
            case ast.Assign(value=ast.Tuple(elts=[_, label])):
                yield line.lineno, name, label
            case ast.Assign(value=ast.Constant() as label):
                yield line.lineno, name, label


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _modules() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((settings.BASE_DIR / app).rglob("*.py"))
        if not set(UNREAD) & set(path.relative_to(settings.BASE_DIR).parts)
    ]


def test_words_in_python_are_marked() -> None:
    found = [
        f"{path.relative_to(settings.BASE_DIR)}:{line} {name}"
        for path in _modules()
        for line, name in unmarked(path.read_text())
    ]
    assert found == []


def test_no_message_is_translated_before_there_is_a_reader() -> None:
    found = [
        f"{path.relative_to(settings.BASE_DIR)}:{line}"
        for path in _modules()
        for line in early(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("A = _('a')", [2], id="constant"),
        pytest.param("class A:\n    a = field(label=_('a'))", [3], id="attribute"),
        pytest.param("@display(description=_('a'))\ndef a(): pass", [2], id="decorator"),
        pytest.param("def a(b=_('a')): pass", [2], id="default"),
        pytest.param("def a():\n    return _('a')", [], id="function"),
        pytest.param("A = lambda: _('a')", [], id="lambda"),
        pytest.param("A = lazy('a')", [], id="lazy"),
    ],
)
def test_what_is_translated_too_early_is_found(source: str, lines: list[int]) -> None:
    imports = "from django.utils.translation import gettext as _, gettext_lazy as lazy\n"
    assert early(imports + source) == lines


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('forms.CharField(label="Your name")', id="label"),
        pytest.param('title = "Sales"', id="attribute"),
        pytest.param('raise ValidationError(f"{email} is no address.")', id="formatted"),
        pytest.param('raise ValidationError({"email": "Not an address."})', id="by_field"),
        pytest.param('messages.success(request, "Saved " + name)', id="joined"),
        pytest.param('messages.success(request, "Saved %s" % name)', id="filled_in"),
        pytest.param('form.add_error("name", "Too long." if x else _("Short."))', id="either"),
        pytest.param('class A(models.TextChoices):\n    ON = "on", "On"', id="choice"),
        pytest.param('class A(models.TextChoices):\n    ON = "on"', id="choice_without_label"),
    ],
)
def test_what_is_not_marked_is_found(source: str) -> None:
    assert list(unmarked(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('forms.CharField(label=_("Your name"))', id="marked"),
        pytest.param('messages.success(request, _("Saved %(name)s") % {"name": name})', id="fill"),
        pytest.param('logger.warning("Refused %s: %s", one, other)', id="log"),
        pytest.param('format_html("<b>{}</b>", label)', id="markup"),
        pytest.param('class A(models.TextChoices):\n    ON = "on", _("On")', id="choice"),
    ],
)
def test_what_is_marked_is_right(source: str) -> None:
    assert list(unmarked(source)) == []

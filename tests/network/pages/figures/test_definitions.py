"""Every number that a page shows is defined, and every definition is shown."""

import re

from network.local.bootstrap import ROOT
from network.pages.figures.definitions import SOURCE, figures

_SHOWN = re.compile(r"\{% figure \"(\w+)\"|(?:figure|heading)\(\"(\w+)\"\)")


def shown_names() -> set[str]:
    """The names that templates and Python modules ask for."""
    files = [*(ROOT / "templates").rglob("*.html")]
    for package in ("network", "publishers", "tracking"):
        files += (ROOT / package).rglob("*.py")
    found = (_SHOWN.findall(file.read_text(encoding="utf-8")) for file in files)
    return {name or other for names in found for name, other in names}


def test_every_heading_is_read_as_a_definition() -> None:
    headings = re.findall(r"^### ", SOURCE.read_text(encoding="utf-8"), re.M)
    assert headings
    assert len(figures()) == len(headings)


def test_every_number_shown_is_defined() -> None:
    assert shown_names() - set(figures()) == set()


def test_every_definition_is_shown() -> None:
    assert set(figures()) - shown_names() == set()

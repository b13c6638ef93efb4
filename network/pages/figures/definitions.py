"""What each number on a page means: read from ``docs/figures.md``, quoted by the pages' tooltips.

An entry there is a heading ``### `name` Title`` and a paragraph, which is the definition.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SOURCE = settings.BASE_DIR / "docs" / "figures.md"
_ENTRY = re.compile(r"^### `(?P<name>[a-z_]+)` (?P<title>.+)\n\n(?P<text>(?:.+\n)+)", re.M)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number by its name, with its title and definition in plain text."""

    name: str
    in_english: tuple[str, str]
    """The title and the definition, as ``docs/figures.md`` has them."""

    @property
    def title(self) -> str:
        return gettext(self.in_english[0])

    @property
    def definition(self) -> str:
        return gettext(self.in_english[1])

    def __str__(self) -> str:
        return self.title


def figure(name: str) -> Figure:
    """Raises KeyError for a number without a definition: no page may show one."""
    return figures()[name]


def heading(name: str) -> "_StrOrPromise":
    """The title of a column or field of figures; its definition opens beside it."""
    return cast("_StrOrPromise", figure(name))


@cache
def figures() -> dict[str, Figure]:
    """Every defined number, by name. Raises ValueError for a name that is defined twice."""
    found: dict[str, Figure] = {}
    for entry in _ENTRY.finditer(SOURCE.read_text(encoding="utf-8")):
        if entry["name"] in found:
            raise ValueError(f"{SOURCE} defines {entry['name']} twice.")
        text = " ".join(entry["text"].split()).replace("*", "").replace("`", "")
        found[entry["name"]] = Figure(entry["name"], (entry["title"], text))
    return found

"""Names that people give: of themselves, of companies. Mails and pages repeat them."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of what follows."""
_ADDRESS = re.compile(r"://|\bwww\.\w|\bmailto:|\w\.[a-z]{2,}[/?#]\w", re.IGNORECASE)
"""What mail programs make a link of. A domain alone may be a company's name."""


def plain(name: str) -> None:
    """A validator: raises ValidationError for what would become more than a name in a mail."""
    if _UNFIT.search(name):
        raise ValidationError(
            _("Write the name on one line, without control characters."), code="not_one_line"
        )
    if _ADDRESS.search(name):
        raise ValidationError(
            _("Leave the web address out: in an email it would become a link."), code="link"
        )


def one_line(text: str) -> str:
    """As part of a header or a line: nothing in it can begin another."""
    return " ".join(_UNFIT.sub(" ", text).split())

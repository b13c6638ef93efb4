"""Cookie types and states as they look in lists and on pages: by shape and word, not by colour."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

_KINDS = {
    "Approved": "waiting",
    "Closed": "",
    "Conflict": "wrong",
    "Declined": "wrong",
    "Final": "good",
    "Paid": "good",
    "Unverified": "waiting",
}


def cookie_type(value: str) -> SafeString:
    """``hard`` solid, ``soft`` dashed."""
    return format_html('<span class="badge {}">{}</span>', value, value.capitalize())


def state(label: str) -> SafeString:
    """A label of ``tracking.explain.sentences.state_label``."""
    first = label.replace(":", " ").replace(",", " ").split(" ")[0]
    return format_html('<span class="badge state {}">{}</span>', _KINDS.get(first, ""), label)

"""A token arrives in the shop: whether it is fresh, and what is recorded of it. No database."""

from dataclasses import dataclass
from typing import Any

from uuid_utils.compat import uuid7

from tracking.rule.tokens import Keys, accept

FRESH_MS = 10 * 60_000
"""A redirect takes milliseconds; the shop's sign-in or language page may come between. What takes
longer was kept: a bookmark, or a link that is handed round."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whether the click is as young as one that has just been made, and the record for the spool:
    the columns of ``tracking.models.Landing``."""

    is_fresh: bool
    record: dict[str, Any]


def arrive(text: str, advertiser: int, journey: int, keys: Keys, now_ms: int) -> Arrival:
    """A token lands in a browser that is on this ``journey`` (0: on none, as far as its cookies
    say). Raises TokenError for a token that does not verify."""
    click = accept(text, keys, advertiser, now_ms).click
    is_fresh = now_ms - click.at <= FRESH_MS
    record = {
        "kind": "landing",
        "id": uuid7(nanoseconds=now_ms * 1_000_000).hex,
        "advertiser": advertiser,
        "publisher": click.publisher,
        "click": click.id.hex,
        "at": now_ms,
        "is_fresh": is_fresh,
        "journey": journey,
    }
    return Arrival(is_fresh, record)

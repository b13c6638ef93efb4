"""The signature of a report, which the shop's server makes as it renders the thank-you page. Pure.

``sig`` is the lower-case hex HMAC-SHA-256 of ``order|amount|currency|parts`` in UTF-8: each exactly
as the report sends it, and empty where it does not. The key is the text of the advertiser's signing
key, as its page shows it. ``docs/wire.md`` has examples to test an implementation with.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SIGNED_FIELDS = ("order", "amount", "currency", "parts")
MOST_SIGNED = 4_000
"""Characters of the signed text that are kept; a longer one is of no order, and verifies not."""
MOST_SIG = 80


@dataclass(frozen=True, slots=True)
class Signature:
    """What was signed, as it was sent, and the signature that came with it."""

    text: str
    sig: str


def presented(data: Mapping[str, object]) -> Signature | None:
    """The signature in a report's raw fields, before anything is read from them; None without."""
    sig = _as_sent(data.get("sig"))
    if not sig:
        return None
    text = "|".join(_as_sent(data.get(name)) for name in SIGNED_FIELDS)
    return Signature(text[:MOST_SIGNED], sig[:MOST_SIG])


def sign(text: str, key: str) -> str:
    """The signature of ``order|amount|currency|parts``."""
    return hmac.digest(key.encode(), text.encode(errors="replace"), "sha256").hex()


def verifies(signature: Signature, keys: Collection[str]) -> bool:
    """Whether one of the keys has made it."""
    return any(
        hmac.compare_digest(
            sign(signature.text, key).encode(), signature.sig.encode("utf-8", "replace")
        )
        for key in keys
    )


def _as_sent(value: object) -> str:
    return "" if value is None else str(value)

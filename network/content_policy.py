"""What a page may load and run: each host's Content-Security-Policy.

Strict throughout: nothing from elsewhere, no script or style inside a page. The admin's theme alone
needs more, and has it under the admin's names alone
(:class:`network.pages.site.middleware.ContentPolicy`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

HEADER = "Content-Security-Policy"
NONE, SELF = "'none'", "'self'"

SITE: Mapping[str, Sequence[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}
ADMIN_NEEDS: Mapping[str, Sequence[str]] = {
    "script-src": ["'unsafe-eval'"],  # Alpine compiles what stands in the theme's attributes
}
TRACKING: Mapping[str, Sequence[str]] = {
    "default-src": [NONE],
    "style-src": [SELF],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}


def header(policy: Mapping[str, Iterable[str]]) -> str:
    """The policy as a header's value."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopNeeds:
    """Origins that a shop of the demo has to do with: those of its tag, those of a partner's
    script, those that its forms lead to; and the hash of the tag's stub, which is in the page."""

    tracking: Sequence[str]
    scripts: Sequence[str]
    forms: Sequence[str]
    stub_hash: str


def demo(needs: ShopNeeds) -> str:
    """Of the demo's own pages, as a shop would have it."""
    return header(
        {
            **SITE,
            "script-src": [SELF, needs.stub_hash, *needs.tracking, *needs.scripts],
            "img-src": [SELF, "data:", *needs.tracking],
            "connect-src": [SELF, *needs.tracking],
            "form-action": [SELF, *needs.tracking, *needs.forms],
        }
    )

"""What a page may load and run: each host's Content-Security-Policy.

Strict throughout: nothing from elsewhere, no script or style inside a page. The admin's theme alone
needs more, and has it under the admin's names alone (:class:`network.middleware.ContentPolicy`).
"""

from collections.abc import Iterable, Mapping, Sequence

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


def demo(tracking: Sequence[str], elsewhere: Sequence[str], stub_hash: str) -> str:
    """A shop's: the tag comes from the ``tracking`` origins and reports there, its stub is in the
    page, and forms also lead ``elsewhere``."""
    return header(
        {
            **SITE,
            "script-src": [SELF, stub_hash, *tracking],
            "img-src": [SELF, "data:", *tracking],
            "connect-src": [SELF, *tracking],
            "form-action": [SELF, *tracking, *elsewhere],
        }
    )

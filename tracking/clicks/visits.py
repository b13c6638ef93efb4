"""A request for a tracking link, as whoever receives or plays one hands it to the redirect."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

REFERENCE_NAMES = ("ref", "ref2", "ref3", "ref4", "ref5", "ref6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request for a tracking link. ``consent`` is True, False or, when the link says nothing,
    None. ``in_page`` is a tag's activation, which is no navigation."""

    publisher: int
    target: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    campaign: str = ""
    consent: bool | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    address: str = ""
    in_page: bool = False


def visit_by_link(
    publisher: int,
    query: str,
    *,
    headers: Mapping[str, str],
    cookies: Mapping[str, str] | None = None,
    method: str = "GET",
    address: str = "",
    in_page: bool = False,
) -> Visit:
    """The visit of a publisher's link with this query string, as WSGI hands it over."""
    said = parameters(query)
    consent = said.get("consent")
    return Visit(
        publisher=publisher,
        target=said.get("to"),
        references={name: said[name] for name in REFERENCE_NAMES if name in said},
        campaign=said.get("campaign", ""),
        consent=None if consent is None else consent == "1",
        cookies=cookies or {},
        headers=headers,
        method=method,
        address=address,
        in_page=in_page,
    )


def parameters(query: str) -> dict[str, str]:
    """A link's parameters, the last of each name. ``request.GET`` would refuse a shopper whose link
    has very many, and takes several times as long."""
    text = query
    if not text.isascii():
        # WSGI hands bytes over as ISO 8859-1; some user agents do send that.
        with suppress(UnicodeDecodeError):
            text = text.encode("latin-1").decode()
    pairs = (item.partition("=") for item in text.split("&"))
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}

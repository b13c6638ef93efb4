"""A request for a tracking link, as the redirect takes it from a server or from a play."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from tracking.clicks import pasting
from tracking.clicks.cookies import Jar
from tracking.rule import consent

REFERENCE_NAMES = ("ref", "ref2", "ref3", "ref4", "ref5", "ref6")
_ESCAPED = re.compile(r"(?:&|\A)(?:(?:amp|%230*38|%23x0*26)(?:;|%3B))+", re.IGNORECASE)
"""A ``&`` as editors and mail programs write it, once or more often, also with its own signs
escaped."""
PARAMETERS = frozenset({"to", *REFERENCE_NAMES, "campaign", "consent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request for a tracking link. ``consent`` is True, False or, when the link says nothing,
    None. ``in_page`` is a tag's activation, which is not a navigation. ``is_unencoded``: the target
    was pasted into the link without being encoded. ``jar``: which cookies the host has; None: those
    of the shared host over https."""

    publisher: int
    target: str | None = None
    is_unencoded: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    campaign: str = ""
    consent: bool | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    address: str = ""
    in_page: bool = False
    jar: Jar | None = None


def visit_by_link(
    publisher: int,
    query: str,
    *,
    headers: Mapping[str, str],
    cookies: Mapping[str, str] | None = None,
    method: str = "GET",
    address: str = "",
    in_page: bool = False,
    jar: Jar | None = None,
) -> Visit:
    """The visit of a publisher's link with this query string, as WSGI hands it over."""
    given = list(pairs(query))
    said = dict(given)
    target, is_unencoded = said.get("to"), False
    if target and (" " in target or query.count("to=") > 1 or not said.keys() <= PARAMETERS):
        pasted = pasting.read(items(query), PARAMETERS)
        target, is_unencoded = pasted.target, pasted.is_unencoded
    return Visit(
        publisher=publisher,
        target=target,
        is_unencoded=is_unencoded,
        references={name: said[name] for name in REFERENCE_NAMES if name in said},
        campaign=said.get("campaign", ""),
        consent=consent.parse_all(value for name, value in given if name == "consent"),
        cookies=cookies or {},
        headers=headers,
        method=method,
        address=address,
        in_page=in_page,
        jar=jar,
    )


def parameters(query: str) -> dict[str, str]:
    """A link's parameters, the last of each name. ``request.GET`` would refuse a shopper whose link
    has very many, and takes several times as long."""
    return dict(pairs(query))


def pairs(query: str) -> Iterator[tuple[str, str]]:
    """The names and values in a query string, in their order."""
    parted = (item.partition("=") for item in items(query))
    return ((unquote_plus(name), unquote_plus(value)) for name, _, value in parted)


def items(query: str) -> list[str]:
    """What stands between the ``&`` of a query string, however these are written."""
    text = query
    if not text.isascii():
        # WSGI hands bytes over as ISO 8859-1; some user agents do send that.
        with suppress(UnicodeDecodeError):
            text = text.encode("latin-1").decode()
    if ";" in text or "%3" in text:  # most queries have neither
        text = _ESCAPED.sub("&", text).removeprefix("&")
    return text.split("&")

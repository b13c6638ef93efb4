"""Where a click leads: only ever to the advertiser's own domains. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from network.hostnames import ascii_host, is_below

MAX_URL_LENGTH = 2000
MAX_LOCATION = 3_900
"""With the click parameter it stays under 4 kB, which every proxy passes on."""
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_LABEL = r"(?!xn--)[a-z0-9-]{1,63}"
_USUAL = re.compile(rf"https?://({_LABEL}(?:\.{_LABEL})+)(?:[/?#][\x21-\x5b\x5d-\x7e]*)?")
"""Almost every target: nothing about its host is left to interpretation."""


def is_allowed(url: str, domains: Sequence[str]) -> bool:
    """Whether the URL is http(s), on one of the domains or a subdomain of one, with neither user
    info nor control characters or backslashes, and fits a header."""
    if len(url) > MAX_URL_LENGTH:
        return False
    usual = _USUAL.fullmatch(url)
    host = usual[1] if usual else _host(url)
    if not is_below(host, domains):
        return False
    return usual is not None or len(as_ascii(url)) <= MAX_LOCATION


def _host(url: str) -> str:
    """The host of a URL of whatever form; empty when nobody is to be led there."""
    if _UNSAFE.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host = ascii_host(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return ""
    return host


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL with the parameter, once, at the end; other parameters, their order and the
    fragment stay as they were."""
    rest, hash_mark, fragment = as_ascii(url).partition("#")
    path, _, query = rest.partition("?")
    if path.count("/") == 2:  # of the scheme; the path itself is empty
        path += "/"
    items = query.split("&") if query else []
    kept = [item for item in items if _name(item) != name]
    return f"{path}?{'&'.join([*kept, f'{name}={value}'])}{hash_mark}{fragment}"


def _name(item: str) -> str:
    name = item.partition("=")[0]
    return unquote_plus(name) if "%" in name or "+" in name else name


def escaped(text: str) -> str:
    """A part of a URL as a header can carry it; what is escaped already stays as it is."""
    return quote(text, _ASCII)


def as_ascii(url: str) -> str:
    """The URL as a header can carry it, and browsers ask for it. Blanks are escaped."""
    if _USUAL.fullmatch(url):
        return url
    parts = urlsplit(url.strip())
    port = f":{parts.port}" if parts.port is not None else ""
    path, query, fragment = map(escaped, (parts.path, parts.query, parts.fragment))
    return urlunsplit(
        (parts.scheme, ascii_host(parts.hostname or "") + port, path, query, fragment)
    )

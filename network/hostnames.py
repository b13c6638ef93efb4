"""Host names as browsers ask for them. Pure; knows no Django."""

import re
from collections.abc import Sequence
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def ascii_host(host: str) -> str:
    """The host in small letters, as ``xn--`` (UTS 46, not transitional: what browsers do) and
    without the final dot. Raises ValueError for what is no host name."""
    host = host.removesuffix(".").lower()
    if not host.isascii():
        host = idna.encode(host, uts46=True, transitional=False).decode()
    if _HOST.fullmatch(host) is None:
        raise ValueError(host)
    return host


def is_below(host: str, domains: Sequence[str]) -> bool:
    """Whether the host is one of the domains, or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can have a name below it (``co.uk``, ``github.io``), by the list of
    publicsuffix.org that comes with its package."""
    return bool(_suffixes().is_public(domain))


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()

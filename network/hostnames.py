"""Host names as browsers ask for them. Pure; knows no Django."""

import re
from collections.abc import Sequence
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def ascii_host(host: str) -> str:
    """The host in small letters, as ``xn--`` (UTS 46, not transitional: what browsers do) and
    without the final dot. Raises ValueError for what is no host name, in whichever of the two forms
    it is written: browsers open no ``xn--`` that stands for nothing."""
    host = host.lower()
    if not host.isascii():
        host = idna.uts46_remap(host, std3_rules=False, transitional=False)
    host = ".".join(map(_ascii_label, host.removesuffix(".").split(".")))
    if _HOST.fullmatch(host) is None:
        raise ValueError(host)
    return host


def _ascii_label(label: str) -> str:
    if not label.isascii():
        return idna.alabel(label).decode()
    if label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode() != label:
        raise ValueError(label)
    return label


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

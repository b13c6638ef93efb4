"""What DNS says of other people's hosts."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import dns.exception
import dns.resolver
from django.conf import settings

ANSWER_WITHIN_SECONDS = 3.0
"""Of one question, every server asked included: somebody may be waiting on a page."""


class NoDnsAnswer(Exception):
    """No DNS server gave an answer; that a name or a record does not exist is one."""


class Resolver(Protocol):
    """Asks DNS about a name in ASCII. What does not exist is None, or nothing. Every method raises
    NoDnsAnswer."""

    def cname(self, name: str) -> str | None:
        """The name that it is an alias of, in small letters and without the final dot; one step."""

    def txt(self, name: str) -> Sequence[str]: ...

    def addresses(self, name: str) -> Sequence[str]:
        """IPv4 before IPv6."""


class DnsResolver:
    """Asks the servers that this machine uses, or those of the ``resolver`` that is given."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver

    def cname(self, name: str) -> str | None:
        found = self._ask(name, "CNAME")
        return found[0].target.to_text(omit_final_dot=True).lower() if found else None

    def txt(self, name: str) -> Sequence[str]:
        return [b"".join(row.strings).decode(errors="replace") for row in self._ask(name, "TXT")]

    def addresses(self, name: str) -> Sequence[str]:
        return [row.address for kind in ("A", "AAAA") for row in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            resolver = self._resolver or dns.resolver.get_default_resolver()
            found = resolver.resolve(f"{name}.", kind, lifetime=ANSWER_WITHIN_SECONDS)
            return list(found)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise NoDnsAnswer(str(error)) from error


class MadeUp:
    """Asks nobody: it knows these aliases, and that there is nothing else."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases

    def cname(self, name: str) -> str | None:
        return self._aliases.get(name)

    def txt(self, name: str) -> Sequence[str]:
        return []

    def addresses(self, name: str) -> Sequence[str]:
        return []


def resolver() -> Resolver:
    """The one that this installation uses. Demo and tests ask no machine but this one."""
    made_up = settings.MODE in ("demo", "test")
    return MadeUp(settings.DEMO_ALIASES) if made_up else DnsResolver()

"""What proves that a host is an advertiser's: its CNAME, a TXT record, or a file on it.

The host itself is asked, not the network: this says what was found, and stores nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from network.hosts.models import ProofWay
from network.outside.dns import NoDnsAnswer, Resolver
from network.outside.web import NotFetched, Web

MOST_ALIASES = 8
"""Of one name for the next; resolvers give up at about as many."""


class Finding(StrEnum):
    """What one way of proving says."""

    PROVES = "proves"
    SHARED = "shared"
    """It leads here, which does not tell for whom: another advertiser names the domain, too."""
    TAKEN = "taken"
    """It proves, but another advertiser proved it before."""
    ABSENT = "absent"
    OTHER = "other"
    """There is something else; the detail says what."""
    STATUS = "status"
    """The web server's answer is this number, which is not 200."""
    UNANSWERED = "unanswered"
    # As in FetchProblem:
    NO_ADDRESS = "no_address"
    NOT_PUBLIC = "not_public"
    UNREACHABLE = "unreachable"
    NO_TLS = "no_tls"
    NO_HTTP = "no_http"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Claim:
    """An advertiser's, to a host. ``leads_to`` is where its CNAME should; ``is_shared`` says that
    another advertiser names a domain above the host, too, so that the CNAME is no proof."""

    advertiser: int
    host: str
    token: str
    leads_to: str
    is_shared: bool = False

    @property
    def txt_name(self) -> str:
        """Beside the host: a name with a CNAME may have no other record."""
        return f"_softclick.{self.host}"

    @property
    def txt_value(self) -> str:
        return f"softclick={self.token}"

    @property
    def file_path(self) -> str:
        """Without the token, which a server could repeat when it says that there is no such
        file."""
        return f"/.well-known/softclick-{self.advertiser}.txt"


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What one way of proving says, with what was found instead of the proof."""

    way: ProofWay
    finding: Finding
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the next attempt may say something else only when somebody changes something."""
        return self.finding is not Finding.UNANSWERED


def ask(claim: Claim, resolver: Resolver, web: Web) -> Sequence[HostAnswer]:
    """What each way says, up to the first that proves it."""
    found = []
    for answer in _each(claim, resolver, web):
        found.append(answer)
        if answer.finding is Finding.PROVES:
            break
    return found


def _each(claim: Claim, resolver: Resolver, web: Web) -> Iterator[HostAnswer]:
    ways: tuple[tuple[ProofWay, Callable[[], tuple[Finding, str]]], ...] = (
        (ProofWay.CNAME, lambda: _cname(claim, resolver)),
        (ProofWay.TXT, lambda: _txt(claim, resolver)),
        (ProofWay.FILE, lambda: _file(claim, web)),
    )
    for way, look in ways:
        try:
            finding, detail = look()
        except NoDnsAnswer:
            finding, detail = Finding.UNANSWERED, ""
        yield HostAnswer(way, finding, detail)


def _cname(claim: Claim, resolver: Resolver) -> tuple[Finding, str]:
    """Also by way of other names."""
    name = claim.host
    for _ in range(MOST_ALIASES):
        target = resolver.cname(name)
        if target is None:
            break
        if target == claim.leads_to:
            return (Finding.SHARED if claim.is_shared else Finding.PROVES), ""
        name = target
    return (Finding.ABSENT, "") if name == claim.host else (Finding.OTHER, name)


def _txt(claim: Claim, resolver: Resolver) -> tuple[Finding, str]:
    found = resolver.txt(claim.txt_name)
    if claim.txt_value in (text.strip() for text in found):
        return Finding.PROVES, ""
    return (Finding.OTHER, _short(found[0])) if found else (Finding.ABSENT, "")


def _file(claim: Claim, web: Web) -> tuple[Finding, str]:
    try:
        answer = web.get(claim.host, claim.file_path)
    except NotFetched as error:
        return Finding(error.problem.value), ""
    if answer.status != 200:
        return Finding.STATUS, str(answer.status)
    text = answer.body.decode(errors="replace").strip()
    return (Finding.PROVES, "") if text == claim.token else (Finding.OTHER, _short(text))


def _short(text: str) -> str:
    """What somebody else's machine said, as far as it helps, and without what cannot be kept."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain[:80]

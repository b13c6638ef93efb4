"""Tracking hosts of an advertiser's own, and where its links, tag and pixel are.

On a host below the shop's own domain (``go.shop.example``, a CNAME) our cookies are same-site with
the shop, so that every browser sends them with a pixel. The shared host goes on answering. A host
is used once it is proven (:mod:`network.hosts.proving`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db import transaction
from django.utils.translation import gettext

from network import hostnames
from network.hosts import proving
from network.hosts.models import ProofWay
from network.models import Advertiser, TrackingHost, User

MOST_HOSTS = 10
"""Of one advertiser: each is looked up again and again."""
_LONGEST_NAME = 253
"""What DNS allows without the dot at the end, which Django's validator counts."""
_HERE = "localhost"


class HostTaken(ValueError):
    """The host name is another advertiser's."""

    def __init__(self, host: str) -> None:
        super().__init__(
            gettext(
                "Another advertiser uses “%(host)s”. Choose another name below the shop's domain, "
                "or have it removed there first."
            )
            % {"host": host}
        )


def base_url(advertiser: int, hosts: Sequence[str]) -> str:
    """What the advertiser's link, tag and pixel addresses start with: on the first of its own
    hosts, else on the shared one. ``https://go.shop.example/t/7/``."""
    origin = settings.PUBLIC_ORIGIN.format(host=hosts[0]) if hosts else settings.TRACKING_URL
    return f"{origin}/t/{advertiser}/"


def other_base_urls(advertiser: int, hosts: Sequence[str]) -> tuple[str, ...]:
    """Where else browsers may have cookies of the advertiser: on its further hosts, and on the
    shared one."""
    shared = [base_url(advertiser, ())] if hosts else []
    return (*(base_url(advertiser, [host]) for host in hosts[1:]), *shared)


def base_urls(advertisers: Iterable[int]) -> dict[int, str]:
    """The base URL of each advertiser, in one query."""
    hosts: dict[int, list[str]] = {advertiser: [] for advertiser in advertisers}
    proven = TrackingHost.objects.proven().filter(advertiser__in=hosts)
    for advertiser, host in proven.values_list("advertiser_id", "host"):
        hosts[advertiser].append(host)
    return {advertiser: base_url(advertiser, own) for advertiser, own in hosts.items()}


def parse(text: str) -> list[str]:
    """The host names in the text, one per line, each once and as browsers write it. Raises
    ValidationError that names the line and the remedy."""
    hosts = dict.fromkeys(_ascii(line.strip()) for line in text.splitlines())
    hosts.pop("", None)
    errors = [error for host in hosts for error in _errors(host)]
    if len(hosts) > MOST_HOSTS:
        said = gettext("At most %(most)s hosts. Take those off that are not used any more.")
        errors.append(said % {"most": MOST_HOSTS})
    if errors:
        raise ValidationError(errors)
    return list(hosts)


def refuse_outside(hosts: Iterable[str], domains: Sequence[str]) -> None:
    """Raises ValidationError for the hosts that do not lie below one of the domains."""
    errors = [_outside(host, domains) for host in hosts]
    if any(errors):
        raise ValidationError([error for error in errors if error])


def is_domain_name(text: str) -> bool:
    """Whether this is a DNS name of several parts, in ASCII; an IP address is not."""
    if not text.isascii() or len(text) > _LONGEST_NAME or text.endswith("."):
        return False
    try:
        validate_domain_name(text)
    except ValidationError:
        return False
    return True


def is_of_this_machine(host: str) -> bool:
    """Whether it leads to the machine that asks, whatever DNS says (RFC 6761)."""
    return host == _HERE or host.endswith(f".{_HERE}")


def _ascii(line: str) -> str:
    """What is no host name stays as it is, to be named in an error."""
    try:
        return hostnames.ascii_host(line)
    except ValueError:
        return line.lower()


def _errors(host: str) -> Iterable[str]:
    if not is_domain_name(host):
        said = gettext(
            "“%(host)s” is not a valid host name. Write it like go.shop.example, without https://, "
            "port or path."
        )
        yield said % {"host": host}
    elif host in settings.ALLOWED_HOSTS:
        said = gettext(
            "“%(host)s” is a host of this network itself. Use a name below the shop's own domain."
        )
        yield said % {"host": host}
    elif hostnames.is_public_suffix(host):
        said = gettext(
            "Anybody can have a name below “%(host)s”. Use a name below the shop's own domain."
        )
        yield said % {"host": host}
    elif settings.PRODUCTION and is_of_this_machine(host):
        said = gettext(
            "“%(host)s” is a name of this machine only. Use a name below the shop's public domain."
        )
        yield said % {"host": host}


def _outside(host: str, domains: Sequence[str]) -> str:
    """What is wrong and the remedy; empty where the host lies below one of the domains."""
    above = [domain for domain in domains if host.endswith(f".{domain}")]
    if above:
        return ""
    if host in domains:
        said = gettext(
            "“%(host)s” is the shop's domain itself, where its pages are. Use a name below it, "
            "such as go.%(host)s."
        )
        return said % {"host": host}
    said = gettext(
        "“%(host)s” is not below any of the advertiser's domains. Use a name such as "
        "go.%(domain)s, or add the domain under Domains first."
    )
    return said % {"host": host, "domain": domains[0] if domains else "shop.example"}


def refuse_taken(advertiser: Advertiser, hosts: Iterable[str]) -> None:
    """Raises HostTaken for the first host that is proven to be another advertiser's. Who only waits
    for proof keeps a host from nobody."""
    proven = TrackingHost.objects.proven().filter(host__in=list(hosts))
    for row in proven.exclude(advertiser_id=advertiser.pk)[:1]:
        raise HostTaken(row.host)


def replace(
    advertiser: Advertiser, hosts: Sequence[str], now: datetime, *, asked_by: User | None = None
) -> list[TrackingHost]:
    """Let the advertiser have exactly these hosts, in this order; those that it had keep their
    proof. The rows that are new. Raises HostTaken; then nothing has changed."""
    if list(advertiser.own_hosts.values_list("host", flat=True)) == list(hosts):
        return []
    refuse_taken(advertiser, hosts)
    with transaction.atomic():
        Advertiser.objects.select_for_update().get(pk=advertiser.pk)  # one at a time
        held = {row.host: row for row in advertiser.own_hosts.all()}
        advertiser.own_hosts.all().delete()
        return _write(advertiser, hosts, held, now, asked_by)


def _write(
    advertiser: Advertiser,
    hosts: Sequence[str],
    held: dict[str, TrackingHost],
    now: datetime,
    asked_by: User | None,
) -> list[TrackingHost]:
    rows = [held.get(host) or TrackingHost(advertiser=advertiser, host=host) for host in hosts]
    for position, row in enumerate(rows):
        row.pk, row.position = None, position
    TrackingHost.objects.bulk_create(rows)
    new = [row for row in rows if row.host not in held]
    for row in new:
        # Who asks for such a name reaches their own machine, so that it is whoever runs it that
        # gave it to the advertiser. In production _errors refuses these names.
        if not settings.PRODUCTION and is_of_this_machine(row.host):
            proving.prove(row, ProofWay.LOCAL, now, asked_by=asked_by)
    return new

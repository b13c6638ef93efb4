"""Tracking hosts of an advertiser's own, and where its links, tag and pixel are.

On a host below the shop's own domain (``go.shop.example``, a CNAME) our cookies are same-site with
the shop, so that every browser sends them with a pixel. The shared host goes on answering.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from network.models import Advertiser, TrackingHost

_LONGEST_NAME = 253
"""What DNS allows without the dot at the end, which Django's validator counts."""


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
    for advertiser, host in TrackingHost.objects.filter(advertiser__in=hosts).values_list(
        "advertiser_id", "host"
    ):
        hosts[advertiser].append(host)
    return {advertiser: base_url(advertiser, own) for advertiser, own in hosts.items()}


def parse(text: str) -> list[str]:
    """The host names in the text, one per line, each once. Raises ValidationError that names the
    line and the remedy."""
    hosts = dict.fromkeys(line.strip().lower().rstrip(".") for line in text.splitlines())
    hosts.pop("", None)
    errors = [error for host in hosts for error in _errors(host)]
    if errors:
        raise ValidationError(errors)
    return list(hosts)


def is_domain_name(text: str) -> bool:
    """Whether this is a DNS name of several parts, in ASCII; an IP address is not."""
    if not text.isascii() or len(text) > _LONGEST_NAME or text.endswith("."):
        return False
    try:
        validate_domain_name(text)
    except ValidationError:
        return False
    return True


def _errors(host: str) -> Iterable[str]:
    if not is_domain_name(host):
        said = gettext(
            "“%(host)s” is not a valid host name. Write it like go.shop.example, without https://, "
            "port or path. Write a name that is not in ASCII with xn--."
        )
        yield said % {"host": host}
    elif host in settings.ALLOWED_HOSTS:
        said = gettext(
            "“%(host)s” is a host of this network itself. Use a name below the shop's own domain."
        )
        yield said % {"host": host}


def refuse_taken(advertiser: Advertiser, hosts: Iterable[str]) -> None:
    """Raises HostTaken for the first host that another advertiser has."""
    taken = TrackingHost.objects.filter(host__in=list(hosts)).exclude(advertiser_id=advertiser.pk)
    for row in taken[:1]:
        raise HostTaken(row.host)


def replace(advertiser: Advertiser, hosts: Sequence[str]) -> None:
    """Let the advertiser have exactly these hosts, the first of them for its links. Raises
    HostTaken; then nothing has changed."""
    if list(advertiser.own_hosts.values_list("host", flat=True)) == list(hosts):
        return
    refuse_taken(advertiser, hosts)
    rows = [
        TrackingHost(advertiser=advertiser, host=host, position=position)
        for position, host in enumerate(hosts)
    ]
    try:
        with transaction.atomic():
            Advertiser.objects.select_for_update().get(pk=advertiser.pk)  # one at a time
            advertiser.own_hosts.all().delete()
            TrackingHost.objects.bulk_create(rows)
    except IntegrityError as error:
        refuse_taken(advertiser, hosts)
        raise HostTaken(", ".join(hosts)) from error

"""Makers of what tests need, as plain functions that go through the product's own.

Everything made without a time of its own exists, and is in force, long before :data:`NOW`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.clock import to_ms
from network.hosts import proving, tracking_hosts
from network.hosts.models import ProofWay
from network.models import Advertiser, StaffMembership, User
from publishers.models import ModelType, Partnership, Publisher
from publishers.policy import assigning, deciding
from publishers.teams.models import Team, TeamMembership
from tracking.clicks import cookies, snapshot
from tracking.clicks.cookies import Jar
from tracking.clicks.keys import KEYS
from tracking.clicks.redirect import visit
from tracking.clicks.visits import Visit
from tracking.conversions.recording import SaleReport
from tracking.evidence.fields import Terms, read_fields
from tracking.evidence.joining import Role
from tracking.lifecycle import finalisation
from tracking.models import Conversion
from tracking.spool import intake

NOW = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
"""When tests happen."""

SetClock = Callable[[datetime], None]
"""The fixture ``at``."""

SET_UP = NOW - timedelta(days=60)
"""When what is made comes into force."""

_numbers = count(1)


def make_advertiser(
    name: str = "",
    *,
    currency: str = "GBP",
    percent: Decimal | None = Decimal(8),
    fixed_minor: int | None = None,
    now: datetime = SET_UP,
    verification: str = Advertiser.Verification.BROWSER,
    **terms: int | str,
) -> Advertiser:
    """A shop that pays 8 % (or ``fixed_minor`` with ``percent=None``), whatever reported the sale;
    ``terms`` are its attribution terms, such as ``soft_rule`` and ``hard_days``."""
    number = next(_numbers)
    new = NewAdvertiser(
        name=name or f"Shop {number}",
        currency=currency,
        landing_url=f"https://shop{number}.example/",
        domains=[f"shop{number}.example"],
        consent_default=Advertiser.ConsentDefault.STORE,
        percent=percent,
        fixed_minor=fixed_minor,
        verification=verification,
        terms=terms,
    )
    return create_advertiser(new, now)


def give_hosts(advertiser: Advertiser, *hosts: str) -> None:
    """Let the advertiser have exactly these tracking hosts of its own, all proven."""
    tracking_hosts.replace(advertiser, hosts, NOW)
    for row in advertiser.own_hosts.filter(proof=None):
        assert proving.prove(row, ProofWay.CNAME, NOW)


def make_publisher(
    name: str = "",
    *,
    model_type: str = ModelType.CONTENT,
    now: datetime = SET_UP,
    team: Team | None = None,
) -> Publisher:
    """A publisher of one model type; ``content`` tracks hard unless something else is assigned.
    Without a ``team`` it has one of its own."""
    number = next(_numbers)
    return deciding.create_publisher(
        name or f"Partner {number}",
        model_type,
        now,
        website=f"https://partner{number}.example/",
        team=team,
    )


def make_partner(
    advertiser: Advertiser,
    publisher: Publisher,
    cookie_type: str | None = None,
    *,
    now: datetime = SET_UP,
    **terms: Any,
) -> Partnership:
    """An approved partnership; with ``cookie_type`` it has an assignment of its own."""
    partnership = deciding.create_partnership(
        advertiser, publisher, now, made_by=None, **{"status": "approved", **terms}
    )
    if cookie_type:
        assigning.assign([partnership], cookie_type, now, reason="Agreed", made_by=None)
    return partnership


def make_user(
    role: str = "",
    of: Advertiser | Publisher | None = None,
    *,
    name: str = "",
    password: str | None = None,
) -> User:
    """Somebody who can sign in: an ``operator``; an ``owner``, ``manager`` or ``viewer`` of an
    advertiser; an ``owner`` or ``member`` of a publisher; nobody in particular without a role.
    Only with a ``password`` by form; tests without a browser use ``client.force_login``."""
    name = name or f"{role or 'nobody'}-{next(_numbers)}"
    if role == "operator":
        return User.objects.create_superuser(name, f"{name}@example.com", password)
    user = User.objects.create_user(name, f"{name}@example.com", password)
    if isinstance(of, Advertiser):
        StaffMembership.objects.create(user=user, advertiser=of, role=StaffMembership.Role(role))
    elif isinstance(of, Publisher):
        TeamMembership.objects.create(user=user, team=of.team, role=TeamMembership.Role(role))
    return user


NAVIGATION = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "HTTP_SEC_FETCH_MODE": "navigate",
    "HTTP_SEC_FETCH_DEST": "document",
}


def in_page_of(landing_url: str) -> dict[str, str]:
    """The headers of a script's fetch, in a page of the shop."""
    origin = landing_url.rstrip("/")
    return {**NAVIGATION, "HTTP_SEC_FETCH_MODE": "cors", "HTTP_ORIGIN": origin}


_known: dict[tuple[str, ...], snapshot.Snapshot] = {}


def known_network() -> snapshot.Snapshot:
    """What a process that tracks knows by now: built again when the policy's version has moved, as
    the product does it. (The same number may come again after a savepoint that was undone; who
    wrote it, in which command of which transaction, tells one from the other.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, xmin, cmin, current_database() FROM network_policyversion")
        written = tuple(str(each) for each in cursor.fetchone() or ())
    if written not in _known:
        _known.clear()
        _known[written] = snapshot.build()
    return _known[written]


class Shopper:
    """A browser that follows links and buys. What it does is taken in at once, as the drain does
    it: clicks, decisions and commissions are the product's own."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def follow(
        self,
        partnership: Partnership,
        at: datetime,
        *,
        consent: bool | None = None,
        **references: str,
    ) -> UUID:
        """Click the partner's link. ``references`` are ``ref``, ``ref2`` and so on."""
        shop = known_network().advertisers[partnership.advertiser_id]
        answer = visit(
            Visit(
                publisher=partnership.publisher_id,
                cookies=self.cookies,
                headers=NAVIGATION,
                references=references,
                consent=consent,
            ),
            shop,
            KEYS,
            to_ms(at),
        )
        if answer.write:
            self.cookies |= {each.name: each.value for each in cookies.set_by(answer.write)}
        _take_in(answer.record, at)
        return UUID(str(answer.record["id"]))

    def end_session(self) -> None:
        """Close the browser: session cookies go."""
        ending = ("__Secure-scs-", "__Secure-scn-")
        self.cookies = {
            name: value for name, value in self.cookies.items() if not name.startswith(ending)
        }

    def buy(
        self,
        advertiser: Advertiser,
        at: datetime,
        *,
        amount: str = "49.90",
        order: str = "",
        **data: str,
    ) -> Conversion:
        """Buy, with a report by the tag that brings this browser's cookies."""
        order = order or f"order-{next(_numbers)}"
        report_sale(
            advertiser, at, {"order": order, "amount": amount, **data}, from_cookies=self.cookies
        )
        return Conversion.objects.get(advertiser=advertiser, order=order)


def report_sale(
    advertiser: Advertiser,
    at: datetime,
    data: dict[str, str],
    *,
    from_cookies: dict[str, str] | None = None,
    source: str = "tag",
) -> None:
    """A report of a sale, with the tokens and the session in these cookies."""
    shop = known_network().advertisers[advertiser.id]
    brought = cookies.read(from_cookies or {}, Jar(shop.id), KEYS, to_ms(at))
    report = SaleReport(
        id=uuid7(),
        advertiser=shop.id,
        source=source,
        received_at=at,
        at=at,
        sale=read_fields(data, Terms(shop.currency, shop.groups)),
        tokens=tuple((Role(role), text) for role, text in brought.tokens.items()),
        sessions=(brought.slots.session,) if brought.slots.session else (),
        from_browser=brought.any,
        order=data["order"],
    )
    _take_in(intake.report_record(report), at)


def _take_in(record: intake.Record, at: datetime) -> None:
    with transaction.atomic():
        intake.store([record], at)


def finalise(at: datetime) -> int:
    """Close what is due at a time; how many sales that were."""
    return finalisation.finalise_due(at)

"""Makers of what tests need, as plain functions that go through the product's own.

Everything made without a time of its own exists, and is in force, long before :data:`NOW`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from network.advertisers import NewAdvertiser, create_advertiser
from network.models import Advertiser, StaffMembership, User
from publishers import cookie_types, partnerships
from publishers.models import ModelType, Partnership, Publisher, PublisherMembership

NOW = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
"""When tests happen."""

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
    **terms: int | str,
) -> Advertiser:
    """A shop that pays 8 % (or ``fixed_minor`` with ``percent=None``); ``terms`` are its
    attribution terms, such as ``soft_rule`` and ``hard_days``."""
    number = next(_numbers)
    new = NewAdvertiser(
        name=name or f"Shop {number}",
        currency=currency,
        landing_url=f"https://shop{number}.example/",
        domains=[f"shop{number}.example"],
        consent_default=True,
        percent=percent,
        fixed_minor=fixed_minor,
        terms=terms,
    )
    return create_advertiser(new, now)


def make_publisher(
    name: str = "", *, model_type: str = ModelType.CONTENT, now: datetime = SET_UP
) -> Publisher:
    """A publisher of one model type; ``content`` tracks hard unless something else is assigned."""
    number = next(_numbers)
    return partnerships.create_publisher(
        name or f"Partner {number}", model_type, now, website=f"https://partner{number}.example/"
    )


def make_partner(
    advertiser: Advertiser,
    publisher: Publisher,
    cookie_type: str | None = None,
    *,
    now: datetime = SET_UP,
    **terms: object,
) -> Partnership:
    """An approved partnership; with ``cookie_type`` it has an assignment of its own."""
    partnership = partnerships.create_partnership(
        advertiser, publisher, now, made_by=None, **{"status": "approved", **terms}
    )
    if cookie_type:
        cookie_types.assign([partnership], cookie_type, now, reason="Agreed", made_by=None)
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
        PublisherMembership.objects.create(
            user=user, publisher=of, role=PublisherMembership.Role(role)
        )
    return user

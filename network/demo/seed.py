"""Fills an empty network with a little life, through the product's own functions.

Advertisers, publishers and the clicks and orders of the last ten days come in with an injected
clock. No verdict, commission or ledger row is written here: all of them follow.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction

from network.advertisers import NewAdvertiser, create_advertiser
from network.demo import cast, places
from network.demo.shoppers import Browser
from network.demo.stories import Buy, CloseBrowser, Follow, Step, steps
from network.models import Advertiser, StaffMembership, User
from publishers import cookie_types, partnerships
from publishers.models import Partnership, Publisher, PublisherMembership
from tracking import conversions, finalisation, intake, partitions, snapshot
from tracking.keys import KEYS

LIFE = timedelta(days=10)
SET_UP_BEFORE = timedelta(days=2)
"""How long before the first click everybody was there."""
FINALISE_EVERY = timedelta(hours=6)


def is_empty() -> bool:
    """Whether nobody is in the network yet."""
    return not any(model.objects.exists() for model in (Advertiser, Publisher, User))


def clear_leftovers() -> None:
    """Forget the clock and the spool of an earlier network: their records are not this one's."""
    if settings.CLOCK_FILE:
        Path(settings.CLOCK_FILE).unlink(missing_ok=True)
    rmtree(settings.SPOOL_DIR, ignore_errors=True)


def seed(now: datetime) -> None:
    """Fill the network, whole or not at all. It must be empty."""
    start = now - LIFE
    partitions.ensure(start - SET_UP_BEFORE)
    partitions.ensure(now)
    with transaction.atomic():
        _restart_ids()
        _make_everybody(start - SET_UP_BEFORE, now)
        _live(start, now)


def follow_port() -> None:
    """Let the demo's own addresses lead to the port that it is on now."""
    shops = Advertiser.objects.filter(id=cast.SHOP, domains=[places.SHOP])
    shops.exclude(landing_url=places.url(places.SHOP)).update(landing_url=places.url(places.SHOP))
    for host in (places.BLOG, places.EXTENSION):
        here = places.url(host)
        rows = Publisher.objects.filter(website__startswith=f"http://{host}")
        rows.exclude(website=here).update(website=here)


def _restart_ids() -> None:
    """Count ids from 1 again after a seeding that was interrupted: the first advertiser and the
    first publisher are the ones that every example links to."""
    models = [model for name in ("network", "publishers", "tracking") for model in _models(name)]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _models(app: str) -> Iterable[type]:
    return apps.get_app_config(app).get_models()


# --- Who is there -----------------------------------------------------------------------------


def _make_everybody(at: datetime, now: datetime) -> None:
    shops = {shop.id: _make_shop(shop, at) for shop in cast.SHOPS}
    for partner in cast.PARTNERS:
        publisher = partnerships.create_publisher(
            partner.name, partner.model_type, at, website=partner.website
        )
        _check_id(publisher, partner.id)
        for shop, terms in partner.at.items():
            partnerships.create_partnership(shops[shop], publisher, at, made_by=None, **terms)
    for person in cast.PEOPLE:
        _make_person(person)
    _set_one_soft(now - cast.SET_SOFT_AGO)


def _make_shop(shop: cast.Shop, at: datetime) -> Advertiser:
    new = NewAdvertiser(
        name=shop.name,
        currency=shop.currency,
        landing_url=shop.landing_url,
        domains=[shop.host],
        consent_default=True,
        percent=shop.percent,
        network_fee_percent=shop.network_fee_percent,
        terms=shop.terms,
    )
    advertiser = create_advertiser(new, at)
    _check_id(advertiser, shop.id)
    return advertiser


def _check_id(made: Advertiser | Publisher, wanted: int) -> None:
    if made.pk != wanted:
        raise RuntimeError(f"{made} has the id {made.pk}, and the demo's pages link to {wanted}.")


def _make_person(person: cast.Person) -> None:
    email = f"{person.username}@example.com"
    if person.is_operator:
        User.objects.create_superuser(person.username, email, cast.PASSWORD)
        return
    user = User.objects.create_user(person.username, email, cast.PASSWORD)
    if person.advertiser:
        StaffMembership.objects.create(
            user=user, advertiser_id=person.advertiser, role=StaffMembership.Role.OWNER
        )
    if person.publisher:
        PublisherMembership.objects.create(
            user=user, publisher_id=person.publisher, role=PublisherMembership.Role.OWNER
        )


def _set_one_soft(at: datetime) -> None:
    partnership = Partnership.objects.get(advertiser=cast.SHOP, publisher=cast.SET_SOFT)
    staff = User.objects.get(username="nimbus")
    cookie_types.assign([partnership], "soft", at, reason=cast.SET_SOFT_REASON, made_by=staff)


# --- What happened ----------------------------------------------------------------------------


def _live(start: datetime, now: datetime) -> None:
    """Take every step in order of time, and close what is due a few times a day, as it would have
    been."""
    shops = snapshot.build().advertisers
    browsers: dict[int, Browser] = {}
    clicks: list[intake.Record] = []
    finalised_at = start
    for step in steps(start, now):
        while finalised_at + FINALISE_EVERY <= step.at:
            finalised_at += FINALISE_EVERY
            _drain(clicks, finalised_at)
            finalisation.finalise_due(finalised_at)
        if step.shopper not in browsers:
            browsers[step.shopper] = Browser(step.shopper, shops[step.advertiser])
        _take(step, browsers[step.shopper], clicks)
    _drain(clicks, now)
    finalisation.finalise_due(now)


def _take(step: Step, browser: Browser, clicks: list[intake.Record]) -> None:
    """One move; clicks wait in a batch, as in the spool."""
    match step.move:
        case Follow():
            clicks.append(browser.follow(step.move, step.at))
        case Buy():
            _drain(clicks, step.at)
            conversions.record(browser.buy(step.at), KEYS, step.at)
        case CloseBrowser():
            browser.close()


def _drain(clicks: list[intake.Record], now: datetime) -> None:
    intake.store(clicks, now)
    clicks.clear()

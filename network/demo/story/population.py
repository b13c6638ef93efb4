"""Puts everybody of the cast into an empty network, through the product's own functions."""

from datetime import datetime

from django.contrib.auth.hashers import make_password

from network import money
from network.advertisers import api_keys, signing_keys
from network.advertisers import terms as advertisers
from network.advertisers.terms import NewAdvertiser, create_advertiser
from network.demo.pages import places
from network.demo.story import cast
from network.hosts import proving, tracking_hosts
from network.models import Advertiser, StaffMembership, User
from network.outside import dns
from network.outside.web import Fetcher
from network.saved_reports import saving
from publishers.models import Partnership, Publisher
from publishers.policy import assigning, deciding
from publishers.teams.models import Team, TeamMembership
from tracking.pages.performance.saving import PAGE as PERFORMANCE


def settle(at: datetime, now: datetime) -> None:
    """Make everybody, there since ``at``; what staff did since is counted back from ``now``."""
    shops = {shop.id: _make_shop(shop, at) for shop in cast.SHOPS}
    teams = {
        name: Team.objects.create(name=name, created_at=at)
        for name in {partner.team: None for partner in cast.PARTNERS if partner.team}
    }
    for partner in cast.PARTNERS:
        publisher = deciding.create_publisher(
            partner.name,
            partner.model_type,
            at,
            website=partner.website,
            promotion=cast.PROMOTION.get(partner.id, ""),
            team=teams.get(partner.team),
        )
        _check_id(publisher, partner.id)
        for shop, terms in partner.at.items():
            since = now - cast.APPLIED_AGO if terms["status"] == "applied" else at
            deciding.create_partnership(shops[shop], publisher, since, made_by=None, **terms)
    Team.objects.filter(publishers=cast.BLOG).update(**cast.BLOGS_COMPANY)
    password = make_password(cast.PASSWORD)
    teams_people = [person for person in cast.PEOPLE if person.publisher]
    for person in cast.PEOPLE:
        if person not in teams_people:
            _make_person(person, password)
    at_first = [assignment for assignment in cast.ASSIGNMENTS if assignment.since is None]
    for assignment in at_first:
        _assign(assignment, at, now)
    for person in teams_people:  # only now: they get mails of what was changed later
        _make_person(person, password)
    for assignment in cast.ASSIGNMENTS:
        if assignment not in at_first:
            _assign(assignment, at, now)
    _end_a_partner(at, now)
    _save_reports(now)


def _make_shop(shop: cast.Shop, at: datetime) -> Advertiser:
    new = NewAdvertiser(
        name=shop.name,
        currency=shop.currency,
        landing_url=shop.landing_url,
        domains=[shop.host],
        consent_default=shop.consent_default,
        percent=shop.percent,
        network_fee_percent=shop.network_fee_percent,
        verification=shop.verification,
        largest_order_minor=money.parse(shop.largest_order, shop.currency),
        terms=shop.terms,
    )
    advertiser = create_advertiser(new, at)
    _check_id(advertiser, shop.id)
    if shop.signs:
        signing_keys.make(advertiser, at, made_by=None)
    if shop.id == cast.SHOP:
        tracking_hosts.replace(advertiser, [places.SHOP_TRACKING], at)
    if shop.id == cast.ROASTERY:
        [waits] = tracking_hosts.replace(advertiser, [cast.HOST_TO_COME], at)
        resolver = dns.resolver()
        proving.check(waits, at, resolver, Fetcher(resolver))
        api_keys.make(advertiser, cast.STOCK_SYSTEM, at, made_by=None, may_decide=True)
    for code, percent in shop.groups.items():
        name = code.capitalize()
        advertisers.add_group(advertiser, code, at, made_by=None, name=name, percent=percent)
    return advertiser


def _check_id(made: Advertiser | Publisher, wanted: int) -> None:
    if made.pk != wanted:
        raise RuntimeError(f"{made} has the id {made.pk}, and the demo's pages link to {wanted}.")


def _make_person(person: cast.Person, password: str) -> None:
    """With a password that has been hashed already: hashing one takes long, and on purpose."""
    make = User.objects.create_superuser if person.is_operator else User.objects.create_user
    user = make(person.username, person.email, None, time_zone=person.time_zone)
    user.password = password
    user.save(update_fields=["password"])
    if person.advertiser:
        StaffMembership.objects.create(
            user=user, advertiser_id=person.advertiser, role=StaffMembership.Role.OWNER
        )
    if person.publisher:
        team = Publisher.objects.get(id=person.publisher).team
        TeamMembership.objects.create(user=user, team=team, role=TeamMembership.Role.OWNER)


def _assign(assignment: cast.Assignment, at: datetime, now: datetime) -> None:
    since = assignment.since
    made_at = at if since is None else max(min(now - since, now), at)
    assigning.assign(
        [_partnership(assignment.advertiser, assignment.publisher)],
        assignment.cookie_type,
        made_at,
        reason=assignment.reason,
        made_by=_staff_of(assignment.advertiser),
        start=now - since if since and now - since > now else None,
    )


def _partnership(advertiser: int, publisher: int) -> Partnership:
    return Partnership.objects.get(advertiser=advertiser, publisher=publisher)


def _end_a_partner(at: datetime, now: datetime) -> None:
    ended = _partnership(cast.SHOP, cast.ENDED)
    deciding.change_terms(
        ended,
        {"status": "ended"},
        max(now - cast.ENDED_AGO, at),
        made_by=_staff_of(cast.SHOP),
        reason=cast.ENDED_REASON,
    )


def _save_reports(now: datetime) -> None:
    staff = _staff_of(cast.SHOP)
    for saved in cast.SAVED_REPORTS:
        saving.save(staff, PERFORMANCE, saved.name, saved.query, saved.mailed, now)


def _staff_of(advertiser: int) -> User:
    return User.objects.get(staff_memberships__advertiser=advertiser)

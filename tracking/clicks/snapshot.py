"""What the tracking views must know of the network, held in the process.

A click makes no query: partnerships, cookie types and windows over time are compiled into a
:class:`Snapshot`, refreshed in the background when the policy version has moved, and kept on disk
so that a process can start while PostgreSQL is down. A change that is scheduled applies by itself,
at its second.
"""

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import Error, close_old_connections

from network.advertisers.terms import paid_groups
from network.clock import to_ms
from network.effective import queries, timeline
from network.hosts import tracking_hosts
from network.models import (
    Advertiser,
    AttributionTerms,
    PolicyVersion,
    TrackingHost,
)
from publishers.cookie_types import resolution as cookie_types
from publishers.models import Partnership, PartnershipTerms
from tracking.rule.attribution import CookieType, SoftRule
from tracking.rule.consent import Consent
from tracking.rule.slots import MAX_COOKIE_DAYS

REFRESH_SECONDS = 2.0
"""A changed cookie type must apply everywhere within 10 seconds."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """What holds for a partnership from a moment (ms) until its next span starts."""

    starts_at: int
    approved: bool
    cookie_type: CookieType
    window_minutes: int
    soft_rule: SoftRule
    in_page: bool
    strictly_necessary: bool


@dataclass(frozen=True, slots=True)
class AdvertiserSnapshot:
    """An advertiser as the tracking views need it."""

    id: int
    name: str
    closed: bool
    currency: str
    landing_url: str
    domains: tuple[str, ...]
    click_parameter: str
    strip_click_parameter: bool
    consent_default: Consent
    longest_window_days: int
    groups: frozenset[str]
    partners: Mapping[int, tuple[Span, ...]]
    own_hosts: tuple[str, ...] = ()

    @property
    def base_url(self) -> str:
        """What its link, tag and pixel addresses start with."""
        return tracking_hosts.base_url(self.id, self.own_hosts)

    @property
    def other_base_urls(self) -> tuple[str, ...]:
        return tracking_hosts.other_base_urls(self.id, self.own_hosts)

    @property
    def is_https(self) -> bool:
        return self.landing_url.startswith("https://")

    def partner_at(self, publisher: int, at: int) -> Span | None:
        """What holds for the publisher at a time (ms); None when there is no partnership yet."""
        return timeline.in_force(self.partners.get(publisher, ()), at)


@dataclass(frozen=True)
class Snapshot:
    """All advertisers by id, at one policy version."""

    version: int
    advertisers: Mapping[int, AdvertiserSnapshot]

    @cached_property
    def by_own_host(self) -> Mapping[str, int]:
        """The ids of advertisers, by the tracking hosts of their own."""
        return {host: shop.id for shop in self.advertisers.values() for host in shop.own_hosts}


class SnapshotUnavailable(RuntimeError):
    """None can be built, as PostgreSQL does not answer, and there is none on disk."""


def build() -> Snapshot:
    """Compile the snapshot from PostgreSQL, in a constant number of queries."""
    version = _version()
    partners, longest = _partners()
    groups: dict[int, set[str]] = defaultdict(set)
    for advertiser_id, code in paid_groups().values_list("advertiser_id", "code"):
        groups[advertiser_id].add(code)
    own_hosts: dict[int, list[str]] = defaultdict(list)
    for advertiser_id, host in TrackingHost.objects.proven().values_list("advertiser_id", "host"):
        own_hosts[advertiser_id].append(host)
    advertisers = {
        row.id: AdvertiserSnapshot(
            id=row.id,
            name=row.name,
            closed=row.status == Advertiser.Status.CLOSED,
            currency=row.currency,
            landing_url=row.landing_url,
            domains=tuple(domain.lower() for domain in row.domains),
            click_parameter=row.click_parameter,
            strip_click_parameter=row.strip_click_parameter,
            consent_default=Consent(row.consent_default),
            longest_window_days=min(longest[row.id], MAX_COOKIE_DAYS),
            groups=frozenset(groups[row.id]),
            partners=partners[row.id],
            own_hosts=tuple(own_hosts[row.id]),
        )
        for row in Advertiser.objects.all()
    }
    return Snapshot(version, advertisers)


def _version() -> int:
    return PolicyVersion.objects.values_list("version", flat=True).first() or 0


def _partners() -> tuple[dict[int, dict[int, tuple[Span, ...]]], dict[int, int]]:
    """Each advertiser's partners with their spans, and its longest window in days."""
    partnerships = list(Partnership.objects.select_related("publisher"))
    policies = cookie_types.policies(partnerships)
    own_terms = queries.timelines(PartnershipTerms.objects.all(), "partnership_id")
    shop_terms = queries.timelines(AttributionTerms.objects.all(), "advertiser_id")
    longest: dict[int, int] = defaultdict(lambda: 1)
    for advertiser_id, rows in shop_terms.items():
        longest[advertiser_id] = max(row.hard_days for row in rows)
    partners: dict[int, dict[int, tuple[Span, ...]]] = defaultdict(dict)
    for partnership in partnerships:
        spans = _spans(
            policies[partnership.id],
            own_terms[partnership.id],
            shop_terms[partnership.advertiser_id],
            partnership.publisher.status == "active",
        )
        partners[partnership.advertiser_id][partnership.publisher_id] = spans
        widest = max((own.hard_days or 1 for own in own_terms[partnership.id]), default=1)
        longest[partnership.advertiser_id] = max(longest[partnership.advertiser_id], widest)
    return partners, longest


def _spans(
    policy: cookie_types.Policy,
    own_terms: Sequence[PartnershipTerms],
    shop_terms: Sequence[AttributionTerms],
    active: bool,
) -> tuple[Span, ...]:
    spans: list[Span] = []
    for moment in timeline.moments(own_terms, shop_terms, *policy.timelines):
        own = timeline.in_force(own_terms, moment)
        shop = timeline.in_force(shop_terms, moment)
        if own and shop:
            kind = cookie_types.in_force(policy, moment)
            spans.append(_span(moment, kind, own, shop, active))
    return tuple(spans)


def _span(
    moment: datetime,
    kind: cookie_types.InForce,
    own: PartnershipTerms,
    shop: AttributionTerms,
    active: bool,
) -> Span:
    cookie_type = CookieType(kind.cookie_type)
    hard_minutes = (own.hard_days or shop.hard_days) * 24 * 60
    return Span(
        starts_at=to_ms(moment),
        approved=active and own.status == PartnershipTerms.Status.APPROVED,
        cookie_type=cookie_type,
        window_minutes=hard_minutes if cookie_type is CookieType.HARD else shop.soft_hours * 60,
        soft_rule=SoftRule(shop.soft_rule),
        in_page=own.in_page,
        strictly_necessary=own.strictly_necessary,
    )


def save(snapshot: Snapshot, path: Path) -> None:
    """Keep the snapshot on disk, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    try:
        fresh.write_bytes(msgspec.json.encode(snapshot))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def load(path: Path) -> Snapshot:
    """The snapshot on disk. Raises FileNotFoundError."""
    return msgspec.json.decode(path.read_bytes(), type=Snapshot)


class SnapshotKeeper:
    """Keeps one snapshot per process up to date."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def current(self) -> Snapshot:
        """The snapshot. Raises SnapshotUnavailable at first use without PostgreSQL or a file."""
        return self._snapshot or self._first()

    def refresh(self) -> None:
        """Rebuild if the policy version has moved. Raises whatever keeps it from that."""
        held = self._snapshot
        if held and _version() == held.version:
            return
        self._snapshot = build()
        self._keep(self._snapshot)

    def forget(self) -> None:
        """Build again at the next use."""
        self._snapshot = None

    def start_refreshing(self) -> None:
        """Refresh in a thread of its own, for as long as the process lives."""
        threading.Thread(target=self._refresh_forever, daemon=True, name="snapshot").start()

    def _first(self) -> Snapshot:
        with self._lock:
            if self._snapshot is None:
                self._snapshot = self._build_or_load()
            return self._snapshot

    def _build_or_load(self) -> Snapshot:
        try:
            snapshot = build()
        except Exception as error:
            _warn("Starting from the snapshot on disk", error)
            try:
                return load(self._path)
            except FileNotFoundError:
                raise SnapshotUnavailable(str(error)) from error
        self._keep(snapshot)
        return snapshot

    def _keep(self, snapshot: Snapshot) -> None:
        """Save it. A full disk does not stop the work."""
        try:
            save(snapshot, self._path)
        except OSError as error:
            log.critical("The snapshot could not be kept on disk: %s", error)

    def _refresh_forever(self) -> None:
        failing = False
        while True:
            time.sleep(REFRESH_SECONDS)
            try:
                close_old_connections()
                self.refresh()
                failing = False
            except Exception as error:  # nothing else keeps the process up to date
                if not failing:
                    _warn("Snapshot not refreshed, going on with the last one", error)
                failing = True


def _warn(what: str, error: Exception) -> None:
    """With the way to it, unless it is PostgreSQL that is away."""
    log.warning("%s: %s", what, error, exc_info=None if isinstance(error, Error) else error)


keeper = SnapshotKeeper(settings.SPOOL_DIR / "snapshot.json")

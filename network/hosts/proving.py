"""Having hosts proven, and looking from time to time whether they still are.

A host that is not proven is used for nothing. One that was proven stays in use when the proof is
found no more: sales would be lost over a mistake in DNS, so people are told instead.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from network import hostnames
from network.hosts.models import HostProof, ProofWay, TrackingHost
from network.hosts.proofs import Claim, Finding, HostAnswer, ask
from network.models import Advertiser, User
from network.outside.dns import Resolver
from network.outside.web import Web

PAUSE = timedelta(seconds=10)
"""Between two checks of one host, whoever asks for them: each asks machines of others."""
WAITING_EVERY = timedelta(minutes=10)
PROVEN_EVERY = timedelta(days=1)
AT_ONCE = 25
"""Hosts of one run: with nobody answering, each takes about 20 seconds of the task's 15 minutes."""


class TooSoon(ValueError):
    """The host was checked a moment ago."""


def claim_of(row: TrackingHost) -> Claim:
    """What proves the host, and whether the CNAME alone does. One query."""
    others = Advertiser.objects.exclude(pk=row.advertiser_id).values_list("domains", flat=True)
    return Claim(
        advertiser=row.advertiser_id,
        host=row.host,
        token=row.token.hex,
        leads_to=settings.TRACKING_HOST,
        is_shared=any(hostnames.is_below(row.host, domains) for domains in others),
    )


def check(
    row: TrackingHost,
    now: datetime,
    resolver: Resolver,
    web: Web,
    *,
    asked_by: User | None = None,
) -> TrackingHost | None:
    """Look whether the host is proven, and store what was found. The row as it is then; None if it
    was removed meanwhile. Raises TooSoon. No transaction is open while others are asked."""
    this = TrackingHost.objects.filter(advertiser=row.advertiser_id, host=row.host)
    rested = Q(checked_at=None) | Q(checked_at__lte=now - PAUSE) | Q(checked_at__gt=now)
    if not this.filter(rested).update(checked_at=now):
        raise TooSoon
    claim = claim_of(row)
    if row.proof_id:  # to whom it belongs was settled
        claim = replace(claim, is_shared=False)
    answers = ask(claim, resolver, web)
    with transaction.atomic():
        held = this.filter(token=row.token).select_for_update(of=("self",)).first()
        if held is None:
            return None
        _store(held, answers, now, asked_by)
    return this.select_related("proof").first()


def check_due(now: datetime, resolver: Resolver, web: Web) -> None:
    """Check what has waited long enough, the longest first."""
    waiting = Q(proof=None) & (Q(checked_at=None) | Q(checked_at__lte=now - WAITING_EVERY))
    proven = ~Q(proof__way=ProofWay.LOCAL) & Q(
        Q(checked_at=None) | Q(checked_at__lte=now - PROVEN_EVERY), proof__isnull=False
    )
    longest_first = F("checked_at").asc(nulls_first=True)
    due = TrackingHost.objects.filter(waiting | proven).order_by(longest_first, "pk")[:AT_ONCE]
    for row in due:
        try:
            check(row, now, resolver, web)
        except TooSoon:
            continue


def prove(row: TrackingHost, way: str, now: datetime, *, asked_by: User | None = None) -> bool:
    """Let the host be used from now on. False, and nothing is changed, if it is another
    advertiser's already."""
    try:
        with transaction.atomic():
            proof = HostProof.objects.create(
                advertiser_id=row.advertiser_id,
                host=row.host,
                way=way,
                proven_at=now,
                asked_by=asked_by,
            )
            TrackingHost.objects.filter(pk=row.pk).update(proof=proof)
    except IntegrityError:
        if not TrackingHost.objects.proven().filter(host=row.host).exists():
            raise
        return False
    row.proof = proof
    return True


def _store(
    held: TrackingHost, answers: Sequence[HostAnswer], now: datetime, asked_by: User | None
) -> None:
    way = next((answer.way for answer in answers if answer.finding is Finding.PROVES), None)
    missing_since = held.missing_since
    if way:
        missing_since = None
        if not held.proof_id and not prove(held, way, now, asked_by=asked_by):
            answers = [*answers[:-1], replace(answers[-1], finding=Finding.TAKEN)]
    elif held.proof_id and all(answer.is_final for answer in answers):
        missing_since = missing_since or now
    TrackingHost.objects.filter(pk=held.pk).update(
        answers=[asdict(answer) for answer in answers], missing_since=missing_since
    )

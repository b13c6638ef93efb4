"""What the pages show that seeding has not: rows in every state, and one of every kind."""

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import reverse

from network.advertisers import api_keys
from network.demo.pages import places
from network.demo.story import cast
from network.hosts import proving, tracking_hosts
from network.models import Advertiser, User
from publishers.models import (
    CookieTypeAssignment,
    LedgerAccount,
    LedgerTransaction,
    ModelTypeCookieType,
    NoticeMail,
    Partnership,
    Publisher,
)
from publishers.policy import assigning, deciding
from publishers.teams import invitations
from publishers.teams.models import Invitation
from tests.support.makers import NOW
from tests.support.other_machines import Files, Names
from tracking.models import (
    Click,
    Commission,
    Conversion,
    Correction,
    Report,
    SetAside,
    SpoolHost,
    UnattributedSales,
    WhatIfRun,
)
from tracking.rule.attribution import CookieType
from tracking.rule.replay import Change
from tracking.whatif import runs as whatif_runs
from tracking.whatif.results import Question

OPERATOR, STAFF, TEAM, STRANGER = "operator", "nimbus", "blog", "stranger"
GUARDED, SIGNING_IN = "guarded", "signing-in"
"""Somebody with a second factor, and the same person between password and code."""
PASSWORD = "correct-horse-1"
TO_SOMEBODY, TO_STRANGER = "to-somebody-new", "to-somebody-with-an-account"
"""Tokens of invitations."""
MAIL_ERROR = "The mail server refused the address: 550 no such mailbox"


def add_what_seeding_has_not() -> None:
    """Something to read on every operators' page, and somebody who belongs nowhere."""
    User.objects.create_user(STRANGER, "stranger@example.com", PASSWORD)
    guarded = User.objects.create_user(GUARDED, "guarded@example.com", PASSWORD)
    TOTP.activate(guarded, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(guarded)
    overlay, shop = Publisher.objects.get(id=cast.OVERLAY), Advertiser.objects.get(id=cast.SHOP)
    _invite(TO_SOMEBODY, "nina@example.com", advertiser=shop, role="manager")
    _invite(TO_STRANGER, "stranger@example.com", by="overlay", team=overlay.team, role="member")
    _invite("failed", "no@mail.example", advertiser=shop, role="viewer", mail_error=MAIL_ERROR)
    SpoolHost.objects.create(name="web-1", registered_at=NOW, drained_to=NOW)
    SetAside.objects.create(
        host="web-1",
        segment="00017.spool",
        offset=4096,
        record='{"kind": "report", "order": "NO-7Q2M"}',
        error="KeyError: 'received_at'",
        set_aside_at=NOW,
    )
    shop = Advertiser.objects.get(id=cast.SHOP)
    person = User.objects.get(username=STAFF)
    api_keys.make(shop, "Order export", NOW, made_by=person)
    api_keys.revoke(
        api_keys.make(shop, "Old order export", NOW, made_by=person).row, NOW, revoked_by=person
    )
    _enter_hosts(shop)
    assigning.set_default(shop, "loyalty", "soft", NOW, reason="Ours is a shop", made_by=None)
    client = client_of(STAFF)
    partnership = Partnership.objects.get(advertiser=cast.SHOP, publisher=cast.BLOG)
    assigning.assign(
        [partnership],
        "soft",
        NOW,
        reason="After the spring campaign",
        made_by=None,
        start=NOW + timedelta(days=30),
    )
    note = reverse("admin:publishers_partnership_note", args=[partnership.pk])
    deciding.change_terms(
        partnership,
        {"hard_days": 21},
        NOW,
        made_by=User.objects.get(username=STAFF),
        reason="Reviews are read long before the order.",
    )
    NoticeMail.objects.filter(recipient__username=TEAM).update(
        state="parked",
        attempts=9,
        last_error="The mail server could not be reached: Connection refused",
    )
    UserSession.objects.create(
        user=User.objects.get(username=TEAM),
        session_key=client_of(TEAM).session.session_key,
        ip="2001:db8:85a3:1234:5678:8a2e:370:7334",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Version/18.5 Mobile Safari/604.1",
        created_at=NOW - timedelta(days=3),
        last_seen_at=NOW,
    )
    client.post(note, {"text": "Wants to talk about the spring campaign."})
    client.post(reverse("account_reset_password"), {"email": User.objects.get(username=TEAM).email})


def _enter_hosts(shop: Advertiser) -> None:
    """Tracking hosts in every state: in use, without its proof, checked in vain, and not yet."""
    lost, waits, new = (f"{name}.nimbus-outdoor.example" for name in ("lost", "go", "new"))
    tracking_hosts.replace(shop, [places.SHOP_TRACKING, lost, waits, new], NOW)
    leads_here = Names({lost: settings.TRACKING_HOST})
    proving.check(shop.own_hosts.get(host=lost), NOW, leads_here, Files())
    elsewhere = Names(
        {waits: "tracking.former-network.example"}, {f"_softclick.{waits}": ["softclick=0123"]}
    )
    proving.check(shop.own_hosts.get(host=waits), NOW, elsewhere, Files())
    later = NOW + timedelta(minutes=1)
    proving.check(shop.own_hosts.get(host=lost), later, Names(), Files())


def _invite(token: str, email: str, *, by: str = STAFF, **more: Any) -> None:
    Invitation.objects.create(
        email=email,
        token_hash=invitations.hash_of(token),
        invited_by=User.objects.get(username=by),
        created_at=NOW,
        expires_at=NOW + invitations.GOOD_FOR,
        **more,
    )


def rows_of_every_kind() -> dict[str, Model]:
    """A row of each model that the admin shows, of the shop and the blog where it has them."""
    sales = Conversion.objects.filter(advertiser=cast.SHOP)
    refused = Report.objects.filter(advertiser=cast.SHOP, outcome="invalid")
    commissions = Commission.objects.filter(advertiser=cast.SHOP, publisher=cast.BLOG)
    pending = _newest(commissions.filter(status="pending"))
    return {
        "network_advertiser": Advertiser.objects.get(id=cast.SHOP),
        "network_user": User.objects.get(username=TEAM),
        "admin_logentry": _newest(LogEntry.objects.all()),
        "publishers_publisher": Publisher.objects.get(id=cast.BLOG),
        "publishers_invitation": _newest(Invitation.objects.all()),
        "publishers_team": Publisher.objects.get(id=cast.OVERLAY).team,
        "publishers_partnership": Partnership.objects.get(
            advertiser=cast.SHOP, publisher=cast.BLOG
        ),
        "publishers_modeltypecookietype": _newest(
            ModelTypeCookieType.objects.filter(advertiser=cast.SHOP)
        ),
        "publishers_ledgeraccount": _newest(LedgerAccount.objects.filter(advertiser=cast.SHOP)),
        "publishers_ledgertransaction": _newest(
            LedgerTransaction.objects.filter(advertiser=cast.SHOP)
        ),
        "tracking_conversion": pending.conversion,
        "tracking_commission": pending,
        "tracking_report": _newest(Report.objects.filter(conversion=pending.conversion)),
        "tracking_click": _newest(Click.objects.filter(advertiser=cast.SHOP, publisher=cast.BLOG)),
        "tracking_unattributedsales": _newest(
            UnattributedSales.objects.filter(advertiser=cast.SHOP)
        ),
        "tracking_spoolhost": SpoolHost.objects.get(name="web-1"),
        "publishers_noticemail": _newest(
            NoticeMail.objects.filter(recipient__username=TEAM, state="parked")
        ),
        "tracking_setaside": SetAside.objects.get(segment="00017.spool"),
        **_what_ifs(),
        "coming": _newest(CookieTypeAssignment.objects.filter(advertiser=cast.SHOP)),
        "in_conflict": _newest(sales.filter(conflict__gt="")),
        "nobody_paid": _newest(sales.filter(decision__isnull=False, decision__paid_click=None)),
        "final": _newest(sales.filter(commission__status="final")),
        "refused": _newest(refused.exclude(sent={}).exclude(sent__has_key="test")),
        "corrected": _newest(
            Correction.objects.filter(advertiser=cast.SHOP).exclude(conversion=None)
        ).report,
        "unverified": _newest(Conversion.objects.filter(verified=False)),
    }


def _what_ifs() -> dict[str, Model]:
    """What staff asked: answered, waiting, cancelled, and over a time without sales."""

    def asked(publisher: int, until: datetime = NOW, days: int = 90) -> WhatIfRun:
        change = Change(types={publisher: CookieType.SOFT})
        question = Question({cast.SHOP: change}, until - timedelta(days=days), until)
        return whatif_runs.start(question, NOW, made_by=User.objects.get(username=STAFF))

    runs = {"whatif": asked(cast.EXTENSION)}
    runs["what_if_without_sales"] = asked(cast.BLOG, NOW - timedelta(days=300), days=2)
    for run in runs.values():
        whatif_runs.work(run.pk)
    runs["what_if_waiting"] = asked(cast.BLOG)
    runs["what_if_cancelled"] = asked(cast.CASHBACK)
    whatif_runs.cancel(runs["what_if_cancelled"])
    return {**runs}


def _newest(rows: QuerySet[Any]) -> Any:
    """Fails when the seeding has left none."""
    return rows.latest("pk")


def client_of(username: str) -> Client:
    client = Client(HTTP_HOST=settings.SITE_HOST)
    client.force_login(User.objects.get(username=username))
    return client

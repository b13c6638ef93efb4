"""Sales, and the reports that they are made of."""

from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import dates
from network.models import Advertiser
from tracking.distribution.rows import AdvertiserRow, JSONText, KeyWithin, OneWithin
from tracking.evidence.ranks import Rank
from tracking.rule.reasons import ReportOutcome

_CLOSED_AND_CHANGED = """
    OLD.closed_at IS NOT NULL
    AND to_jsonb(OLD) - 'dropped_reports' IS DISTINCT FROM to_jsonb(NEW) - 'dropped_reports'
"""
"""Reports that come later are counted still."""


class Conversion(AdvertiserRow):
    """A sale of an advertiser, merged from all its reports. Its figures come from the most
    trusted report; its decision is the newest of ``decisions``."""

    class Conflict(models.TextChoices):
        NONE = "", _("None")
        FIGURES = "figures", _("Reports with different figures")
        JOURNEYS = "journeys", _("Reports of different journeys")

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        db_constraint=False,
        db_index=False,
        related_name="conversions",
    )
    order = models.CharField(_("order"), max_length=64)
    at = models.DateTimeField(_("time"))
    created_at = models.DateTimeField(_("created at"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    parts = JSONText(_("parts"), default=list)
    voucher = models.CharField(_("voucher"), max_length=100, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    customer = models.CharField(_("customer"), max_length=10, blank=True)
    conflict = models.CharField(_("conflict"), max_length=10, choices=Conflict, blank=True)
    conflict_since = models.DateTimeField(_("conflict since"), null=True)
    contested_by = models.ForeignKey(
        "publishers.Publisher",
        models.PROTECT,
        verbose_name=_("contested by"),
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text=_("Whose click came with the report that contradicts the earlier one."),
    )
    """Kept when the conflict is settled."""
    settled_report = KeyWithin(
        "tracking.Report",
        models.PROTECT,
        verbose_name=_("settled report"),
        null=True,
        related_name="+",
        help_text=_("The report that staff chose where reports were in conflict."),
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("settled by"),
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_reason = models.CharField(_("settled reason"), max_length=500, blank=True)
    approved_at = models.DateTimeField(
        _("approved at"),
        null=True,
        help_text=_("When the advertiser approved it. Declining it ends that."),
    )
    verified = models.BooleanField(_("verified"), default=True)
    over_limit = models.BooleanField(
        _("over limit"),
        default=False,
        db_default=False,
        help_text=_("Above the advertiser's largest plausible order, and not approved."),
    )
    pays_nobody = models.BooleanField(
        _("pays nobody"),
        default=False,
        db_default=False,
        help_text=_("Nobody is paid for it, and no conflict leaves that open."),
    )
    """Found in order of time by this: it follows from the decision and the commission."""
    lapsed = models.BooleanField(
        _("lapsed"), default=False, db_default=False, help_text=_("Not confirmed in time; open.")
    )
    first_seen_at = models.DateTimeField(
        _("first seen at"),
        null=True,
        help_text=_("When its order was first heard of in a report that was not kept."),
    )
    dropped_reports = models.PositiveIntegerField(
        _("dropped reports"),
        default=0,
        db_default=0,
        help_text=_("Reports beyond the number that is kept of an order."),
    )
    is_crowded = models.BooleanField(
        _("crowded"),
        default=False,
        db_default=False,
        help_text=_("While it was open a report with a token was not kept: there were too many."),
    )
    decision = OneWithin(
        "tracking.Decision",
        models.PROTECT,
        verbose_name=_("decision"),
        null=True,
        related_name="current_of",
    )
    closes_at = models.DateTimeField(_("closes at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser", "order"), name="conversion_once_per_order"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="conversion_amount"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("advertiser", "closes_at"),
                name="conversion_due",
                condition=Q(closed_at__isnull=True, lapsed=False),
            ),
            models.Index(fields=("advertiser", "-at"), name="conversion_recent"),
            models.Index(fields=("-at",), name="conversion_recent_of_all"),
            models.Index(
                fields=("advertiser", "conflict_since"),
                name="conversion_contested",
                condition=Q(closed_at__isnull=True, conflict_since__isnull=False),
            ),
            models.Index(
                fields=("advertiser", "closes_at"),
                name="conversion_waits",
                condition=Q(closed_at__isnull=True, lapsed=False)
                & (Q(verified=False) | Q(over_limit=True)),
            ),
            models.Index(
                fields=("advertiser",), name="conversion_lapsed", condition=Q(lapsed=True)
            ),
            models.Index(
                fields=("advertiser", "-at"),
                name="conversion_nobodys",
                condition=Q(pays_nobody=True),
            ),
            models.Index(
                fields=("-at",), name="conversion_nobodys_of_all", condition=Q(pays_nobody=True)
            ),
            models.Index(
                fields=("advertiser", "contested_by"),
                name="conversion_contested_by",
                condition=Q(contested_by__isnull=False),
            ),
            models.Index(
                fields=("settled_by",),
                name="conversion_settled_by",
                condition=Q(settled_by__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="closed_is_never_edited",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(_CLOSED_AND_CHANGED),
            ),
        ]

    def __str__(self) -> str:
        return self.order

    @property
    def settled_by_staff_at(self) -> datetime | None:
        """When staff settled its conflict; None where nobody had to, or time did."""
        return self.settled_at if self.settled_by_id else None

    def settled_by_time_at(self, shop: Advertiser) -> datetime | None:
        """When the earlier report decides, if nobody settles its conflict before."""
        return self.conflict_since and self.conflict_since + timedelta(days=shop.conflict_days)

    def confirmable_until(self, shop: Advertiser) -> datetime | None:
        """When it is declined, if nobody confirms it before."""
        return self.closes_at and self.closes_at + timedelta(days=shop.confirm_days)


class ConversionJourney(AdvertiserRow):
    """A journey that a conversion was joined to: how late clicks and reports find it."""

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    conversion = KeyWithin("tracking.Conversion", models.CASCADE, related_name="journeys")
    journey = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("conversion", "journey", "advertiser"), name="conversion_journey_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=("advertiser", "journey"), name="journey_sales")]

    def __str__(self) -> str:
        return f"{self.conversion_id}: {self.journey}"


class Report(AdvertiserRow):
    """One report of a sale as it was received: evidence, and the advertiser's diagnostics.

    ``tokens`` is a list of ``{"role", "token", "reason"}``; ``errors`` of ``{"field", "received",
    "expected", "remedy"}``.
    """

    class Source(models.TextChoices):
        TAG = "tag", _("Tag")
        PIXEL = "pixel", _("Pixel")
        SERVER = "server", _("Server, without a key")
        KEYED = "keyed", _("Server, with a key")

    id = models.UUIDField(_("ID"), primary_key=True)
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        db_constraint=False,
        db_index=False,
        related_name="reports",
    )
    conversion = KeyWithin(
        "tracking.Conversion",
        models.PROTECT,
        verbose_name=_("conversion"),
        null=True,
        blank=True,
        related_name="reports",
    )
    source = models.CharField(_("source"), max_length=6, choices=Source)
    rank = models.CharField(
        _("rank"),
        max_length=6,
        choices=[(rank.value, rank.value) for rank in Rank],
        default=Rank.BARE.value,
        db_default=Rank.BARE.value,
    )
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=[(item.value, item.value) for item in ReportOutcome]
    )
    order = models.CharField(_("order"), max_length=64, blank=True)
    at = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received at"))
    figures = JSONText(_("figures"), default=dict)
    tokens = JSONText(_("tokens"), default=list)
    sessions = JSONText(_("sessions"), default=list)
    from_browser = models.BooleanField(_("from browser"), default=False)
    session_by_cookie = models.BooleanField(
        _("session by cookie"),
        default=False,
        db_default=False,
        help_text=_("No script could have sent its session."),
    )
    is_uncounted = models.BooleanField(
        _("is uncounted"),
        default=False,
        db_default=False,
        help_text=_("It names a channel that does not count."),
    )
    is_unanswered = models.BooleanField(
        _("is unanswered"),
        default=False,
        db_default=False,
        help_text=_("The tag got no answer whether a click that it sent was fresh when it landed."),
    )
    fingerprint = models.CharField(
        _("fingerprint"), max_length=32, blank=True, default="", db_default=""
    )
    """Of what it says; a report that says the same is counted in ``repeats``, and not kept. So is
    any that makes no sense, beyond the number of them that is kept within an hour."""
    repeats = models.PositiveIntegerField(_("repeats"), default=0, db_default=0)
    errors = JSONText(_("errors"), default=list)
    sent = JSONText(_("sent"), default=dict, db_default=models.Value({}, models.JSONField()))
    """Of a report that was refused: its fields as they came."""

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "-received_at"), name="report_recent"),
            models.Index(fields=("-received_at",), name="report_recent_of_all"),
            models.Index(fields=("advertiser", "source", "-received_at"), name="report_source"),
            models.Index(fields=("conversion",), name="report_conversion"),
            models.Index(
                fields=("advertiser", "outcome", "-received_at"),
                name="report_outcome",
                condition=~Q(outcome="created"),
            ),
            models.Index(
                fields=("outcome", "-received_at"),
                name="report_outcome_of_all",
                condition=~Q(outcome="created"),
            ),
            models.Index(
                fields=("source", "-received_at"),
                name="report_source_of_all",
                condition=~Q(source="tag"),
            ),
            models.Index(
                fields=("advertiser", "order"),
                name="report_waiting",
                condition=Q(conversion__isnull=True, outcome="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(source)s, order %(order)s") % {
            "source": self.get_source_display(),
            "order": self.order or "—",
        }


class UnattributedSales(AdvertiserRow):
    """Reported sales without any token of ours, counted per hour; the sales are not stored."""

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    hour = models.DateTimeField(_("hour"))
    source = models.CharField(_("source"), max_length=6, choices=Report.Source)
    count = models.BigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("unattributed sales")
        verbose_name_plural = _("unattributed sales")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser", "hour", "source"), name="unattributed_once_per_hour"
            )
        ]

    def __str__(self) -> str:
        known = {"count": self.count, "hour": dates.moment(self.hour)}
        return gettext("%(count)s at %(hour)s") % known


class OrderSeen(AdvertiserRow):
    """When an order without a token was first reported: it is no sale, but a click that is made
    later cannot have led to it. The order itself cannot be read from its ``digest``."""

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    digest = models.CharField(max_length=32)
    first_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("orders seen")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("advertiser", "digest"), name="order_seen_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "first_at"), name="order_seen_first")
        ]

    def __str__(self) -> str:
        return f"{self.digest} at {self.first_at:%d %b %Y %H:%M}"

"""What happened: clicks, reports of sales, conversions with their decisions, commissions."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from network import money
from network.effective.rows import append_only
from network.models import Advertiser
from publishers.models import CookieTypeChoice, Publisher
from tracking.rule.reasons import ClickReason, Counted, ReportOutcome
from tracking.spool.models import SetAside as SetAside  # Django looks for models here
from tracking.spool.models import SpoolHost as SpoolHost
from tracking.spool.models import SpoolPosition as SpoolPosition
from tracking.whatif.models import WhatIfRun as WhatIfRun


class Click(models.Model):
    """One visit through a publisher's link; the table is partitioned by its UUIDv7 key.

    ``journey`` and ``session`` are 0 where the browser had none. ``reason`` is empty for a click
    that counts. Not a foreign-key target: partitions must be droppable.
    """

    id = models.UUIDField(primary_key=True)
    advertiser = models.ForeignKey(
        Advertiser, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    publisher = models.ForeignKey(
        Publisher,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()
    cookie_type = models.CharField(max_length=4, choices=CookieTypeChoice)
    window_minutes = models.IntegerField()
    journey = models.BigIntegerField(default=0)
    session = models.BigIntegerField(default=0)
    stood_down = models.BooleanField(default=False)
    strictly_necessary = models.BooleanField(default=False)
    soft_rule = models.CharField(max_length=5)
    reason = models.CharField(
        max_length=20, blank=True, choices=[(item.value, item.value) for item in ClickReason]
    )
    target_reason = models.CharField(max_length=20, blank=True)
    rejected_tokens = models.JSONField(default=list)
    references = models.JSONField(default=dict)
    campaign = models.CharField(max_length=100, blank=True)
    target = models.CharField(max_length=2000, blank=True)
    in_page = models.BooleanField(default=False)
    ip_prefix = models.CharField(max_length=43, blank=True)
    user_agent = models.CharField(max_length=60, blank=True)
    rebuilt = models.BooleanField(
        default=False, help_text="Known from its token only; its own record has not arrived."
    )
    received_at = models.DateTimeField()

    class Meta:
        # The migration creates the table by hand, PARTITION BY RANGE (id).
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "journey", "id"), name="click_journey"),
            models.Index(fields=("publisher", "id"), name="click_publisher"),
            models.Index(fields=("advertiser", "id"), name="click_advertiser"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Conversion(models.Model):
    """A sale of an advertiser, merged from all its reports. Its figures come from the most
    trusted report; its decision is the newest of ``decisions``."""

    class Conflict(models.TextChoices):
        NONE = "", "None"
        FIGURES = "figures", "Reports with different figures"
        JOURNEYS = "journeys", "Reports of different journeys"

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="conversions")
    order = models.CharField(max_length=64)
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    parts = models.JSONField(default=list)
    voucher = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=60, blank=True)
    customer = models.CharField(max_length=10, blank=True)
    conflict = models.CharField(max_length=10, choices=Conflict, blank=True)
    settled_report = models.ForeignKey(
        "Report",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The report that staff chose where reports were in conflict.",
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)
    settled_reason = models.CharField(max_length=500, blank=True)
    verified = models.BooleanField(default=True)
    decision = models.OneToOneField(
        "Decision", models.PROTECT, null=True, related_name="current_of"
    )
    closes_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "sale"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser", "order"), name="conversion_once_per_order"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="conversion_amount"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("closes_at",), name="conversion_due", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=("advertiser", "-at"), name="conversion_recent"),
        ]

    def __str__(self) -> str:
        return self.order


class ConversionJourney(models.Model):
    """A journey that a conversion was joined to: how late clicks and reports find it."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    conversion = models.ForeignKey(Conversion, models.CASCADE, related_name="journeys")
    journey = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("conversion", "journey"), name="conversion_journey_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=("advertiser", "journey"), name="journey_sales")]

    def __str__(self) -> str:
        return f"{self.conversion_id}: {self.journey}"


class Report(models.Model):
    """One report of a sale as it was received: evidence, and the advertiser's diagnostics.

    ``tokens`` is a list of ``{"role", "token", "reason"}``; ``errors`` of ``{"field", "received",
    "expected", "remedy"}``.
    """

    class Source(models.TextChoices):
        TAG = "tag", "Tag"
        PIXEL = "pixel", "Pixel"
        SERVER = "server", "Server, without a key"
        KEYED = "keyed", "Server, with a key"

    id = models.UUIDField(primary_key=True)
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="reports")
    conversion = models.ForeignKey(
        Conversion, models.PROTECT, null=True, blank=True, related_name="reports"
    )
    source = models.CharField(max_length=6, choices=Source)
    outcome = models.CharField(
        max_length=20, choices=[(item.value, item.value) for item in ReportOutcome]
    )
    order = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    figures = models.JSONField(default=dict)
    tokens = models.JSONField(default=list)
    sessions = models.JSONField(default=list)
    from_browser = models.BooleanField(default=False)
    errors = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "-received_at"), name="report_recent"),
            models.Index(fields=("conversion",), name="report_conversion"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.order} {self.outcome}"


class Decision(models.Model):
    """Who is paid for a conversion and why, whole: what went in, each click's verdict, the result.

    Append-only: a change of mind is a new row. ``inputs`` and ``verdicts`` are written by
    ``tracking.conversions.recording`` and read back by it; the decision can be recomputed from
    ``inputs``.
    """

    class Cause(models.TextChoices):
        REPORT = "report", "A report arrived"
        CLICK = "click", "A click arrived"
        FINAL = "final", "The cookie windows closed"
        STAFF = "staff", "Staff resolved a conflict"

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    conversion = models.ForeignKey(Conversion, models.PROTECT, related_name="decisions")
    sequence = models.PositiveIntegerField()
    decided_at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=Cause)
    rule_version = models.PositiveSmallIntegerField()
    inputs = models.JSONField()
    verdicts = models.JSONField()
    paid_click = models.UUIDField(null=True)
    paid_publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, related_name="+")
    closes_at = models.DateTimeField()
    closes_by_click = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("conversion", "sequence"), name="decision_sequence"),
            models.CheckConstraint(
                condition=Q(paid_click__isnull=True, paid_publisher__isnull=True)
                | Q(paid_click__isnull=False, paid_publisher__isnull=False),
                name="decision_pays_by_a_click",
            ),
        ]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.conversion_id} #{self.sequence}"


class Commission(models.Model):
    """What a publisher earns for a conversion. Once final it is never edited."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        FINAL = "final", "Final"

    class DeclineReason(models.TextChoices):
        """``by_advertiser`` refuses the order, whoever brought it; ``suspended`` its publisher, so
        that it ends where later evidence credits another one."""

        NOBODY_PAID = "nobody_paid", "Later evidence: nobody is paid"
        BY_ADVERTISER = "by_advertiser", "Declined by the advertiser"
        SUSPENDED = "suspended", "Partner suspended for fraud"

    conversion = models.OneToOneField(Conversion, models.PROTECT, related_name="commission")
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="commissions")
    click_id = models.UUIDField()
    cookie_type = models.CharField(max_length=4, choices=CookieTypeChoice)
    status = models.CharField(max_length=10, choices=Status)
    decline_reason = models.CharField(max_length=20, choices=DeclineReason, blank=True)
    decline_text = models.CharField(
        max_length=400,
        blank=True,
        default="",
        db_default="",
        help_text="Why it was declined, in words that its publisher reads.",
    )
    sale_amount_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    network_fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    rates = models.JSONField(help_text="Frozen: the parts of the sale, each with its rate.")
    sold_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    ledger_transaction = models.OneToOneField(
        "publishers.LedgerTransaction", models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    amount_minor__gte=0, network_fee_minor__gte=0, sale_amount_minor__gte=0
                ),
                name="commission_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(status="final") | Q(closed_at__isnull=False),
                name="commission_final_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(status="declined", decline_reason__gt="")
                | (~Q(status="declined") & Q(decline_reason="")),
                name="commission_declined_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(decline_text="") | Q(decline_reason__in=("by_advertiser", "suspended")),
                name="commission_decline_text_of_advertiser",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("publisher", "-sold_at"), name="commission_publisher"),
            models.Index(fields=("advertiser", "-sold_at"), name="commission_advertiser"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="closed_is_never_edited",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{money.display(self.amount_minor, self.currency)} for order {self.conversion}"

    @property
    def declined_because(self) -> str:
        """The reason in words, for staff and for the publisher; empty where it is not declined."""
        return self.decline_text or self.get_decline_reason_display()


class Validation(models.Model):
    """What staff said about an open sale: who, when, why, and for which commission. Append-only;
    ``tracking.lifecycle.validation`` writes it, and the commission says what holds."""

    class Action(models.TextChoices):
        APPROVE = "approve", "Approved"
        DECLINE = "decline", "Declined"
        TAKE_BACK = "take_back", "Decline taken back"

    class Code(models.TextChoices):
        CANCELLED = "cancelled", "Order cancelled"
        RETURNED = "returned", "Order returned"
        DUPLICATE = "duplicate", "Duplicate order"
        FRAUD = "fraud", "Fraud"
        OTHER = "other", "Other"

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    conversion = models.ForeignKey(Conversion, models.PROTECT, related_name="validations")
    at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    action = models.CharField(max_length=10, choices=Action)
    code = models.CharField(max_length=10, choices=Code, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="+")
    commission_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(action="decline", code__gt="") | (~Q(action="decline") & Q(code="")),
                name="validation_declines_by_a_code",
            ),
        ]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.conversion_id} {self.action}"

    @property
    def because(self) -> str:
        """The reason in words, of a decline as the publisher reads it: ``Fraud: a bot``."""
        listed = "" if self.code == self.Code.OTHER else self.get_code_display()
        return ": ".join(filter(None, (listed, self.reason)))


class UnattributedSales(models.Model):
    """Reported sales without any token of ours, counted per hour; the sales are not stored."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    source = models.CharField(max_length=6, choices=Report.Source)
    count = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "unattributed sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser", "hour", "source"), name="unattributed_once_per_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} at {self.hour:%d %b %Y %H:00}"


class Rollup(models.Model):
    """How often something happened in an hour, with the money of it, in the advertiser's currency.

    Rows are changes: a figure is the sum of the rows of its key, of which there may be any number.
    Only ``tracking.rollups.writing`` and ``tracking.clicks.rows`` write here, only
    ``tracking.figures.queries`` reads. ``publisher`` is null for a sale that pays nobody.
    ``is_folded`` tells the sums that compaction made from what was added since.
    """

    hour = models.DateTimeField()
    advertiser = models.ForeignKey(
        Advertiser, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    publisher = models.ForeignKey(
        Publisher,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    cookie_type = models.CharField(max_length=4, choices=CookieTypeChoice, blank=True)
    counted = models.CharField(
        max_length=30, choices=[(item.value, item.value) for item in Counted]
    )
    time_step = models.SmallIntegerField(
        default=0, help_text="Click to sale, in quarters of an octave of its seconds."
    )
    count = models.BigIntegerField()
    sale_amount_minor = models.BigIntegerField(default=0)
    commission_minor = models.BigIntegerField(default=0)
    is_folded = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "hour"), name="rollup_advertiser"),
            # A list of partners asks for one figure of each: the index alone answers.
            models.Index(
                fields=("publisher", "counted", "hour"),
                include=(
                    "advertiser",
                    "cookie_type",
                    "time_step",
                    "count",
                    "sale_amount_minor",
                    "commission_minor",
                ),
                name="rollup_of_publisher",
            ),
            models.Index(fields=("id",), name="rollup_fresh", condition=Q(is_folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.counted} at {self.hour:%d %b %Y %H:00}"

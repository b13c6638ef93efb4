"""Who is credited for a sale, and what it earns."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import money
from network.effective.guards import append_only
from publishers.models import CookieTypeChoice
from tracking.distribution.rows import AdvertiserRow, JSONText, KeyWithin, OneWithin
from tracking.landings.models import MOST_ORDERS


class Decision(AdvertiserRow):
    """Who is paid for a conversion and why, whole: what went in, each click's verdict, the result.

    Append-only: a change of mind is a new row. ``inputs`` and ``verdicts`` are written by
    ``tracking.conversions.recording`` and read back by it; the decision can be recomputed from
    ``inputs``.
    """

    class Cause(models.TextChoices):
        REPORT = "report", _("A report arrived")
        CLICK = "click", _("A click arrived")
        FINAL = "final", _("The cookie windows closed")
        STAFF = "staff", _("Staff resolved a conflict")
        EARLIER = "earlier", _("Nobody settled the conflict: the earlier report decides")

    advertiser = models.ForeignKey(
        "network.Advertiser", models.PROTECT, db_constraint=False, related_name="+"
    )
    conversion = KeyWithin("tracking.Conversion", models.PROTECT, related_name="decisions")
    sequence = models.PositiveIntegerField()
    decided_at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=Cause)
    rule_version = models.PositiveSmallIntegerField()
    inputs = JSONText()
    verdicts = JSONText()
    paid_click = models.UUIDField(null=True)
    paid_publisher = models.ForeignKey(
        "publishers.Publisher", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    closes_at = models.DateTimeField()
    closes_by_click = models.UUIDField(null=True)
    orders_of_click = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text=_(
            "How many orders its click was credited with by then, this one included; rather more "
            "than fewer."
        ),
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("conversion", "sequence", "advertiser"), name="decision_sequence"
            ),
            models.CheckConstraint(
                condition=Q(paid_click__isnull=True, paid_publisher__isnull=True)
                | Q(paid_click__isnull=False, paid_publisher__isnull=False),
                name="decision_pays_by_a_click",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("advertiser", "paid_click"),
                name="decision_paid_click",
                condition=Q(paid_click__isnull=False),
            ),
            models.Index(
                fields=("advertiser",),
                name="decision_pays_nobody",
                condition=Q(paid_click__isnull=True),
            ),
            models.Index(
                fields=("advertiser", "paid_click"),
                name="decision_often",
                condition=Q(orders_of_click__gt=MOST_ORDERS),
            ),
        ]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.conversion_id} #{self.sequence}"


class Commission(AdvertiserRow):
    """What a publisher earns for a conversion. Once final it is never edited."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        FINAL = "final", _("Final")

    class DeclineReason(models.TextChoices):
        """``in_conflict`` ends with the conflict; its publisher is who is credited if the earlier
        report decides. ``by_advertiser`` refuses the order of any partner; ``suspended`` its
        publisher, so that it ends where later evidence credits another one; ``not_confirmed`` ends
        when it is."""

        NOBODY_PAID = "nobody_paid", _("Later evidence: nobody is paid")
        IN_CONFLICT = "in_conflict", _("In conflict with another report")
        BY_ADVERTISER = "by_advertiser", _("Declined by the advertiser")
        SUSPENDED = "suspended", _("Partner suspended for fraud")
        NOT_CONFIRMED = "not_confirmed", _("Not confirmed by the advertiser")

    conversion = OneWithin(
        "tracking.Conversion",
        models.PROTECT,
        verbose_name=_("conversion"),
        related_name="commission",
    )
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    publisher = models.ForeignKey(
        "publishers.Publisher",
        models.PROTECT,
        verbose_name=_("publisher"),
        db_constraint=False,
        db_index=False,
        related_name="commissions",
    )
    click_id = models.UUIDField(_("click ID"))
    cookie_type = models.CharField(_("cookie type"), max_length=4, choices=CookieTypeChoice)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    decline_reason = models.CharField(
        _("decline reason"), max_length=20, choices=DeclineReason, blank=True
    )
    decline_text = models.CharField(
        _("reason in words"),
        max_length=400,
        blank=True,
        default="",
        db_default="",
        help_text=_("Why it was declined, in words that its publisher reads."),
    )
    approval_suspended = models.BooleanField(
        _("approval suspended"),
        default=False,
        db_default=False,
        help_text=_("It was approved when its partner was suspended, and is again afterwards."),
    )
    sale_amount_minor = models.BigIntegerField(_("sale value in minor units"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    network_fee_minor = models.BigIntegerField(_("network fee in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    rates = JSONText(_("rates"), help_text=_("Frozen: the parts of the sale, each with its rate."))
    sold_at = models.DateTimeField(_("sold at"))
    closes_at = models.DateTimeField(_("closes at"))
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    ledger_transaction = models.OneToOneField(
        "publishers.LedgerTransaction",
        models.PROTECT,
        verbose_name=_("ledger transaction"),
        db_constraint=False,
        null=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("commission")
        verbose_name_plural = _("commissions")
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
            models.CheckConstraint(
                condition=Q(approval_suspended=False) | Q(decline_reason="suspended"),
                name="commission_approval_suspended",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("publisher", "-sold_at"), name="commission_publisher"),
            models.Index(fields=("advertiser", "-sold_at"), name="commission_advertiser"),
            models.Index(fields=("-sold_at",), name="commission_recent_of_all"),
            models.Index(
                fields=("advertiser", "-sold_at"),
                name="commission_approved",
                condition=Q(status="approved"),
            ),
            models.Index(
                fields=("advertiser", "-sold_at"),
                name="commission_soft",
                condition=Q(cookie_type="soft"),
            ),
            models.Index(
                fields=("-sold_at",),
                name="commission_soft_of_all",
                condition=Q(cookie_type="soft"),
            ),
            models.Index(
                fields=("advertiser", "-sold_at"),
                name="commission_final",
                condition=Q(status="final"),
            ),
            models.Index(
                fields=("-sold_at",),
                name="commission_final_of_all",
                condition=Q(status="final"),
            ),
            # What becomes final when is summed up: the index alone answers.
            models.Index(
                fields=("advertiser", "closes_at"),
                include=("status", "currency", "amount_minor", "conversion", "id"),
                name="commission_closing",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=("publisher", "closes_at"),
                include=("status", "currency", "amount_minor", "conversion", "advertiser", "id"),
                name="commission_closing_of_partner",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=("closes_at",),
                name="commission_closing_of_all",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=("advertiser", "-sold_at"),
                name="commission_declined",
                condition=Q(status="declined"),
            ),
            # Few: lists that are summed up from the rollups count these apart.
            models.Index(
                fields=("advertiser", "-sold_at"),
                name="commission_nobody_paid",
                condition=Q(decline_reason="nobody_paid"),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="closed_is_never_edited",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        amount = money.display(self.amount_minor, self.currency)
        return gettext("%(amount)s for order %(order)s") % {
            "amount": amount,
            "order": self.conversion,
        }

    @property
    def declined_because(self) -> str:
        """The reason in words, for staff and for the publisher; empty where it is not declined."""
        return self.decline_text or self.get_decline_reason_display()

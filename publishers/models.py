"""Publishers: who is paid, for whom they work and how; and the ledger of what they are owed."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from network.effective.rows import (
    EffectiveDated,
    WholeTerms,
    append_only,
    bumps_policy,
    cancels_its_own,
    fixed,
    one_of,
    one_per_start,
    says_as,
)
from network.models import Advertiser
from publishers.notices.models import (  # Django looks for models here
    Notice as Notice,
)
from publishers.notices.models import (
    NoticeMail as NoticeMail,
)
from publishers.notices.models import (
    NoticesRead as NoticesRead,
)
from publishers.teams.models import Team


class ModelType(models.TextChoices):
    """How a publisher promotes; one publisher id stands for one."""

    CONTENT = "content", "Content"
    INFLUENCER = "influencer", "Influencer"
    COMPARISON = "comparison", "Comparison"
    CASHBACK = "cashback", "Cashback"
    LOYALTY = "loyalty", "Loyalty"
    VOUCHER = "voucher", "Voucher"
    EMAIL = "email", "Email"
    SEARCH = "search", "Search"
    DISPLAY = "display", "Display"
    RETARGETING = "retargeting", "Retargeting"
    OVERLAY = "overlay", "Overlay"
    EXTENSION = "extension", "Extension"
    SUBNETWORK = "subnetwork", "Subnetwork"
    OTHER = "other", "Other"


class CookieTypeChoice(models.TextChoices):
    HARD = "hard", "Hard"
    SOFT = "soft", "Soft"


class AssignedType(models.TextChoices):
    """What a partnership's own assignment can say."""

    HARD = "hard", "Hard"
    SOFT = "soft", "Soft"
    INHERIT = "inherit", "Model type's default"


class Publisher(models.Model):
    """One promotional channel of a company; its model type over time is a row of its own."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        CLOSED = "closed", "Closed"

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    website = models.URLField(max_length=500, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="publishers")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        triggers: ClassVar = [bumps_policy()]

    def __str__(self) -> str:
        return self.name


class PublisherModelType(EffectiveDated):
    """A publisher's model type from a moment on; a change needs an operator."""

    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="model_types")
    model_type = models.CharField(max_length=12, choices=ModelType)

    holds_for = ("publisher",)

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [*EffectiveDated.Meta.triggers, cancels_its_own()]
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("publisher", name="model_type_one_per_start"),
            one_of("model_type", ModelType, name="model_type_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_model_type_display()}, from {self.starts_at:%d %b %Y %H:%M:%S}"


class Partnership(models.Model):
    """A publisher at an advertiser; its approval and terms over time are rows of their own."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="partnerships")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="partnerships")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "partner"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("advertiser", "publisher"), name="partners_once")
        ]
        triggers: ClassVar = [bumps_policy(), fixed("advertiser", "publisher")]

    def __str__(self) -> str:
        return f"{self.publisher} at {self.advertiser}"


def _says_as_partnership() -> pgtrigger.Trigger:
    return says_as("publishers_partnership", "partnership_id", "advertiser_id", "publisher_id")


class PartnershipStatus(models.TextChoices):
    """Where a partnership stands."""

    APPLIED = "applied", "Applied"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    ENDED = "ended", "Ended"
    SUSPENDED = "suspended", "Suspended for fraud"


class PartnershipTerms(WholeTerms):
    """A partnership's approval, flags and own cookie period, whole, from a moment on."""

    Status = PartnershipStatus

    DECIDED_FROM: ClassVar[Mapping[str, frozenset[str]]] = {
        Status.APPLIED: frozenset(),
        Status.APPROVED: frozenset(
            {Status.APPLIED, Status.DECLINED, Status.ENDED, Status.SUSPENDED}
        ),
        Status.DECLINED: frozenset({Status.APPLIED}),
        Status.ENDED: frozenset({Status.APPROVED}),
        Status.SUSPENDED: frozenset({Status.APPROVED, Status.ENDED}),
    }
    """What can be decided about a partnership, by the statuses in which it can."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="+")
    partnership = models.ForeignKey(Partnership, models.PROTECT, related_name="terms")
    status = models.CharField(max_length=10, choices=Status)
    hard_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
        help_text="Own cookie period; empty: the advertiser's.",
    )
    in_page = models.BooleanField(
        default=False, help_text="May activate from the page without a navigation; soft only."
    )
    strictly_necessary = models.BooleanField(default=False)
    evidence = models.TextField(
        blank=True, help_text="Why the cookie counts as strictly necessary."
    )

    holds_for = ("partnership",)
    carried = ("status", "hard_days", "in_page", "strictly_necessary", "evidence")
    decided = frozenset({"status"})

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
            _says_as_partnership(),
        ]
        verbose_name_plural = "partnership terms"
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("partnership", name="partnership_terms_one_per_start"),
            one_of("status", PartnershipStatus, name="partnership_status_is_known"),
            models.CheckConstraint(
                condition=Q(hard_days__isnull=True) | Q(hard_days__range=(1, 400)),
                name="partnership_window_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}, from {self.starts_at:%d %b %Y %H:%M:%S}"

    def may_follow(self, before: Mapping[str, Any]) -> bool:
        held = before["status"]
        return held == self.status or held in self.DECIDED_FROM[self.status]


class PartnerNote(models.Model):
    """What staff want to remember about a partner; never shown to it. Only ever added."""

    partnership = models.ForeignKey(Partnership, models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return self.text


class CookieTypeAssignment(EffectiveDated):
    """Hard or soft, for one partnership, from a moment on.

    ``reason`` is shown to the publisher, that of a cancelling row too.
    """

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="+")
    partnership = models.ForeignKey(Partnership, models.PROTECT, related_name="assignments")
    cookie_type = models.CharField(max_length=7, choices=AssignedType)
    internal_note = models.CharField(max_length=500, blank=True)

    holds_for = ("partnership",)

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
            _says_as_partnership(),
        ]
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("partnership", name="assignment_one_per_start"),
            one_of("cookie_type", AssignedType, name="assignment_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.cookie_type}, from {self.starts_at:%d %b %Y %H:%M:%S}"


class ModelTypeCookieType(EffectiveDated):
    """The default for a model type from a moment on: an advertiser's, or (without one) the
    network's own where it departs from the built-in table."""

    advertiser = models.ForeignKey(
        Advertiser, models.PROTECT, null=True, blank=True, related_name="model_type_defaults"
    )
    model_type = models.CharField(max_length=12, choices=ModelType)
    cookie_type = models.CharField(max_length=7, choices=AssignedType)

    holds_for = ("advertiser", "model_type")

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
        ]
        verbose_name = "model type default"
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("advertiser", "model_type", name="model_default_one_per_start"),
            one_of("model_type", ModelType, name="model_default_of_known_type"),
            one_of("cookie_type", AssignedType, name="model_default_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.model_type}: {self.cookie_type}, from {self.starts_at:%d %b %Y %H:%M:%S}"


class LedgerAccount(models.Model):
    """What somebody owes or is owed in one currency. Its balance is the sum of its entries."""

    class Kind(models.TextChoices):
        ADVERTISER_RECEIVABLE = "advertiser_receivable", "Owed by an advertiser"
        PUBLISHER_PAYABLE = "publisher_payable", "Owed to a publisher"
        NETWORK_FEES = "network_fees", "Earned by the network"

    kind = models.CharField(max_length=25, choices=Kind)
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, null=True, related_name="+")
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3, validators=[RegexValidator("^[A-Z]{3}$")])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("kind", "advertiser", "publisher", "currency"),
                name="ledger_account_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="advertiser_receivable",
                    advertiser__isnull=False,
                    publisher__isnull=True,
                )
                | Q(kind="publisher_payable", advertiser__isnull=True, publisher__isnull=False)
                | Q(kind="network_fees", advertiser__isnull=True, publisher__isnull=True),
                name="ledger_account_owner",
            ),
        ]

    def __str__(self) -> str:
        whose = self.advertiser or self.publisher or "the network"
        return f"{self.get_kind_display()}, {whose}, {self.currency}"


class LedgerTransaction(models.Model):
    """Entries that belong together and sum to zero per currency. Only ever added."""

    class Kind(models.TextChoices):
        COMMISSION_FINAL = "commission_final", "Commission became final"

    key = models.CharField(max_length=100, unique=True, help_text="The idempotency key.")
    kind = models.CharField(max_length=25, choices=Kind)
    at = models.DateTimeField()
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, null=True, related_name="+")
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, related_name="+")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")

    class Meta:
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return self.key


class LedgerEntry(models.Model):
    """An amount on one account: positive debits it, negative credits it."""

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_entry_not_zero")
        ]
        triggers: ClassVar = [
            append_only(),
            pgtrigger.Trigger(
                name="same_currency",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("account_currency", "TEXT")],
                func="""
                    SELECT currency INTO account_currency
                    FROM publishers_ledgeraccount WHERE id = NEW.account_id;
                    IF account_currency <> NEW.currency THEN
                        RAISE EXCEPTION 'ledger entry in % on an account in %',
                            NEW.currency, account_currency USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="sums_to_zero",
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM publishers_ledgerentry
                        WHERE transaction_id = NEW.transaction_id
                        GROUP BY currency HAVING SUM(amount_minor) <> 0
                    ) THEN
                        RAISE EXCEPTION 'ledger transaction % does not sum to zero',
                            NEW.transaction_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} on {self.account}"

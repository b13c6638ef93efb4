"""Shops, and on what terms they let themselves be advertised."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network import names
from network.effective.guards import fixed
from network.effective.rows import (
    EffectiveDated,
    WholeTerms,
    bumps_policy,
    cancels_its_own,
    one_of,
    one_per_start,
    says_as,
)

MOST_NOTICE_DAYS = 90


class Advertiser(models.Model):
    """A shop. What attribution depends on over time is in :class:`AttributionTerms`."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    class ConsentDefault(models.TextChoices):
        STORE = "store", _("Store")
        ASK = "ask", _("Ask in the shop")
        REFUSE = "refuse", _("Do not store")

    class Verification(models.TextChoices):
        CONFIRMED = "confirmed", _("Only sales that you confirm are paid")
        BROWSER = "browser", _("Sales that only a browser reported are paid, too")

    id = models.AutoField(_("ID"), primary_key=True)
    name = models.CharField(_("name"), max_length=120, unique=True, validators=[names.plain])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator("^[A-Z]{3}$")]
    )
    landing_url = models.URLField(_("landing page"), max_length=500)
    domains = ArrayField(
        models.CharField(max_length=253),
        verbose_name=_("domains"),
        help_text=_("Links may lead to these domains and their subdomains, separated by commas."),
    )
    click_parameter = models.CharField(
        _("click parameter"),
        max_length=30,
        default="sclk",
        validators=[RegexValidator("^[A-Za-z_][A-Za-z0-9_]*$")],
    )
    strip_click_parameter = models.BooleanField(
        _("strip click parameter"),
        default=False,
        help_text=_("The tag removes the click parameter from the address bar."),
    )
    consent_default = models.CharField(
        _("consent without an answer"),
        max_length=10,
        choices=ConsentDefault,
        help_text=_("What holds when a link says nothing about consent."),
    )
    verification = models.CharField(
        _("verification"), max_length=10, choices=Verification, default=Verification.CONFIRMED
    )
    confirm_days = models.PositiveSmallIntegerField(
        _("days to confirm"),
        default=60,
        db_default=60,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
    )
    """How long after its windows closed an unverified sale may still be confirmed."""
    conflict_days = models.PositiveSmallIntegerField(
        _("days of conflict"),
        default=30,
        db_default=30,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
    )
    """After so many days of conflict the earlier report decides."""
    largest_order_minor = models.BigIntegerField(
        _("largest order in minor units"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    """A sale above it waits for staff, whoever reported it; None: none does."""
    network_fee_percent = models.DecimalField(
        _("network fee in percent"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    uncounted_channels = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("uncounted channels"),
        default=list,
        blank=True,
        help_text=_("Values of the shop's own last paid channel that do not count."),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("advertiser")
        verbose_name_plural = _("advertisers")
        ordering = ("name",)
        triggers: ClassVar = [bumps_policy()]

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """What the shop's server signs reports with, kept as it is, since it verifies them. They are
    made by :func:`network.advertisers.signing_keys.make`; the newest has no end."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="signing_keys")
    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    valid_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("advertiser_id", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser",),
                condition=Q(valid_until__isnull=True),
                name="signing_key_one_without_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.advertiser} {self.created_at:%d %b %Y}"


class ApiKey(models.Model):
    """What the shop's server shows when it calls the API. Only its hash is kept: a key of 256
    random bits cannot be guessed from it. Made by :func:`network.advertisers.api_keys.make`."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16)
    """The key's beginning, by which people recognise it."""
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    last_used_on = models.DateField(null=True)
    minute = models.DateTimeField(null=True)
    """That of its last call, and how many calls it made in it."""
    calls = models.PositiveIntegerField(default=0, db_default=0)
    last_address = models.GenericIPAddressField(null=True)
    """From which its last call came."""
    may_decide = models.BooleanField(default=False, db_default=False)
    """Whether it may approve, decline and cancel orders, too, or only report them."""
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ("advertiser_id", "-pk")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="api_key_digest_is_sha256"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=models.F("created_at")),
                name="api_key_revoked_after_made",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
                name="api_key_revoked_by_when_revoked",
            ),
            models.UniqueConstraint(
                fields=("advertiser", "name"),
                condition=Q(revoked_at__isnull=True),
                name="api_key_live_name_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class AnsweredCall(models.Model):
    """A call of the API that named itself (``Idempotency-Key``), and how it was answered: without a
    ``status`` as long as it is not. Written by :mod:`network.advertisers.answered_calls`."""

    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    """Of the call: its method, path and body."""
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=40, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("key", "name"), name="answered_call_once"),
        ]
        indexes: ClassVar = [models.Index(fields=("at",), name="answered_call_at")]

    def __str__(self) -> str:
        return self.name


class SoftRuleChoice(models.TextChoices):
    """What a soft click does to a soft holder."""

    FIRST = "first", _("First: a soft click overwrites nothing")
    LAST = "last", _("Last: a later soft click takes over from a soft one")
    SOLE = "sole", _("Sole: as first, and unpaid when another publisher's window is open")


SOFT_RULE_NAMES: Mapping[str, Promise] = {
    SoftRuleChoice.FIRST: _("First"),
    SoftRuleChoice.LAST: _("Last"),
    SoftRuleChoice.SOLE: _("Only if alone"),
}
"""The soft rules in one word, where there is no room for what they mean."""


class AttributionTerms(WholeTerms):
    """An advertiser's windows and soft rule, from a moment on."""

    SoftRule = SoftRuleChoice

    advertiser = models.ForeignKey(
        Advertiser, models.PROTECT, verbose_name=_("advertiser"), related_name="terms"
    )
    soft_rule = models.CharField(
        _("soft rule"), max_length=5, choices=SoftRule, default=SoftRule.FIRST
    )
    hard_days = models.PositiveSmallIntegerField(
        _("hard days"), default=30, validators=[MinValueValidator(1), MaxValueValidator(400)]
    )
    soft_hours = models.PositiveSmallIntegerField(
        _("soft hours"), default=24, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    validation_days = models.PositiveSmallIntegerField(
        _("validation days"), default=0, validators=[MaxValueValidator(400)]
    )
    notice_days = models.PositiveSmallIntegerField(
        _("notice days"), default=0, db_default=0, validators=[MaxValueValidator(MOST_NOTICE_DAYS)]
    )
    """How long after it was decided a hard partner becomes soft."""

    holds_for = ("advertiser",)
    carried = ("soft_rule", "hard_days", "soft_hours", "validation_days", "notice_days")

    class Meta(EffectiveDated.Meta):
        verbose_name = _("attribution terms")
        verbose_name_plural = _("attribution terms")
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("advertiser", name="terms_one_per_start"),
            one_of("soft_rule", SoftRuleChoice, name="terms_soft_rule_is_known"),
            models.CheckConstraint(
                condition=Q(hard_days__range=(1, 400), soft_hours__range=(1, 720)),
                name="terms_windows_in_range",
            ),
            models.CheckConstraint(
                condition=Q(notice_days__lte=MOST_NOTICE_DAYS), name="terms_notice_in_range"
            ),
        ]
        triggers: ClassVar = [*EffectiveDated.Meta.triggers, cancels_its_own()]

    def __str__(self) -> str:
        return f"{self.soft_rule}, {self.hard_days} days, from {self.starts_at:%d %b %Y}"


class CommissionGroup(models.Model):
    """What a part of a sale is paid by: ``DEFAULT`` unless the merchant names another."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="commission_groups")
    code = models.CharField(max_length=30, validators=[RegexValidator("^[A-Za-z0-9_.-]+$")])
    name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("advertiser", "code"), name="commission_group_code")
        ]
        triggers: ClassVar = [bumps_policy(), fixed("advertiser")]

    def __str__(self) -> str:
        return f"{self.advertiser} {self.code}"


class CommissionRate(EffectiveDated):
    """What a commission group pays, from a moment on: a percentage, or a fixed amount per sale."""

    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    group = models.ForeignKey(CommissionGroup, models.PROTECT, related_name="rates")
    percent = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    fixed_minor = models.BigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0)], help_text=_("In minor units.")
    )

    holds_for = ("group",)

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
            says_as("network_commissiongroup", "group_id", "advertiser_id"),
        ]
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("group", name="rate_one_per_start"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) ^ Q(fixed_minor__isnull=True),
                name="rate_percent_or_fixed",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__range=(0, 100)),
                name="rate_percent_in_range",
            ),
            models.CheckConstraint(
                condition=Q(fixed_minor__isnull=True) | Q(fixed_minor__gte=0),
                name="rate_fixed_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent.normalize():f}%" if self.percent is not None else str(_("fixed"))

"""Publishers, at which advertisers they are partners, and how they stand there over time."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import names
from network.effective.guards import append_only, fixed
from network.effective.rows import (
    EffectiveDated,
    WholeTerms,
    bumps_policy,
    cancels_its_own,
    one_of,
    one_per_start,
    says_as,
)


class Publisher(models.Model):
    """One promotional channel of a company; its model type over time is a row of its own."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    id = models.AutoField(_("ID"), primary_key=True)
    name = models.CharField(_("name"), max_length=120, unique=True, validators=[names.plain])
    website = models.URLField(_("website"), max_length=500, blank=True)
    promotion = models.CharField(
        _("how it promotes"),
        max_length=500,
        blank=True,
        help_text=_("In a sentence: where, to whom, by what. Advertisers read it."),
    )
    team = models.ForeignKey(
        "publishers.Team", models.PROTECT, verbose_name=_("team"), related_name="publishers"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("publisher")
        verbose_name_plural = _("publishers")
        ordering = ("name",)
        triggers: ClassVar = [bumps_policy()]

    def __str__(self) -> str:
        return self.name


class Partnership(models.Model):
    """A publisher at an advertiser; its approval and terms over time are rows of their own."""

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        related_name="partnerships",
    )
    publisher = models.ForeignKey(
        Publisher, models.PROTECT, verbose_name=_("publisher"), related_name="partnerships"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("advertiser", "publisher"), name="partners_once")
        ]
        triggers: ClassVar = [bumps_policy(), fixed("advertiser", "publisher")]

    def __str__(self) -> str:
        names = {"publisher": self.publisher, "advertiser": self.advertiser}
        return gettext("%(publisher)s at %(advertiser)s") % names


class PartnershipStatus(models.TextChoices):
    """Where a partnership stands."""

    APPLIED = "applied", _("Applied")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")
    SUSPENDED = "suspended", _("Suspended for fraud")


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

    advertiser = models.ForeignKey(
        "network.Advertiser", models.PROTECT, verbose_name=_("advertiser"), related_name="+"
    )
    publisher = models.ForeignKey(
        Publisher, models.PROTECT, verbose_name=_("publisher"), related_name="+"
    )
    partnership = models.ForeignKey(
        Partnership, models.PROTECT, verbose_name=_("partnership"), related_name="terms"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status)
    hard_days = models.PositiveSmallIntegerField(
        _("hard days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
        help_text=_("Own cookie period; empty: the advertiser's."),
    )
    in_page = models.BooleanField(
        _("may activate in the page"),
        default=False,
        help_text=_("May activate from the page without a navigation; soft only."),
    )
    strictly_necessary = models.BooleanField(_("strictly necessary"), default=False)
    evidence = models.TextField(
        _("evidence"), blank=True, help_text=_("Why the cookie counts as strictly necessary.")
    )

    holds_for = ("partnership",)
    carried = ("status", "hard_days", "in_page", "strictly_necessary", "evidence")
    decided = frozenset({"status"})

    class Meta(EffectiveDated.Meta):
        verbose_name = _("partnership terms")
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
            says_as("publishers_partnership", "partnership_id", "advertiser_id", "publisher_id"),
        ]
        verbose_name_plural = _("partnership terms")
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

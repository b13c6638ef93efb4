"""The people behind publishers: one team for all publisher ids of a company; and invitations."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import names
from network.effective.rows import one_of
from network.models import Advertiser, StaffMembership
from network.wording import country


class Team(models.Model):
    """Whoever works for one company; each of its publisher ids stands for one way to promote."""

    name = models.CharField(_("name"), max_length=120, validators=[names.plain])
    company = models.CharField(
        _("company"),
        max_length=120,
        blank=True,
        validators=[names.plain],
        help_text=_("As it is registered, and as it stands on invoices."),
    )
    country = models.CharField(
        _("country"), max_length=2, blank=True, validators=[RegexValidator("^[A-Z]{2}$")]
    )
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True, validators=[names.plain])
    contact_name = models.CharField(
        _("contact"), max_length=120, blank=True, validators=[names.plain]
    )
    contact_email = models.EmailField(
        _("contact's email"),
        blank=True,
        help_text=_("Operators and the advertisers whose partner it is see the contact."),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def country_name(self) -> str:
        return country(self.country)


class TeamRole(models.TextChoices):
    """What somebody may do for a team."""

    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")


class TeamMembership(models.Model):
    """What somebody may do for a team, and so for every publisher id that belongs to it."""

    Role = TeamRole

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="team_memberships",
    )
    team = models.ForeignKey(
        Team, models.CASCADE, verbose_name=_("team"), related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)

    class Meta:
        verbose_name = _("team membership")
        verbose_name_plural = _("team memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("user", "team"), name="member_once_per_team"),
            one_of("role", TeamRole, name="member_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.team}"


class Invitations(models.QuerySet["Invitation"]):
    def waiting(self) -> "Invitations":
        """Those that were neither accepted nor withdrawn; they may have expired."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def unvouched(self) -> "Invitations":
        """Those that wait although the sender no longer decides who gets in there."""
        owner = {"user": OuterRef("invited_by"), "role": "owner"}
        of_staff = StaffMembership.objects.filter(advertiser=OuterRef("advertiser"), **owner)
        of_team = TeamMembership.objects.filter(team=OuterRef("team"), **owner)
        decides = Q(invited_by__is_superuser=True) | Exists(of_staff) | Exists(of_team)
        return self.waiting().exclude(decides & Q(invited_by__is_active=True))


class Invitation(models.Model):
    """An address that may join: an advertiser's staff, a team, or the operators."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MANAGER = "manager", _("Manager")
        VIEWER = "viewer", _("Viewer")
        MEMBER = "member", _("Member")
        OPERATOR = "operator", _("Operator")

    email = models.EmailField(_("email"))
    advertiser = models.ForeignKey(
        Advertiser,
        models.PROTECT,
        verbose_name=_("advertiser"),
        null=True,
        blank=True,
        related_name="+",
    )
    team = models.ForeignKey(
        Team, models.PROTECT, verbose_name=_("team"), null=True, blank=True, related_name="+"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    token_hash = models.CharField(_("token hash"), max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("invited by"), related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    mail_sent_at = models.DateTimeField(_("email sent at"), null=True, blank=True)
    mail_error = models.CharField(_("email error"), max_length=200, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("accepted by"),
        null=True,
        blank=True,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = Invitations.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    advertiser__isnull=False, team=None, role__in=("owner", "manager", "viewer")
                )
                | Q(advertiser=None, team__isnull=False, role__in=("owner", "member"))
                | Q(advertiser=None, team=None, role="operator"),
                name="invitation_role_of_its_place",
            ),
            models.UniqueConstraint(
                fields=("email", "advertiser", "team"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="invitation_open_once",
                violation_error_message=_("This address is invited already."),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def place(self) -> str:
        """What it is to, in words."""
        return str(self.advertiser or self.team or gettext("the operators of the network"))

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None

    def state(self, now: datetime) -> str:
        if self.accepted_at:
            return gettext("Accepted")
        if self.withdrawn_at:
            return gettext("Withdrawn")
        if self.expires_at <= now:
            return gettext("Expired")
        if self.mail_error:
            return gettext("Email failed")
        return gettext("Invited") if self.mail_sent_at else gettext("Email on its way")


class InvitationSending(models.Model):
    """That somebody had an invitation sent, the first time or again: counted against limits."""

    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="sendings")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("asked_by", "at"), name="invitation_sending_of_person"),
            models.Index(fields=("at",), name="invitation_sending_at"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation} at {self.at:%d %b %Y %H:%M}"

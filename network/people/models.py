"""The people who sign in, and whose staff they are."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from network import names
from network.effective.rows import one_of

NAME_TAKEN = _("This name is taken.")
ADDRESS_TAKEN = _("Another account has this address. Somebody has one account for all their roles.")


class People(UserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """In lower case throughout, as addresses are compared."""
        return (email or "").strip().lower()

    def named(self, name: str) -> models.QuerySet["User"]:
        """Whoever signs in by this name, in whatever case."""
        return self.alias(lower=Lower("username")).filter(lower=Lower(Value(name)))

    def meant_by(self, login: str) -> "User | None":
        """Whom somebody means who signs in with this, an address or a name."""
        address = self.normalize_email(login)
        by_address = self.filter(email=address).first() if address else None
        return by_address or self.named(login).first()


class User(AbstractUser):
    """Somebody who signs in, by name or address. Operators are superusers; everybody else is a
    member of a tenant."""

    first_name = models.CharField(
        _("first name"), max_length=150, blank=True, validators=[names.plain]
    )
    last_name = models.CharField(
        _("last name"), max_length=150, blank=True, validators=[names.plain]
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    objects: ClassVar[People] = People()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.UniqueConstraint(
                Lower("username"), name="user_name_once", violation_error_message=NAME_TAKEN
            ),
            models.UniqueConstraint(
                fields=("email",),
                condition=~Q(email=""),
                name="user_address_once",
                violation_error_message=ADDRESS_TAKEN,
            ),
        ]


class StaffRole(models.TextChoices):
    """What somebody may do for an advertiser."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    VIEWER = "viewer", _("Viewer")


class StaffMembership(models.Model):
    """What somebody may do for an advertiser."""

    Role = StaffRole

    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("user"), related_name="staff_memberships"
    )
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.CASCADE,
        verbose_name=_("advertiser"),
        related_name="staff_memberships",
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)

    class Meta:
        verbose_name = _("staff membership")
        verbose_name_plural = _("staff memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "advertiser"), name="staff_once_per_advertiser"
            ),
            one_of("role", StaffRole, name="staff_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.advertiser}"

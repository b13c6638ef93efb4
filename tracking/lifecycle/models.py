"""What staff said about sales."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.effective.guards import append_only
from tracking.distribution.rows import AdvertiserRow, KeyWithin


class Validation(AdvertiserRow):
    """What was said about an open sale, by staff or by the shop's server with a ``key``: when, why,
    and for which commission. Append-only; ``tracking.lifecycle.validation`` writes it, and the
    commission says what holds."""

    class Action(models.TextChoices):
        APPROVE = "approve", _("Approved")
        DECLINE = "decline", _("Declined")
        TAKE_BACK = "take_back", _("Decline taken back")

    class Code(models.TextChoices):
        CANCELLED = "cancelled", _("Order cancelled")
        RETURNED = "returned", _("Order returned")
        DUPLICATE = "duplicate", _("Duplicate order")
        FRAUD = "fraud", _("Fraud")
        OTHER = "other", _("Other")

    advertiser = models.ForeignKey(
        "network.Advertiser", models.PROTECT, db_constraint=False, related_name="+"
    )
    conversion = KeyWithin("tracking.Conversion", models.PROTECT, related_name="validations")
    at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    key = models.ForeignKey(
        "network.ApiKey", models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    action = models.CharField(max_length=10, choices=Action)
    code = models.CharField(max_length=10, choices=Code, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    publisher = models.ForeignKey(
        "publishers.Publisher", models.PROTECT, db_constraint=False, related_name="+"
    )
    commission_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(action="decline", code__gt="") | (~Q(action="decline") & Q(code="")),
                name="validation_declines_by_a_code",
            ),
            models.CheckConstraint(
                condition=Q(made_by__isnull=False) ^ Q(key__isnull=False),
                name="validation_by_a_person_or_a_key",
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

"""Reports that people saved for themselves, and how often each is mailed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network import names


class SavedReport(models.Model):
    """What somebody asked a page, as it stands in its address; seen by nobody else. Only
    ``network.saved_reports`` writes it."""

    class Mailed(models.TextChoices):
        NEVER = "", _("Not mailed")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of each month")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_reports"
    )
    page = models.CharField(max_length=30)
    name = models.CharField(max_length=60, validators=[names.plain])
    query = models.CharField(max_length=1000, blank=True)
    mailed = models.CharField(max_length=7, choices=Mailed, blank=True, default=Mailed.NEVER)
    next_at = models.DateTimeField(null=True, blank=True)
    """When it is mailed next."""
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    """Why the last mail did not go out; empty where it did."""
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("owner", "page", "name"), name="saved_report_name"),
            models.CheckConstraint(
                condition=Q(mailed="", next_at=None) | (~Q(mailed="") & Q(next_at__isnull=False)),
                name="saved_report_next",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("next_at",), name="saved_report_due", condition=Q(next_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name

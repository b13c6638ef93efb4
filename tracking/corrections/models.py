"""What staff made of reports that were refused."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from network.effective.guards import append_only
from tracking.distribution.rows import AdvertiserRow, KeyWithin
from tracking.rule.reasons import ReportOutcome


class Correction(AdvertiserRow):
    """A refused report that staff corrected and took in, once: with which fields, who, when, and
    what became of it. Append-only; ``tracking.corrections.taking`` writes it."""

    advertiser = models.ForeignKey(
        "network.Advertiser", models.PROTECT, db_constraint=False, related_name="+"
    )
    report = KeyWithin("tracking.Report", models.PROTECT, related_name="corrections")
    taken = KeyWithin(
        "tracking.Report", models.PROTECT, null=True, related_name="corrections_taken"
    )
    """The corrected report, unless it was only counted."""
    conversion = KeyWithin(
        "tracking.Conversion", models.PROTECT, null=True, related_name="corrections"
    )
    outcome = models.CharField(
        max_length=20, choices=[(item.value, item.value) for item in ReportOutcome]
    )
    """What became of the corrected report when it was taken in."""
    fields = models.JSONField()
    at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_constraint=False, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("advertiser", "report"), name="correction_once_per_report"
            )
        ]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.report_id} {self.outcome}"

"""Sums by the hour, for every figure on a page."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from publishers.models import CookieTypeChoice
from tracking.distribution.rows import AdvertiserRow
from tracking.rule.reasons import Counted

_WAITING = (
    Counted.SALE_PENDING,
    Counted.SALE_UNVERIFIED,
    Counted.SALE_ON_HOLD,
    Counted.SALE_CONFLICT,
    Counted.SALE_CONFLICT_UNPAID,
)
"""What is open. Sums that come to nothing are dropped, so that there is little of it."""
_SALES = [item for item in Counted if item.startswith("sale_")]
"""Every sale, once: under its state."""


class Rollup(AdvertiserRow):
    """How often something happened in an hour, with the money of it, in the advertiser's currency.

    Rows are changes: a figure is the sum of the rows of its key, of which there may be any number.
    Only ``tracking.rollups.writing`` and ``tracking.clicks.rows`` write here, only
    ``tracking.figures`` reads. ``publisher`` is null for a sale that pays nobody.
    ``is_folded`` tells the sums that compaction made from what was added since.
    """

    hour = models.DateTimeField()
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    publisher = models.ForeignKey(
        "publishers.Publisher",
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
        default=0, help_text=_("Click to sale, in quarters of an octave of its seconds.")
    )
    count = models.BigIntegerField()
    sale_amount_minor = models.BigIntegerField(default=0)
    commission_minor = models.BigIntegerField(default=0)
    network_fee_minor = models.BigIntegerField(default=0, db_default=0)
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
            models.Index(
                fields=("advertiser", "counted"),
                include=("count", "commission_minor"),
                name="rollup_waiting",
                condition=Q(counted__in=[item.value for item in _WAITING]),
            ),
            # What long lists come to is read from this alone.
            models.Index(
                fields=("advertiser", "hour"),
                include=(
                    "publisher",
                    "cookie_type",
                    "counted",
                    "count",
                    "sale_amount_minor",
                    "commission_minor",
                ),
                name="rollup_sales",
                condition=Q(counted__in=[item.value for item in _SALES]),
            ),
            models.Index(
                fields=("advertiser", "id"), name="rollup_fresh", condition=Q(is_folded=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.counted} at {self.hour:%d %b %Y %H:00}"

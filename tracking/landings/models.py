"""Landings as PostgreSQL keeps them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracking.distribution.rows import AdvertiserRow

MOST_ORDERS = 3
"""Orders of one click: a shopper may order again in a month; who does it more often than that is
rare enough to be looked at."""
MOST_BROWSERS = 2
"""Browsers of one click: a link that was opened inside an app goes on in the phone's browser."""


class Landing(AdvertiserRow):
    """The token of a click came to a page of the shop, in a browser that had not known it.

    ``journey`` is that of the browser, by its cookies on the tracking host, or else by the click
    that it held in the shop before; 0 where neither is known. A click that was followed in this
    browser is on the same one. A landing that is not fresh gave its browser nothing: somebody had
    kept the token.
    """

    id = models.UUIDField(_("ID"), primary_key=True)
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
        models.DO_NOTHING,
        verbose_name=_("publisher"),
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    click = models.UUIDField(_("click"))
    at = models.DateTimeField(_("time"))
    is_fresh = models.BooleanField(_("is fresh"))
    journey = models.BigIntegerField(_("journey"), default=0)
    number = models.PositiveSmallIntegerField(
        _("number"),
        default=1,
        db_default=1,
        help_text=_("Which landing of its click it is, as they came; rather more than fewer."),
    )

    class Meta:
        verbose_name = _("landing")
        verbose_name_plural = _("landings")
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "click"), name="landing_click"),
            models.Index(
                fields=("advertiser", "click"),
                name="landing_often",
                condition=Q(number__gt=MOST_BROWSERS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.click}: {self.at:%d %b %Y %H:%M}"

"""Clicks as PostgreSQL keeps them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from publishers.models import CookieTypeChoice
from tracking.distribution.rows import AdvertiserRow, JSONText
from tracking.rule.reasons import ClickReason

LEFT_TO_THE_SHOP = Q(reason="", stood_down=False, rebuilt=False, user_agent="")
"""Counting clicks without an answer at a shop that asks: nothing of the browser was recorded."""

STOOD_DOWN = Q(reason="", stood_down=True)
WITHOUT_COOKIE = Q(stood_down=True) | ~Q(reason="")
"""Clicks that took no cookie."""


class Click(AdvertiserRow):
    """One visit through a publisher's link; the table is partitioned by its UUIDv7 key.

    ``journey`` and ``session`` are 0 where the browser had none. ``reason`` is empty for a click
    that counts. Not a foreign-key target: partitions must be droppable.
    """

    id = models.UUIDField(_("ID"), primary_key=True)
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.DO_NOTHING,
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
    at = models.DateTimeField(_("time"))
    cookie_type = models.CharField(_("cookie type"), max_length=4, choices=CookieTypeChoice)
    window_minutes = models.IntegerField(_("window minutes"))
    journey = models.BigIntegerField(_("journey"), default=0)
    session = models.BigIntegerField(_("session"), default=0)
    stood_down = models.BooleanField(_("stood down"), default=False)
    strictly_necessary = models.BooleanField(_("strictly necessary"), default=False)
    soft_rule = models.CharField(_("soft rule"), max_length=5)
    reason = models.CharField(
        _("reason"),
        max_length=20,
        blank=True,
        choices=[(item.value, item.value) for item in ClickReason],
    )
    target_reason = models.CharField(_("target reason"), max_length=20, blank=True)
    rejected_tokens = JSONText(_("rejected tokens"), default=list)
    references = JSONText(_("references"), default=dict)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    target = models.CharField(_("target"), max_length=2000, blank=True)
    in_page = models.BooleanField(_("activated in the page"), default=False)
    ip_prefix = models.CharField(_("IP prefix"), max_length=43, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=60, blank=True)
    rebuilt = models.BooleanField(
        _("rebuilt"),
        default=False,
        help_text=_("Known from its token only; its own record has not arrived."),
    )
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        # The migration creates the table by hand, PARTITION BY RANGE (id).
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        indexes: ClassVar = [
            models.Index(fields=("advertiser", "journey", "id"), name="click_journey"),
            models.Index(fields=("publisher", "id"), name="click_publisher"),
            models.Index(fields=("advertiser", "id"), name="click_advertiser"),
            models.Index(
                fields=("advertiser", "reason", "id"),
                name="click_uncounted",
                condition=~Q(reason=""),
            ),
            models.Index(fields=("id",), name="click_uncounted_of_all", condition=~Q(reason="")),
            models.Index(
                fields=("publisher", "id"), name="click_without_cookie", condition=WITHOUT_COOKIE
            ),
            models.Index(
                fields=("advertiser", "id"), name="click_soft", condition=Q(cookie_type="soft")
            ),
            models.Index(
                fields=("advertiser", "id"), name="click_stood_down", condition=STOOD_DOWN
            ),
            models.Index(
                fields=("advertiser", "id"), name="click_left", condition=LEFT_TO_THE_SHOP
            ),
            models.Index(
                fields=("publisher", "id"), name="click_left_of_partner", condition=LEFT_TO_THE_SHOP
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_left_to_the_shop(self) -> bool:
        """Whether the redirect set no cookie, as the shop asks its visitors: its banner decided."""
        return not (self.reason or self.stood_down or self.rebuilt or self.user_agent)

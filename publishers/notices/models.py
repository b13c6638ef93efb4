"""Notices to publishers, the mails that bring them, and how far each person has read."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network.effective.guards import append_only
from network.models import Advertiser, User


class Notice(models.Model):
    """A notice to a publisher about one of its programmes; written with the change, in one
    transaction. The words are made from ``facts`` when it is shown (``notice_words``)."""

    class Event(models.TextChoices):
        """By the names that outgoing notifications use; payments will be ``commission.paid``."""

        COOKIE_TYPE = "cookie_type.changed", _("Cookie type")
        PARTNERSHIP = "partnership.changed", _("Partnership")
        TERMS = "terms.changed", _("Terms")
        DECLINED = "commission.declined", _("Sales declined")
        ASKED = "partnership.asked", _("Question")

    class Decider(models.TextChoices):
        """Who made the change, as publishers read it; never a name."""

        ADVERTISER = "advertiser", _("The advertiser")
        NETWORK = "network", _("The network")

        @classmethod
        def of(cls, made_by: User | None) -> "Notice.Decider":
            """Operators are the network, and so is nobody in particular."""
            return cls.NETWORK if made_by is None or made_by.is_superuser else cls.ADVERTISER

    publisher = models.ForeignKey("publishers.Publisher", models.PROTECT, related_name="notices")
    advertiser = models.ForeignKey(Advertiser, models.PROTECT, related_name="+")
    partnership = models.ForeignKey(
        "publishers.Partnership", models.PROTECT, related_name="notices"
    )
    event = models.CharField(max_length=30, choices=Event)
    created_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField()
    decided_by = models.CharField(max_length=10, choices=Decider)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("For staff only; publishers read who decided in general."),
    )
    reason = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(
        help_text=_("'from' and 'to', whether it is 'cancelled', and the 'terms' in force then.")
    )

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=("publisher", "-id"), name="notice_by_publisher")]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_event_display()} of {self.partnership}"

    @property
    def announces(self) -> bool:
        """Whether it tells of a change that may lie ahead, and may be cancelled."""
        return self.event not in (self.Event.DECLINED, self.Event.ASKED)

    @property
    def is_networks(self) -> bool:
        return self.decided_by == self.Decider.NETWORK


class NoticeMail(models.Model):
    """The mail that brings notices made together to one member of a publisher's team."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        PARKED = "parked", _("Given up")

    notices = models.ManyToManyField(Notice, verbose_name=_("notices"), related_name="mails")
    publisher = models.ForeignKey(
        "publishers.Publisher", models.PROTECT, verbose_name=_("publisher"), related_name="+"
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("recipient"),
        related_name="notice_mails",
    )
    created_at = models.DateTimeField(_("created at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("email of a notice")
        verbose_name_plural = _("emails of notices")
        indexes: ClassVar = [
            models.Index(
                fields=("next_try_at", "id"),
                condition=Q(state="waiting"),
                name="notice_mail_waiting",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(~Q(state="sent"), sent_at__isnull=True),
                name="notice_mail_sent_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("skipped", "parked")) | ~Q(last_error=""),
                name="notice_mail_says_why_not",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="guarded_state",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.state = 'waiting' OR (OLD.state = 'parked' AND NEW.state = 'waiting')
                    THEN RETURN NEW; END IF;
                    RAISE EXCEPTION 'a mail that is % cannot become %', OLD.state, NEW.state
                        USING ERRCODE = 'check_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        names = {"recipient": self.recipient, "publisher": self.publisher}
        return gettext("Email to %(recipient)s for %(publisher)s") % names


class EmailOff(models.Model):
    """A kind of notice that somebody reads on their pages only, and gets no email of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    event = models.CharField(max_length=30, choices=Notice.Event)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("user", "event"), name="email_off_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} gets no email: {self.event}"


class NoticesRead(models.Model):
    """Up to which notice somebody has read those of a publisher."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    publisher = models.ForeignKey("publishers.Publisher", models.CASCADE, related_name="+")
    up_to = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("user", "publisher"), name="notices_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} has read {self.publisher}'s up to {self.up_to}"

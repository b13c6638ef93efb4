"""What-ifs that were asked: rows that a worker counts."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import dates
from tracking.whatif.results import Question, Result, question_in, sums_in


class WhatIfRun(models.Model):
    """A what-if that somebody asked, how far it has been counted, and its answer.

    ``tracking.whatif.runs`` writes it. ``question`` and ``sums`` are kept as
    ``tracking.whatif.results`` writes them; ``position`` is the sale that was replayed last.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        COUNTING = "counting", _("Counting")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status)
    question_kept = models.JSONField()
    total = models.IntegerField(help_text=_("Sales to replay."))
    counted = models.IntegerField(default=0)
    position = models.JSONField(default=dict)
    sums = models.JSONField(default=dict)
    touched_at = models.DateTimeField(help_text=_("When it last went on."))
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")
        indexes: ClassVar = [
            models.Index(
                fields=("touched_at",),
                name="whatif_unfinished",
                condition=Q(status__in=("waiting", "counting")),
            ),
            models.Index(fields=("made_by", "-created_at"), name="whatif_of_person"),
        ]

    def __str__(self) -> str:
        return gettext("What-if of %(time)s") % {"time": dates.moment(self.created_at)}

    @property
    def question(self) -> Question:
        return question_in(self.question_kept)

    @property
    def result(self) -> Result:
        """The answer; of a run that is not done: as far as it has come."""
        return sums_in(self.sums).result

    @property
    def is_over(self) -> bool:
        return self.status not in (self.Status.WAITING, self.Status.COUNTING)

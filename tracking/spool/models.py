"""How far each host's spool has been taken in, and what could not be."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpoolHost(models.Model):
    """A host whose spool a drain empties; everything accepted there before ``drained_to`` is in
    PostgreSQL. Finalisation waits for every host that has not been removed. What it could not
    accept, for want of disk, is counted, up to ``lost_at``."""

    name = models.CharField(_("name"), max_length=200, primary_key=True)
    registered_at = models.DateTimeField(_("registered at"))
    drained_to = models.DateTimeField(_("drained to"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    lost_clicks = models.PositiveBigIntegerField(_("lost clicks"), default=0, db_default=0)
    lost_reports = models.PositiveBigIntegerField(_("lost reports"), default=0, db_default=0)
    lost_at = models.DateTimeField(_("lost at"), null=True, blank=True)

    class Meta:
        verbose_name = _("spool host")
        verbose_name_plural = _("spool hosts")

    def __str__(self) -> str:
        return self.name


class SpoolPosition(models.Model):
    """How far a spool segment has been taken in; moves in the transaction of what was taken."""

    host = models.ForeignKey(SpoolHost, models.CASCADE, related_name="positions")
    segment = models.CharField(max_length=200)
    offset = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("host", "segment"), name="spool_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.segment} {self.offset}"


class SetAside(models.Model):
    """A spooled record that could not be taken in, with why; the rest went on."""

    host = models.CharField(_("host"), max_length=200)
    segment = models.CharField(_("segment"), max_length=200)
    offset = models.BigIntegerField(_("offset"))
    record = models.TextField(_("record"))
    error = models.TextField(_("error"))
    set_aside_at = models.DateTimeField(_("set aside at"))
    replayed_at = models.DateTimeField(_("replayed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("record set aside")
        verbose_name_plural = _("records set aside")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("host", "segment", "offset"), name="set_aside_once_per_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment} {self.offset}"

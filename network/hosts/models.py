"""Tracking hosts of an advertiser's own, and how it was proven that they are."""

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from network.effective.guards import append_only, fixed
from network.effective.rows import bumps_policy, one_of


class ProofWay(models.TextChoices):
    """How a host was proven, or why no proof was asked for."""

    CNAME = "cname", _("CNAME record")
    TXT = "txt", _("TXT record")
    FILE = "file", _("File")
    LOCAL = "local", _("This machine")


class HostProof(models.Model):
    """That somebody who runs the host gave it to the advertiser. Kept when the host goes."""

    advertiser = models.ForeignKey("network.Advertiser", models.PROTECT, related_name="+")
    host = models.CharField(max_length=253)
    way = models.CharField(max_length=10, choices=ProofWay)
    proven_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    """Who had it checked; None: the network looked by itself."""

    class Meta:
        ordering = ("advertiser_id", "pk")
        constraints: ClassVar = [one_of("way", ProofWay, name="host_proof_way_is_known")]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return f"{self.host} {self.way}"


class TrackingHostQuerySet(models.QuerySet["TrackingHost"]):
    def proven(self) -> "TrackingHostQuerySet":
        """Those that may be used."""
        return self.filter(proof__isnull=False)


class TrackingHost(models.Model):
    """A tracking host that is one advertiser's own; the first that is proven is in its links. They
    are written by :mod:`network.hosts.tracking_hosts`, and proven by :mod:`network.hosts.proving`.

    Several advertisers may wait for the same host, so that nobody keeps it from its owner by
    naming it first.
    """

    advertiser = models.ForeignKey("network.Advertiser", models.PROTECT, related_name="own_hosts")
    host = models.CharField(max_length=253)
    position = models.PositiveSmallIntegerField()
    token = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())
    """What its TXT record or file has to say; nobody else can guess it."""
    proof = models.ForeignKey(
        HostProof, models.PROTECT, null=True, related_name="+", db_index=False
    )
    checked_at = models.DateTimeField(null=True)
    answers = models.JSONField(default=list, db_default=[])
    """What was found the last time, way by way (:mod:`network.hosts.proofs`)."""
    missing_since = models.DateTimeField(null=True)
    """When it was first found that nothing proves it any more."""

    objects: ClassVar = TrackingHostQuerySet.as_manager()

    class Meta:
        ordering = ("advertiser_id", "position")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(host=Lower("host")), name="tracking_host_lower_case"
            ),
            models.UniqueConstraint(
                fields=("advertiser", "position"), name="tracking_host_one_per_position"
            ),
            # By expressions it is an index, which is made without locking the table.
            models.UniqueConstraint("advertiser", "host", name="tracking_host_once_each"),
            models.UniqueConstraint(
                fields=("host",), condition=Q(proof__isnull=False), name="tracking_host_one_owner"
            ),
            models.CheckConstraint(
                condition=Q(missing_since__isnull=True) | Q(proof__isnull=False),
                name="tracking_host_missing_when_proven",
            ),
        ]
        triggers: ClassVar = [
            bumps_policy("position", "proof_id"),
            fixed("advertiser", "host", "token"),
            pgtrigger.Trigger(
                name="proof_is_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.proof_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM network_hostproof AS proof WHERE proof.id = NEW.proof_id
                        AND proof.advertiser_id = NEW.advertiser_id AND proof.host = NEW.host
                    ) THEN
                        RAISE EXCEPTION 'the proof is of another host or advertiser'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.host

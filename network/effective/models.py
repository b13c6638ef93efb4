"""What tracking processes ask to learn whether the policy has changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class PolicyVersion(models.Model):
    """One row, counted up by trigger with every change that tracking processes must know of."""

    version = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="policy_version_one")
        ]

    def __str__(self) -> str:
        return str(self.version)

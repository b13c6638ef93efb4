"""The people behind publishers: one team for all publisher ids of a company."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Team(models.Model):
    """Whoever works for one company; each of its publisher ids stands for one way to promote."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """What somebody may do for a team, and so for every publisher id that belongs to it."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MEMBER = "member", "Member"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_memberships"
    )
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("user", "team"), name="member_once_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.team}"

"""``manage.py recount``: the rollups counted again, where ``verify`` says that they are wrong."""

from typing import Any

from django.core.management.base import BaseCommand

from network.project import history
from tracking.models import Rollup
from tracking.rollups.recount import recount


class Command(BaseCommand):
    help = (
        "Count the rollups again from clicks and sales. Pages keep working; drains and workers "
        "wait. What was counted of clicks that are no longer kept stays as it is."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        history.check_complete()
        recount()
        self.stdout.write(f"Counted again: {Rollup.objects.count():,} rows of rollups.")

"""Asking for performance: who reads it sees what is theirs, on the page as in a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict

from network.pages.figures.periods import network_zone
from network.people import access
from network.people.access import Somebody
from publishers.models import Partnership
from tracking.figures.queries import Scope
from tracking.pages.performance.form import PerformanceForm
from tracking.pages.performance.table import Section, scope_of, sections


@dataclass(frozen=True, slots=True)
class AskedPerformance:
    """What somebody asks, of what they see."""

    form: PerformanceForm
    seen: QuerySet[Partnership]
    reader: Somebody

    def answer(self, now: datetime) -> Sequence[Section]:
        """Only of a valid form."""
        known = access.access_of(self.reader)
        own = None if known.operator else frozenset(known.staff_roles)
        scope = scope_of(self.form, self.seen, Scope(advertisers=own), now)
        return sections(self.form, scope, now, self.seen)


def asked(data: QueryDict, reader: Somebody, now: datetime) -> AskedPerformance:
    zone = network_zone()
    seen = access.for_staff(Partnership.objects.all(), reader)
    return AskedPerformance(
        PerformanceForm(data, now.astimezone(zone).date(), zone, seen), seen, reader
    )

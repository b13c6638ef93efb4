"""The sales that wait for something, from the rollups: whenever they were sold."""

from collections.abc import Collection
from itertools import groupby
from operator import itemgetter

from django.db.models import F, Sum

from tracking.commissions.states import SaleState
from tracking.figures.queries import By, Line, Scope, states_of
from tracking.models import Rollup
from tracking.rollups.contributions import STATES


def in_states(scope: Scope, states: Collection[SaleState]) -> list[Line]:
    """The sales that are in these states now: a line for each advertiser. One query."""
    wanted = [counted for counted, state in STATES.items() if state in states]
    found = Rollup.objects.filter(counted__in=wanted)
    if scope.advertisers is not None:
        found = found.filter(advertiser__in=scope.advertisers)
    rows = (
        found.values("advertiser", "counted", currency=F("advertiser__currency"))
        .annotate(number=Sum("count"), earned=Sum("commission_minor"))
        .order_by("advertiser")
    )
    return [
        Line(key={By.ADVERTISER: advertiser}, currency=own[0]["currency"], states=states_of(own))
        for advertiser, group in groupby(rows, key=itemgetter("advertiser"))
        for own in [list(group)]
    ]

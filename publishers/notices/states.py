"""Whether what notices announced is still to come, was cancelled, or was replaced by a later
decision."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publishers.models import Notice
from publishers.notices import forecast
from publishers.notices.news import AS_ONE, tells_of, turn_of
from publishers.partnerships.reading import read


class State(StrEnum):
    """What has come, or tells of a cancelling, is just told."""

    TOLD = ""
    COMING = "coming"
    CANCELLED = "cancelled"
    REPLACED = "replaced"

    @property
    def label(self) -> str:
        """As pages say it; empty for what is just told."""
        return str(_LABELS[self])

    @property
    def is_void(self) -> bool:
        """Whether what the notice says does not, or did not, come to be."""
        return self in (State.CANCELLED, State.REPLACED)


_LABELS: Mapping[State, Promise | str] = {
    State.TOLD: "",
    State.COMING: gettext_lazy("Still to come"),
    State.CANCELLED: gettext_lazy("Cancelled"),
    State.REPLACED: gettext_lazy("Replaced"),
}


def coming(notices: QuerySet[Notice], now: datetime) -> list[int]:
    """The ids of those whose changes are still to come."""
    ahead = notices.filter(takes_effect_at__gt=now).select_related("partnership")
    return [key for key, state in states(list(ahead), now).items() if state is State.COMING]


def states(notices: Sequence[Notice], now: datetime) -> Mapping[int, State]:
    """How each stands, by its id; in a constant number of queries."""
    announced = [row for row in notices if row.announces and not row.facts["cancelled"]]
    cancelled, held = _cancelled(announced), _held(announced)
    found = {row.pk: State.TOLD for row in notices}
    for row in announced:
        if row.pk in cancelled:
            found[row.pk] = State.CANCELLED
        elif row.pk not in held:
            found[row.pk] = State.REPLACED
        elif row.takes_effect_at > now:
            found[row.pk] = State.COMING
    return found


def _cancelled(announced: Sequence[Notice]) -> Collection[int]:
    """The ids of those that a later notice says are cancelled."""
    partnerships = {row.partnership_id for row in announced}
    cancelling = list(
        Notice.objects.filter(partnership__in=partnerships, facts__cancelled=True)
        if announced
        else ()
    )
    return {row.pk for row in announced if any(_cancels(later, row) for later in cancelling)}


def _cancels(later: Notice, notice: Notice) -> bool:
    return (
        later.pk > notice.pk
        and (later.partnership_id, later.event) == (notice.partnership_id, notice.event)
        and abs(later.takes_effect_at - notice.takes_effect_at) < AS_ONE
        and turn_of(later).after.decisive == turn_of(notice).after.decisive
    )


def _held(announced: Sequence[Notice]) -> Collection[int]:
    """The ids of those that tell what came or will come, as it was decided in the end. What held
    at the time of the notice cannot be replaced any more."""
    if not announced:
        return ()
    since = min(row.created_at for row in announced)
    partnerships = list({row.partnership for row in announced})
    found = forecast.outlooks(partnerships, read(partnerships), since)
    return {
        row.pk
        for row in announced
        if row.takes_effect_at <= row.created_at or tells_of(row, found[row.partnership_id])
    }

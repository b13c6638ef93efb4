"""Which notices people also get by email: all but for the kinds that they switched off.

What stops their clicks from counting is mailed whatever they chose.
"""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from network.models import User
from publishers.models import EmailOff, Notice, Partnership, PartnershipTerms
from publishers.notices.words import PROGRAMME_CLOSED, PUBLISHER_CLOSED
from publishers.teams.models import TeamMembership

STOPPED = frozenset(
    {
        PartnershipTerms.Status.SUSPENDED.value,
        PartnershipTerms.Status.ENDED.value,
        PROGRAMME_CLOSED,
        PUBLISHER_CLOSED,
    }
)
"""What a partnership has become when clicks no longer count."""
Event = Notice.Event


def is_mailed_always(notice: Notice) -> bool:
    return notice.event == Event.PARTNERSHIP and notice.facts["to"]["status"] in STOPPED


def choose(user: User, mailed: Collection[str]) -> None:
    """Let these kinds be mailed to somebody, and no others."""
    off = [EmailOff(user=user, event=event) for event in Event.values if event not in mailed]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one choice at a time
        EmailOff.objects.filter(user=user).delete()
        EmailOff.objects.bulk_create(off)


def mailed(user: User) -> list[str]:
    """The kinds that are mailed to somebody."""
    off = set(EmailOff.objects.filter(user=user).values_list("event", flat=True))
    return [event for event in Event.values if event not in off]


def switched_off(users: Iterable[int]) -> set[tuple[int, str]]:
    """Who switched off what. One query."""
    return set(EmailOff.objects.filter(user__in=set(users)).values_list("user", "event"))


def unheard(partnerships: Iterable[Partnership], notices: Sequence[Notice]) -> list[Partnership]:
    """Those whose team has people, who all switched off the emails of each of these notices. Two
    queries."""
    rows = list(partnerships)
    if not rows or any(is_mailed_always(notice) for notice in notices):
        return []
    teams = {row.publisher.team_id for row in rows}
    people = TeamMembership.objects.filter(team__in=teams, user__is_active=True)
    members = list(people.values_list("team", "user"))
    off = switched_off(user for _team, user in members)
    kinds = {notice.event for notice in notices}
    hears = {team for team, user in members if any((user, kind) not in off for kind in kinds)}
    peopled = {team for team, _user in members}
    return [row for row in rows if row.publisher.team_id in peopled - hears]


def why_not() -> str:
    """Beside an email that is not sent, because somebody did not want its kind."""
    return _("Switched off by the recipient.")

"""Who sees what: the one place that scopes a queryset to a tenant.

Operators see everything. Advertiser staff see the rows of their advertisers. Members of a team see
the rows of its publishers, on their own pages and never in the admin. What each role may do is in
:data:`STAFF_RIGHTS` and :data:`TEAM_RIGHTS`. Somebody may be several of these at once.

Every model has a rule in :data:`RULES`; one without is an error, not an open door.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet

from network.models import User

Row = TypeVar("Row", bound=Model)
Somebody = User | AnonymousUser
OWNER = "owner"
"""Of an advertiser, and of a team."""


class Right(StrEnum):
    """What a role can allow somebody at an advertiser, or for the publishers of a team."""

    READ = "read"
    CHANGE = "change"
    TEAM = "team"
    """Who belongs to it, and as what."""
    BANK = "bank"
    """Where a publisher's money goes."""


STAFF_RIGHTS: Mapping[str, frozenset[Right]] = {
    OWNER: frozenset({Right.READ, Right.CHANGE, Right.TEAM}),
    "manager": frozenset({Right.READ, Right.CHANGE}),
    "viewer": frozenset({Right.READ}),
}
TEAM_RIGHTS: Mapping[str, frozenset[Right]] = {
    OWNER: frozenset({Right.READ, Right.CHANGE, Right.TEAM, Right.BANK}),
    "member": frozenset({Right.READ, Right.CHANGE}),
}
NO_RIGHTS: frozenset[Right] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """The lookups that lead from a row to the tenants who may see it.

    Without one for advertisers, advertiser staff see no row of the model in the admin; without one
    for publishers, a publisher's pages may not ask for it. ``networks_too``: a row without an
    advertiser is the network's own and holds for all advertisers, so that all their staff see it;
    they change none.
    """

    advertiser: str = ""
    publisher: str = ""
    networks_too: bool = False


OPERATORS_ONLY = Rule()
_BOTH = Rule(advertiser="advertiser", publisher="publisher")
_ADVERTISER = Rule(advertiser="advertiser")

RULES: Mapping[str, Rule] = {
    "admin.logentry": OPERATORS_ONLY,
    "network.advertiser": Rule(advertiser="pk"),
    "network.answeredcall": OPERATORS_ONLY,  # no page shows what systems asked
    "network.apikey": _ADVERTISER,
    "network.attributionterms": _ADVERTISER,
    "network.commissiongroup": _ADVERTISER,
    "network.commissionrate": _ADVERTISER,
    "network.hostproof": _ADVERTISER,
    "network.policyversion": OPERATORS_ONLY,
    "network.savedreport": OPERATORS_ONLY,
    "network.signingkey": _ADVERTISER,
    "network.staffmembership": OPERATORS_ONLY,
    "network.trackinghost": _ADVERTISER,
    "network.user": OPERATORS_ONLY,
    "publishers.cookietypeassignment": _BOTH,
    "publishers.emailoff": OPERATORS_ONLY,  # and the person: publishers.notices.choices
    "publishers.invitation": OPERATORS_ONLY,
    "publishers.invitationsending": OPERATORS_ONLY,
    "publishers.ledgeraccount": _BOTH,
    "publishers.ledgerentry": Rule(
        advertiser="transaction__advertiser", publisher="account__publisher"
    ),
    "publishers.ledgersum": Rule(advertiser="account__advertiser", publisher="account__publisher"),
    "publishers.ledgertransaction": _BOTH,
    "publishers.modeltypecookietype": Rule(advertiser="advertiser", networks_too=True),
    "publishers.notice": _BOTH,
    "publishers.noticemail": OPERATORS_ONLY,
    "publishers.noticesread": Rule(publisher="publisher"),
    "publishers.partnernote": Rule(advertiser="partnership__advertiser"),
    "publishers.partnership": _BOTH,
    "publishers.partnershipterms": _BOTH,
    "publishers.publisher": Rule(publisher="pk"),
    "publishers.publishermodeltype": Rule(publisher="publisher"),
    "publishers.team": Rule(publisher="publishers"),
    "publishers.teammembership": Rule(publisher="team__publishers"),
    "tracking.click": _BOTH,
    "tracking.commission": _BOTH,
    "tracking.conversion": _ADVERTISER,
    "tracking.conversionjourney": _ADVERTISER,
    "tracking.correction": _ADVERTISER,
    "tracking.decision": _ADVERTISER,
    "tracking.landing": _BOTH,
    "tracking.orderseen": OPERATORS_ONLY,
    "tracking.report": _ADVERTISER,
    "tracking.rollup": _BOTH,
    "tracking.setaside": OPERATORS_ONLY,
    "tracking.spoolhost": OPERATORS_ONLY,
    "tracking.spoolposition": OPERATORS_ONLY,
    "tracking.unattributedsales": _ADVERTISER,
    "tracking.validation": _ADVERTISER,
    "tracking.whatifrun": OPERATORS_ONLY,  # and the person who asked: tracking.whatif.runs.of
}


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may do: roles at advertisers, at publishers and in the teams behind these,
    each by its id."""

    operator: bool = False
    staff_roles: Mapping[int, str] = field(default_factory=dict)
    publisher_roles: Mapping[int, str] = field(default_factory=dict)
    team_roles: Mapping[int, str] = field(default_factory=dict)

    @property
    def enters_admin(self) -> bool:
        return self.operator or bool(self.staff_roles)

    @property
    def is_owner(self) -> bool:
        """Whether this person decides who else gets in anywhere."""
        roles = (*self.staff_roles.values(), *self.team_roles.values())
        return self.operator or OWNER in roles

    @property
    def manages_any(self) -> bool:
        return self.operator or any(map(self.manages, self.staff_roles))

    def manages(self, advertiser_id: int) -> bool:
        """Whether this person may change what belongs to the advertiser."""
        return self.may(Right.CHANGE, advertiser_id)

    def may(self, right: Right, advertiser_id: int) -> bool:
        """At an advertiser; an operator may everything there."""
        return self.operator or right in _rights(STAFF_RIGHTS, self.staff_roles, advertiser_id)

    def may_for_publisher(self, right: Right, publisher_id: int) -> bool:
        """On a publisher's own pages, which are its team's alone."""
        return right in _rights(TEAM_RIGHTS, self.publisher_roles, publisher_id)

    def may_in_team(self, right: Right, team_id: int) -> bool:
        return right in _rights(TEAM_RIGHTS, self.team_roles, team_id)

    def sees_in_admin(self, model: type[Model]) -> bool:
        """Whether the admin shows this person any row of the model."""
        rule = rule_of(model)
        return self.operator or (self.enters_admin and bool(rule.advertiser))


def _rights(
    table: Mapping[str, frozenset[Right]], roles: Mapping[int, str], key: int
) -> frozenset[Right]:
    return table.get(roles.get(key, ""), NO_RIGHTS)


def access_of(user: Somebody) -> Access:
    """What the user may do; asked once for each request, as the user is loaded once for it."""
    known: Access | None = getattr(user, "_access", None)
    if known is None:
        known = _load(user)
        user._access = known  # type: ignore[union-attr]
    return known


def rule_of(model: type[Model]) -> Rule:
    """The model's rule. Raises ImproperlyConfigured for a model that has none."""
    try:
        return RULES[model._meta.label_lower]
    except KeyError:
        raise ImproperlyConfigured(
            f"{model._meta.label} has no rule in network.people.access.RULES: say who may see "
            "its rows."
        ) from None


def for_staff(queryset: QuerySet[Row], user: Somebody) -> QuerySet[Row]:
    """The rows that the admin may show this user."""
    access = access_of(user)
    return queryset if access.operator else of_advertisers(queryset, access.staff_roles)


def of_advertisers(queryset: QuerySet[Row], advertisers: Collection[int]) -> QuerySet[Row]:
    """The rows that staff of these advertisers see."""
    rule = rule_of(queryset.model)
    if not (rule.networks_too and advertisers):
        return _within(queryset, rule.advertiser, advertisers)
    theirs = Q(**{f"{rule.advertiser}__in": list(advertisers)})
    return queryset.filter(theirs | Q(**{f"{rule.advertiser}__isnull": True}))


def for_managers(queryset: QuerySet[Row], user: Somebody) -> QuerySet[Row]:
    """The rows that this user may change, or change something about."""
    access, rule = access_of(user), rule_of(queryset.model)
    if access.operator:
        return queryset
    managed = [advertiser for advertiser in access.staff_roles if access.manages(advertiser)]
    return _within(queryset, rule.advertiser, managed)


def for_publisher(queryset: QuerySet[Row], publisher_id: int) -> QuerySet[Row]:
    """One publisher's rows. Raises ImproperlyConfigured for a model that is not for publishers."""
    rule = rule_of(queryset.model)
    if not rule.publisher:
        raise ImproperlyConfigured(f"{queryset.model._meta.label} is not shown to publishers.")
    return _within(queryset, rule.publisher, [publisher_id])


class Decision(Protocol):
    """Something that was decided; ``is_networks``: above every advertiser."""

    @property
    def made_by(self) -> User | None: ...

    @property
    def is_networks(self) -> bool: ...


def maker(decision: Decision, viewer: Somebody) -> User | None:
    """Who decided, as far as this person may know; None: the network. What holds for all is the
    network's, whichever operator decided it; only operators see who."""
    if decision.is_networks and not access_of(viewer).operator:
        return None
    return decision.made_by


def _within(queryset: QuerySet[Row], lookup: str, tenants: Iterable[int]) -> QuerySet[Row]:
    if not lookup:
        return queryset.none()
    wanted: dict[str, Any] = {f"{lookup}__in": list(tenants)}
    return queryset.filter(**wanted)


def _load(user: Somebody) -> Access:
    if isinstance(user, AnonymousUser) or not user.is_active:
        return Access()
    if user.is_superuser:
        staff_roles: dict[int, str] = {}
    else:
        staff_roles = dict(user.staff_memberships.values_list("advertiser_id", "role"))
    of_teams = user.team_memberships.values_list("team", "team__publishers", "role")
    return Access(
        operator=user.is_superuser,
        staff_roles=staff_roles,
        publisher_roles={publisher: role for _, publisher, role in of_teams if publisher},
        team_roles={team: role for team, _, role in of_teams},
    )

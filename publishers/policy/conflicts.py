"""What others changed about the cookie types of some partners since somebody looked at them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from network import dates
from network.effective.rows import COMMIT_WITHIN, SPREAD
from network.models import User
from network.people import access
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import Policy, PolicyRow
from publishers.models import (
    AssignedType,
    CookieTypeAssignment,
    ModelTypeCookieType,
    Partnership,
    PartnershipTerms,
    PublisherModelType,
)
from publishers.policy.departed import REMEDIES

UNDER_WAY = COMMIT_WITHIN
"""A change that was being made when somebody's page was, and that the page did not know of yet."""

_MOMENTS_AGO = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A change that somebody made: ``what``, such as "CouponCat was set to soft"; ``by`` whom, if
    anybody in particular; ``starts_at`` is None when it holds at once."""

    what: str
    made_at: datetime
    by: str
    starts_at: datetime | None

    def told(self, now: datetime) -> str:
        """``CouponCat was set to soft 2 minutes ago by olga.``"""
        starts = f" from {dates.zoned(self.starts_at)}" if self.starts_at else ""
        since = now - self.made_at
        ago = "just now" if since < _MOMENTS_AGO else f"{dates.about(since)} ago"
        by = f" by {self.by}" if self.by else ""
        return f"{self.what}{starts} {ago}{by}."


def changed_since(
    partnerships: Sequence[Partnership],
    seen: datetime,
    *,
    by_others_than: User | None,
    said: PolicyRow,
) -> list[Meanwhile]:
    """What somebody else changed after ``seen`` that decides about one of these, as things are or
    with what is to be said (``said``, with its start), or that says something else about the same
    as it; the newest first. A constant number of queries."""
    since = Q(created_at__gt=seen)
    if by_others_than is not None:
        since &= Q(made_by__isnull=True) | ~Q(made_by=by_others_than)
    rows = list(_rows(partnerships, since, said))
    policies = cookie_types.policies(partnerships) if rows else {}
    deciding = [
        row
        for row in rows
        if _is_about_the_same(row, said)
        or any(_decides(row, one, policies[one.pk], said) for one in partnerships)
    ]
    found = [_told(row, by_others_than) for row in (*deciding, *_departing(partnerships, since))]
    return sorted(found, key=lambda change: change.made_at, reverse=True)


def _rows(partnerships: Sequence[Partnership], since: Q, said: PolicyRow) -> Iterator[PolicyRow]:
    publishers = {row.publisher_id for row in partnerships}
    advertisers = {row.advertiser_id for row in partnerships}
    if isinstance(said, PublisherModelType):
        publishers.add(said.publisher_id)
    elif isinstance(said, ModelTypeCookieType) and said.advertiser_id is not None:
        advertisers.add(said.advertiser_id)
    of_defaults = Q(advertiser__in=advertisers) | Q(advertiser__isnull=True)
    own = CookieTypeAssignment.all_rows.filter(since, partnership__in=partnerships)
    kinds = PublisherModelType.all_rows.filter(since, publisher__in=publishers)
    defaults = ModelTypeCookieType.all_rows.filter(since, of_defaults)
    yield from own.select_related("made_by", "publisher")
    yield from kinds.select_related("made_by", "publisher")
    yield from defaults.select_related("made_by", "advertiser")


def _is_about_the_same(row: PolicyRow, said: PolicyRow) -> bool:
    """Whether both are a default of the same, or the model type of the same publisher."""
    return type(row) is type(said) and all(
        row.serializable_value(name) == said.serializable_value(name) for name in row.holds_for
    )


def _departing(partnerships: Sequence[Partnership], since: Q) -> QuerySet[PartnershipTerms]:
    """Of those that are no partner since, or will not be."""
    rows = PartnershipTerms.objects.filter(since, partnership__in=partnerships)
    return rows.filter(status__in=REMEDIES).select_related("made_by", "publisher")


def _decides(row: PolicyRow, partnership: Partnership, policy: Policy, said: PolicyRow) -> bool:
    """Whether the row, or what it cancels, says which type the partnership has when it starts, or
    will have once ``said`` holds."""
    if isinstance(row, CookieTypeAssignment):
        return row.partnership_id == partnership.pk
    if isinstance(row, PublisherModelType) and row.publisher_id != partnership.publisher_id:
        return False
    changed, later = cookie_types.policy_with(policy, said), max(row.starts_at, said.starts_at)
    return any(
        _is_asked(row, partnership, held, at)
        for held, at in ((policy, row.starts_at), (changed, later))
    )


def _is_asked(
    row: PublisherModelType | ModelTypeCookieType,
    partnership: Partnership,
    policy: Policy,
    at: datetime,
) -> bool:
    """Whether nothing nearer to the partnership than the row says something."""
    kind = cookie_types.in_force(policy, at)
    if isinstance(row, PublisherModelType):
        return kind.source != "own"
    if row.model_type != kind.model_type:
        return False
    if row.advertiser_id is None:
        return kind.source == "network"
    return row.advertiser_id == partnership.advertiser_id and kind.source != "own"


# --- In words -----------------------------------------------------------------------------------


def _told(row: PolicyRow | PartnershipTerms, viewer: User | None) -> Meanwhile:
    whose, by = _whose(row), _by(row, viewer)
    if row.cancels_id is not None:
        what = f"A coming change of {whose} was cancelled"
        return Meanwhile(what, row.created_at, by, None)
    later = row.starts_at if row.starts_at > row.created_at + SPREAD else None
    return Meanwhile(f"{_capital(whose)} was {_what(row)}", row.created_at, by, later)


def _by(row: PolicyRow | PartnershipTerms, viewer: User | None) -> str:
    """As ``viewer`` is told, or with the name where nobody is known to look."""
    who = access.maker(row, viewer) if viewer else row.made_by
    return str(who or ("the network" if row.is_networks and row.made_by else ""))


def _whose(row: PolicyRow | PartnershipTerms) -> str:
    match row:
        case CookieTypeAssignment():
            return str(row.publisher)
        case PublisherModelType():
            return f"the model type of {row.publisher}"
        case ModelTypeCookieType():
            return (
                f"the {row.get_model_type_display()} default of {row.advertiser or 'the network'}"
            )
        case _:
            return f"the partnership of {row.publisher}"


def _what(row: PolicyRow | PartnershipTerms) -> str:
    if isinstance(row, PublisherModelType):
        return f"changed to {row.get_model_type_display()}"
    if isinstance(row, PartnershipTerms):
        return row.status
    if row.cookie_type == AssignedType.INHERIT:
        return "set back to the default"
    return f"set to {row.cookie_type}"


def _capital(text: str) -> str:
    """A name stays as it is written."""
    return f"The {text[4:]}" if text.startswith("the ") else text

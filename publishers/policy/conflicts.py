"""What others changed about the cookie types of some partners since somebody looked at them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

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
from publishers.policy.departed import STATUSES

UNDER_WAY = COMMIT_WITHIN
"""A change that was being made when somebody's page was, and that the page did not know of yet."""

_MOMENTS_AGO = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A change that somebody made. ``what`` is its sentence, to be filled with ``names`` and how
    long ago it was made; ``by`` who, if anybody in particular; ``starts_at`` is None when it holds
    at once."""

    what: str
    names: Mapping[str, str]
    made_at: datetime
    by: str
    starts_at: datetime | None

    def told(self, now: datetime) -> str:
        """``CouponCat was set to soft 2 minutes ago. It was changed by olga.``"""
        since = now - self.made_at
        ago = _("just now")
        if since >= _MOMENTS_AGO:
            ago = _("%(duration)s ago") % {"duration": dates.about(since)}
        said = [self.what % {**self.names, "ago": ago}]
        if self.starts_at:
            said.append(_("It starts on %(start)s.") % {"start": dates.zoned(self.starts_at)})
        if self.by:
            said.append(_("It was changed by %(person)s.") % {"person": self.by})
        return " ".join(said)


def changed_since(
    partnerships: Sequence[Partnership],
    seen: datetime,
    *,
    by_others_than: User | None,
    said: PolicyRow,
    policies: Mapping[int, Policy],
) -> list[Meanwhile]:
    """What somebody else changed after ``seen`` that decides about one of these, as things are or
    with what is to be said (``said``, with its start), or that says something else about the same
    as it; the newest first. A constant number of queries. ``policies`` are what decides now, by the
    partnerships' ids."""
    since = Q(created_at__gt=seen)
    if by_others_than is not None:
        since &= Q(made_by__isnull=True) | ~Q(made_by=by_others_than)
    rows = list(_rows(partnerships, since, said))
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
    """Of those that are not partners since, or will not be."""
    rows = PartnershipTerms.objects.filter(since, partnership__in=partnerships)
    return rows.filter(status__in=STATUSES).select_related("made_by", "publisher")


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
    if row.cancels_id is not None:
        return Meanwhile(_cancelled(row), _names(row), row.created_at, _by(row, viewer), None)
    later = row.starts_at if row.starts_at > row.created_at + SPREAD else None
    return Meanwhile(_changed(row), _names(row), row.created_at, _by(row, viewer), later)


def _by(row: PolicyRow | PartnershipTerms, viewer: User | None) -> str:
    """As ``viewer`` may know, or with the name where the reader is unknown."""
    who = access.maker(row, viewer) if viewer else row.made_by
    return str(who or (_("the network") if row.is_networks and row.made_by else ""))


def _names(row: PolicyRow | PartnershipTerms) -> Mapping[str, str]:
    match row:
        case PublisherModelType():
            label = str(row.get_model_type_display())
            return {"partner": str(row.publisher), "model_type": label}
        case ModelTypeCookieType():
            return {
                "advertiser": str(row.advertiser or ""),
                "model_type": str(row.get_model_type_display()),
                "type": str(row.get_cookie_type_display()).lower(),
            }
        case CookieTypeAssignment():
            label = str(row.get_cookie_type_display()).lower()
            return {"partner": str(row.publisher), "type": label}
        case _:
            return {"partner": str(row.publisher)}


def _cancelled(row: PolicyRow | PartnershipTerms) -> str:
    match row:
        case CookieTypeAssignment():
            return _("A coming change of %(partner)s was cancelled %(ago)s.")
        case PublisherModelType():
            return _("A coming change of the model type of %(partner)s was cancelled %(ago)s.")
        case ModelTypeCookieType() if row.advertiser_id is None:
            return _(
                "A coming change of the network's %(model_type)s default was cancelled %(ago)s."
            )
        case ModelTypeCookieType():
            return _(
                "A coming change of the %(model_type)s default of %(advertiser)s was cancelled "
                "%(ago)s."
            )
        case _:
            return _("A coming change of the partnership of %(partner)s was cancelled %(ago)s.")


def _changed(row: PolicyRow | PartnershipTerms) -> str:
    match row:
        case CookieTypeAssignment() if row.cookie_type == AssignedType.INHERIT:
            return _("%(partner)s was set back to the default %(ago)s.")
        case CookieTypeAssignment():
            return _("%(partner)s was set to %(type)s %(ago)s.")
        case PublisherModelType():
            return _("The model type of %(partner)s was changed to %(model_type)s %(ago)s.")
        case ModelTypeCookieType() if row.advertiser_id is None:
            return _("The network's %(model_type)s default was set to %(type)s %(ago)s.")
        case ModelTypeCookieType() if row.cookie_type == AssignedType.INHERIT:
            return _(
                "The %(model_type)s default of %(advertiser)s was set back to the network's "
                "%(ago)s."
            )
        case ModelTypeCookieType():
            return _("The %(model_type)s default of %(advertiser)s was set to %(type)s %(ago)s.")
        case _:
            return _departed(row.status)


def _departed(status: str) -> str:
    match status:
        case PartnershipTerms.Status.ENDED:
            return _("The partnership of %(partner)s was ended %(ago)s.")
        case PartnershipTerms.Status.DECLINED:
            return _("The partnership of %(partner)s was declined %(ago)s.")
        case _:
            return _("The partnership of %(partner)s was suspended %(ago)s.")

"""Creating publishers, and their partnerships with advertisers over time."""

from datetime import datetime

from django.db import IntegrityError, transaction

from network.effective import add_row, start_or_now
from network.models import Advertiser, User
from publishers.models import (
    PartnerNote,
    Partnership,
    PartnershipTerms,
    Publisher,
    PublisherModelType,
)
from publishers.notices import telling_partners
from publishers.team_models import Team

MAX_MESSAGE = 500
TERMS_FIELDS = ("status", "hard_days", "in_page", "strictly_necessary", "evidence")


class AlreadyPartner(ValueError):
    """There is a partnership of the two already, whatever its status."""


@transaction.atomic
def create_publisher(
    name: str,
    model_type: str,
    now: datetime,
    *,
    website: str = "",
    made_by: User | None = None,
    team: Team | None = None,
) -> Publisher:
    """Create a publisher with its model type, in force at once, in a team of its own unless it
    joins one. Raises ValidationError."""
    team = team or Team.objects.create(name=name, created_at=now)
    publisher = Publisher(name=name, website=website, team=team, created_at=now)
    publisher.full_clean()
    publisher.save(force_insert=True)
    start_publisher(publisher, model_type, now, made_by)
    return publisher


def start_publisher(
    publisher: Publisher, model_type: str, now: datetime, made_by: User | None
) -> None:
    """Give a new publisher its first model type."""
    add_row(
        PublisherModelType(
            publisher=publisher,
            model_type=model_type,
            starts_at=now,
            created_at=now,
            made_by=made_by,
        )
    )


@transaction.atomic
def create_partnership(
    advertiser: Advertiser,
    publisher: Publisher,
    now: datetime,
    *,
    made_by: User | None,
    **terms: object,
) -> Partnership:
    """A new partnership, with ``terms`` (``status`` and so on) in force at once."""
    partnership = _create(advertiser, publisher, now)
    start_partnership(partnership, now, made_by, **terms)
    return partnership


def start_partnership(
    partnership: Partnership, now: datetime, made_by: User | None, **terms: object
) -> None:
    """Give a new partnership its first terms; without a status it has applied."""
    with telling_partners([partnership], now, made_by=made_by, reason=""):
        _add_terms(partnership, {"status": "applied", **terms}, (now, now, made_by, ""))


def apply(
    advertiser: Advertiser,
    publisher: Publisher,
    now: datetime,
    *,
    made_by: User,
    message: str = "",
) -> Partnership:
    """A publisher's application; staff decide. ``message`` is the reason of its first terms.
    Raises AlreadyPartner, and ValidationError for a message that is too long."""
    if Partnership.objects.filter(advertiser=advertiser, publisher=publisher).exists():
        raise AlreadyPartner
    try:
        with transaction.atomic():
            partnership = _create(advertiser, publisher, now)
            _add_terms(partnership, {"status": "applied"}, (now, now, made_by, message.strip()))
    except IntegrityError as error:  # the same form, sent twice at once
        raise AlreadyPartner from error
    return partnership


def change_terms(
    partnership: Partnership,
    changes: dict[str, object],
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
) -> PartnershipTerms:
    """Add a row of terms: those in force at its start, with ``changes``. Clicks of a partnership
    that has ended keep their claims. The partner is told, with the ``reason``. Raises StartInPast,
    ChangedMeanwhile, ValidationError."""
    starts_at = start_or_now(start, now)
    with telling_partners([partnership], now, made_by=made_by, reason=reason):
        before = terms_at(partnership, starts_at)
        kept = {name: getattr(before, name) for name in TERMS_FIELDS} if before else {}
        return _add_terms(partnership, {**kept, **changes}, (starts_at, now, made_by, reason))


def approve(
    partnership: Partnership, now: datetime, *, made_by: User | None, reason: str = ""
) -> PartnershipTerms:
    return change_terms(partnership, {"status": "approved"}, now, made_by=made_by, reason=reason)


def add_note(partnership: Partnership, text: str, now: datetime, *, made_by: User) -> PartnerNote:
    """Remember something about a partner, among staff. Raises ValidationError."""
    note = PartnerNote(partnership=partnership, text=text.strip(), made_by=made_by, created_at=now)
    note.full_clean()
    note.save(force_insert=True)
    return note


def terms_at(partnership: Partnership, at: datetime) -> PartnershipTerms | None:
    """The terms in force; None before the first."""
    return partnership.terms.filter(starts_at__lte=at).order_by("-starts_at").first()


def _create(advertiser: Advertiser, publisher: Publisher, now: datetime) -> Partnership:
    partnership = Partnership(advertiser=advertiser, publisher=publisher, created_at=now)
    partnership.full_clean()
    partnership.save(force_insert=True)
    return partnership


def _add_terms(
    partnership: Partnership,
    values: dict[str, object],
    stamp: tuple[datetime, datetime, User | None, str],
) -> PartnershipTerms:
    starts_at, created_at, made_by, reason = stamp
    return add_row(
        PartnershipTerms(
            advertiser_id=partnership.advertiser_id,
            publisher_id=partnership.publisher_id,
            partnership=partnership,
            starts_at=starts_at,
            created_at=created_at,
            made_by=made_by,
            reason=reason,
            **values,
        )
    )

"""Creating publishers, and their partnerships with advertisers over time."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from network import dates
from network.effective import queries, rebasing, timeline
from network.effective.queries import History
from network.effective.rows import (
    BESIDE_CANCELLED,
    SPREAD,
    Refused,
    add_row,
    add_rows,
    start_or_now,
)
from network.models import Advertiser, User
from publishers.models import (
    PartnerNote,
    Partnership,
    PartnershipTerms,
    Publisher,
    PublisherModelType,
)
from publishers.notices.writing import telling_partners
from publishers.partnerships.standing import decided_by
from publishers.teams.models import Team

MAX_MESSAGE = 500
TERMS_FIELDS = PartnershipTerms.carried
Status = PartnershipTerms.Status


class NotDecidable(Refused):
    """A status from which the partnership cannot get to the one that was decided."""


class AlreadyPartner(ValueError):
    """There is a partnership of the two already, whatever its status."""


@transaction.atomic
def create_publisher(
    name: str,
    model_type: str,
    now: datetime,
    *,
    website: str = "",
    promotion: str = "",
    made_by: User | None = None,
    team: Team | None = None,
) -> Publisher:
    """Create a publisher with its model type, in force at once, in a team of its own unless it
    joins one. Raises ValidationError."""
    team = team or Team.objects.create(name=name, created_at=now)
    publisher = Publisher(
        name=name, website=website, promotion=promotion, team=team, created_at=now
    )
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
    with telling_partners(
        [partnership], now, changing=PartnershipTerms, made_by=made_by, reason=""
    ) as reading:
        row = _row(partnership, now, now, made_by, "")
        rebasing.change(row, {"status": Status.APPLIED, **terms}, reading.own[partnership.pk])


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
            row = _row(partnership, now, now, made_by, message.strip())
            rebasing.change(row, {"status": Status.APPLIED}, History())
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
    known: int | None = None,
) -> PartnershipTerms:
    """Add a row of terms: those in force at its start, with ``changes``; coming ones follow
    (:mod:`network.effective.rebasing`). Clicks of a partnership that has ended keep their claims.
    The partner gets a notice with the ``reason``. ``known`` is the newest row that the page knew by
    which this was decided. Raises StartInPast, ChangedMeanwhile when somebody else has changed them
    since or with the same start, ValidationError."""
    row = _row(partnership, start_or_now(start, now), now, made_by, reason)
    with telling_partners(
        [partnership], now, changing=PartnershipTerms, made_by=made_by, reason=reason
    ) as reading:
        history = reading.own[partnership.pk]
        if known is not None:
            rebasing.refuse_unknown(row, known, now, history)
        return rebasing.change(row, changes, history)


def decide(
    partnership: Partnership,
    status: str,
    now: datetime,
    *,
    made_by: User | None,
    reason: str = "",
    start: datetime | None = None,
    known: int | None = None,
) -> PartnershipTerms:
    """Decide about the status: what was to come of it is withdrawn, other terms to come stay to
    come. Raises NotDecidable, also to lift what :func:`may_lift` says is not theirs to lift, and as
    :func:`change_terms`; but to suspend, what others decided and a start that is taken are no
    hindrance."""
    row = _row(partnership, start_or_now(start, now), now, made_by, reason)
    with telling_partners(
        [partnership], now, changing=PartnershipTerms, made_by=made_by, reason=reason
    ) as reading:
        history = reading.own[partnership.pk]
        begun = timeline.begun(history.held, row.starts_at)
        _refuse_undecidable(partnership, PartnershipTerms.DECIDED_FROM[status], begun)
        _refuse_lifting(partnership, status, begun, made_by)
        if status == Status.SUSPENDED:
            row.starts_at = _free_start(history, row.starts_at)
        elif known is not None:
            rebasing.refuse_unknown(row, known, now, history)
        return rebasing.change(row, {"status": status}, history)


def accept(
    partnerships: Sequence[Partnership], now: datetime, *, made_by: User | None, reason: str = ""
) -> None:
    """Approve applications, all or none, in a constant number of queries unless terms are to come.
    Raises NotDecidable of who has not applied, or was decided about."""
    starts_at = start_or_now(None, now)
    with telling_partners(
        partnerships, now, changing=PartnershipTerms, made_by=made_by, reason=reason
    ) as reading:
        at_once = []
        for partnership in partnerships:
            history = reading.own[partnership.pk]
            begun = timeline.begun(history.held, starts_at)
            _refuse_undecidable(partnership, {Status.APPLIED}, begun)
            row = _row(partnership, starts_at, now, made_by, reason)
            if not begun or begun != history.held:
                rebasing.change(row, {"status": Status.APPROVED}, history)
                continue
            for name, value in {**rebasing.values_of(begun[-1]), "status": Status.APPROVED}.items():
                setattr(row, name, value)
            at_once.append(row)
        add_rows(at_once)


def may_lift(decided: PartnershipTerms, person: User | None) -> bool:
    """Whether this person may end the suspension that ``decided`` began: what operators have
    suspended only operators approve again."""
    is_networks = decided.made_by is None or decided.made_by.is_superuser
    return not is_networks or person is None or person.is_superuser


def refuse_lifting(partnership: Partnership, now: datetime, person: User | None) -> None:
    """Raises NotDecidable where :func:`may_lift` says that the suspension is not theirs to lift."""
    begun = queries.in_order(queries.begun(partnership.terms.all(), now + SPREAD))
    _refuse_lifting(partnership, Status.APPROVED, list(begun), person)


def foreseen(
    partnership: Partnership, status: str, now: datetime, history: History[PartnershipTerms]
) -> list[rebasing.Rebased[PartnershipTerms]]:
    """What becomes of the terms to come when this is decided now."""
    row = _row(partnership, start_or_now(None, now), now, None, "")
    return rebasing.foreseen(row, {"status": status}, history)


def add_note(partnership: Partnership, text: str, now: datetime, *, made_by: User) -> PartnerNote:
    """Remember something about a partner, among staff. Raises ValidationError."""
    note = PartnerNote(partnership=partnership, text=text.strip(), made_by=made_by, created_at=now)
    note.full_clean()
    note.save(force_insert=True)
    return note


def _create(advertiser: Advertiser, publisher: Publisher, now: datetime) -> Partnership:
    partnership = Partnership(advertiser=advertiser, publisher=publisher, created_at=now)
    partnership.full_clean()
    partnership.save(force_insert=True)
    return partnership


def _row(
    partnership: Partnership,
    starts_at: datetime,
    now: datetime,
    made_by: User | None,
    reason: str,
) -> PartnershipTerms:
    return PartnershipTerms(
        advertiser_id=partnership.advertiser_id,
        publisher_id=partnership.publisher_id,
        partnership=partnership,
        starts_at=starts_at,
        created_at=now,
        made_by=made_by,
        reason=reason,
    )


def _refuse_undecidable(
    partnership: Partnership, statuses: Collection[str], begun: Iterable[PartnershipTerms]
) -> None:
    held = decided_by(begun)
    if held is None or held.status in statuses:
        return
    raise NotDecidable(
        _(
            "%(publisher)s is %(status)s from %(start)s, as decided by %(person)s. Look at it and "
            "try again."
        )
        % {
            "publisher": partnership.publisher,
            "status": held.get_status_display().lower(),
            "start": dates.zoned(held.starts_at),
            "person": held.made_by or _("the network"),
        }
    )


def _refuse_lifting(
    partnership: Partnership,
    status: str,
    begun: Iterable[PartnershipTerms],
    made_by: User | None,
) -> None:
    held = decided_by(begun)
    if held is None or held.status != Status.SUSPENDED or status == Status.SUSPENDED:
        return
    if not may_lift(held, made_by):
        raise NotDecidable(
            _(
                "The network's operators suspended %(publisher)s, so only they can lift it. Write "
                "to them if it should be a partner again."
            )
            % {"publisher": partnership.publisher}
        )


def _free_start(history: History[PartnershipTerms], at: datetime) -> datetime:
    taken = {row.starts_at for row in history.rows if row.cancels_id is None}
    while at in taken:
        at += BESIDE_CANCELLED
    return at

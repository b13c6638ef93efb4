"""Staff ask who has applied, and the publisher answers: while the application waits."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from network.effective import queries
from network.effective.rows import Refused
from network.models import User
from publishers.models import Notice, PartnerNote, Partnership, PartnershipTerms
from publishers.notices.writing import address
from publishers.policy.deciding import add_note

MAX_QUESTION = MAX_ANSWER = 500


class NotWaiting(Refused):
    """The application has been decided; nothing more is asked or answered."""


@transaction.atomic
def ask(partnership: Partnership, question: str, now: datetime, *, made_by: User) -> Notice:
    """A notice with the question, mailed to the publisher's team. Raises NotWaiting."""
    _refuse_decided(partnership, now)
    notice = Notice.objects.create(
        publisher_id=partnership.publisher_id,
        advertiser_id=partnership.advertiser_id,
        partnership=partnership,
        event=Notice.Event.ASKED,
        created_at=now,
        takes_effect_at=now,
        decided_by=Notice.Decider.of(made_by),
        made_by=made_by,
        facts={"question": question.strip(), "cancelled": False},
    )
    address([notice], now)
    return notice


@transaction.atomic
def answer(partnership: Partnership, text: str, now: datetime, *, made_by: User) -> PartnerNote:
    """Kept among the notes about the partner, where staff read it beside the application. Raises
    NotWaiting, also where nothing was asked."""
    _refuse_decided(partnership, now)
    if partnership.pk not in questions([partnership.pk]):
        raise NotWaiting(_("Nothing was asked about this application."))
    return add_note(partnership, _("Answer: %(text)s") % {"text": text}, now, made_by=made_by)


def questions(partnerships: Collection[int]) -> Mapping[int, str]:
    """What was asked last about each, by the partnership's id. One query."""
    rows = Notice.objects.filter(partnership__in=partnerships, event=Notice.Event.ASKED)
    return {row.partnership_id: row.facts["question"] for row in rows.order_by("pk")}


def _refuse_decided(partnership: Partnership, now: datetime) -> None:
    held = queries.in_force(partnership.terms.all(), now)
    if held is None or held.status != PartnershipTerms.Status.APPLIED:
        raise NotWaiting(_("This application has been decided already."))

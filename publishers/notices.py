"""Telling publishers what changes for them: notices and their mails, written with the change."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from network.models import PolicyVersion, User
from publishers import cookie_types, outlook
from publishers.cookie_types import Policy, PolicyRow
from publishers.models import (
    CookieTypeAssignment,
    ModelTypeCookieType,
    Notice,
    NoticeMail,
    Partnership,
)
from publishers.notice_words import MailText, mail_text
from publishers.outlook import News
from publishers.tasks import send_notices
from publishers.team_models import TeamMembership

BATCH = 500
"""Rows in one statement."""


@contextmanager
def telling_partners(
    partnerships: Iterable[Partnership], now: datetime, *, made_by: User | None, reason: str
) -> Iterator[None]:
    """Wrap a change: each of these partners is told what becomes different for it, now or later,
    in the same transaction. ``reason`` is shown to it; without ``made_by`` it is the network's
    doing. Mails leave after the commit."""
    partnerships = list(partnerships)
    with transaction.atomic():
        _one_at_a_time()
        before = outlook.outlooks(partnerships, now)
        yield
        after = outlook.outlooks(partnerships, now)
        written = [
            (_notice(row, item, now, made_by, reason), item)
            for row in partnerships
            for item in outlook.news(before[row.pk], after[row.pk], now)
        ]
        Notice.objects.bulk_create([notice for notice, _ in written], BATCH)
        _address([notice for notice, item in written if item.is_mailed], now)


def preview(
    partnerships: Sequence[Partnership],
    to: str,
    start: datetime,
    reason: str,
    *,
    by_default: bool = False,
) -> MailText:
    """The mail that the first of these partners would get if they were set to ``to`` (hard, soft
    or ``inherit``) at ``start``; ``by_default``: if their advertiser's default were. Its text says
    so where none of them would get one."""
    policies = cookie_types.policies(partnerships)
    before = outlook.outlooks(partnerships, start)
    for row in partnerships:
        proposed = _proposed(row, policies[row.pk], to, start, by_default=by_default)
        changed = cookie_types.policy_with(policies[row.pk], proposed)
        line = outlook.cookie_type_line(changed, start)
        for item in outlook.news(before[row.pk], replace(before[row.pk], cookie_type=line), start):
            if item.is_mailed:
                notice = _notice(row, item, start, None, reason)
                notice.decided_by = Notice.Decider.ADVERTISER
                return mail_text(row.publisher, [notice])
    return MailText("", "Nothing changes for these partners: no mail is sent.")


def _proposed(
    row: Partnership, policy: Policy, to: str, start: datetime, *, by_default: bool
) -> PolicyRow:
    """The row that would say so, not stored."""
    if not by_default:
        return CookieTypeAssignment(cookie_type=to, starts_at=start)
    return ModelTypeCookieType(
        advertiser_id=row.advertiser_id,
        model_type=cookie_types.in_force(policy, start).model_type,
        cookie_type=to,
        starts_at=start,
    )


def _one_at_a_time() -> None:
    """Whoever writes policy counts this row up; held from here on, nobody's change comes between
    the two looks."""
    list(PolicyVersion.objects.select_for_update().values_list("version"))


def _notice(
    row: Partnership, item: News, now: datetime, made_by: User | None, reason: str
) -> Notice:
    by_network = made_by is None or made_by.is_superuser
    return Notice(
        publisher_id=row.publisher_id,
        advertiser_id=row.advertiser_id,
        partnership=row,
        event=item.event,
        created_at=now,
        takes_effect_at=item.at,
        decided_by=Notice.Decider.NETWORK if by_network else Notice.Decider.ADVERTISER,
        made_by=made_by,
        reason=reason.strip(),
        facts={
            "from": item.before,
            "to": item.after,
            "cancelled": item.cancelled,
            "terms": item.terms,
        },
    )


def _address(notices: Sequence[Notice], now: datetime) -> None:
    """A mail for each member of each publisher's team, with all that it is told."""
    by_publisher: Mapping[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_publisher[notice.publisher_id].append(notice)
    members = TeamMembership.objects.filter(team__publishers__in=list(by_publisher))
    mails = NoticeMail.objects.bulk_create(
        [
            NoticeMail(publisher_id=publisher, recipient_id=user, created_at=now, next_try_at=now)
            for publisher, user in members.order_by("id").values_list("team__publishers", "user")
        ],
        BATCH,
    )
    brings = NoticeMail.notices.through
    brings.objects.bulk_create(
        [
            brings(noticemail=mail, notice=notice)
            for mail in mails
            for notice in by_publisher[mail.publisher_id]
        ],
        BATCH,
    )
    if mails:
        transaction.on_commit(_wake, robust=True)  # a broker that is away undoes no change


def _wake() -> None:
    """Beat looks for what is due as well; this only makes it sooner."""
    send_notices.apply_async(retry=False)

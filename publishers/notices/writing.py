"""Telling publishers what changes for them: notices and their mails, written with the change."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from celery import current_app
from django.db import transaction

from network.effective import lock as policy_lock
from network.effective.rows import EffectiveDated
from network.models import User
from publishers.cookie_types import resolution as cookie_types
from publishers.cookie_types.resolution import PolicyRow
from publishers.models import Notice, NoticeMail, Partnership
from publishers.notices import choices, forecast
from publishers.notices.forecast import Outlook
from publishers.notices.news import News, news
from publishers.notices.words import MailText, mail_text, words
from publishers.partnerships.reading import Reading, read, read_again
from publishers.teams.models import TeamMembership

SEND = "publishers.tasks.send_notices"
BATCH = 500
"""Rows in one statement."""


@contextmanager
def telling_partners(
    partnerships: Iterable[Partnership],
    now: datetime,
    *,
    changing: type[EffectiveDated],
    made_by: User | None,
    reason: str,
) -> Iterator[Reading]:
    """Wrap a change of rows of the one table ``changing``: each of these partners gets a notice of
    what changes for it, now or later, in the same transaction. ``reason`` is shown to it; without
    ``made_by`` it is the network's doing. Gives what decides about them before the change, read
    under the lock. Mails leave after the commit. Who reads the clock for it holds the lock already
    (:mod:`network.effective.lock`). Raises Busy."""
    partnerships = list(partnerships)
    with policy_lock.held():
        found = read(partnerships)
        before = forecast.outlooks(partnerships, found, now)
        yield found
        after = forecast.outlooks(partnerships, read_again(found, partnerships, changing), now)
        written = [
            (notice_of(row, item, now, made_by, reason), item)
            for row in partnerships
            for item in news(before[row.pk], after[row.pk], now)
        ]
        Notice.objects.bulk_create([notice for notice, _ in written], BATCH)
        address([notice for notice, item in written if item.is_mailed], now)


@dataclass(frozen=True, slots=True)
class Preview:
    """What some partners would all read: the first one's mail; without a mail what only their
    page says (``titles``), if anything. ``mailed`` are the first one's notices in the mail."""

    partnerships: Sequence[Partnership]
    mail: MailText | None
    titles: Sequence[str] = ()
    mailed: Sequence[Notice] = ()


def previews(
    partnerships: Iterable[Partnership],
    said: PolicyRow,
    now: datetime,
    *,
    reading: Reading,
    made_by: User | None,
    reason: str,
) -> list[Preview]:
    """What these partners would read if the unsaved row, which holds for all of them, were
    written: as :func:`previews_of`."""

    def after(row: Partnership, before: Outlook) -> Outlook:
        held = cookie_types.policy_with(reading.policies[row.pk], said)
        return replace(before, cookie_type=forecast.cookie_type_line(held, now))

    return previews_of(partnerships, after, now, reading=reading, made_by=made_by, reason=reason)


def previews_of(
    partnerships: Iterable[Partnership],
    after: Callable[[Partnership, Outlook], Outlook],
    now: datetime,
    *,
    reading: Reading,
    made_by: User | None,
    reason: str,
) -> list[Preview]:
    """What these partners would read if their outlooks became what ``after`` makes of them: one for
    each kind of notice, the most common first, those without a mail last."""
    partnerships = list(partnerships)
    before = forecast.outlooks(partnerships, reading, now)
    alike: dict[tuple[_Kind, ...], list[tuple[Partnership, list[Notice]]]] = defaultdict(list)
    for row in partnerships:
        found = news(before[row.pk], after(row, before[row.pk]), now)
        notices = [notice_of(row, item, now, made_by, reason) for item in found]
        kinds = [_kind(notice, item) for notice, item in zip(notices, found, strict=True)]
        mailed = [notice for notice, item in zip(notices, found, strict=True) if item.is_mailed]
        alike[tuple(kinds)].append((row, mailed))
    told = [_preview(kinds, members) for kinds, members in alike.items()]
    return sorted(told, key=lambda one: (one.mail is None, -len(one.partnerships)))


def alike(told: Iterable[tuple[Partnership, Notice]]) -> list[Preview]:
    """Notices that are all mailed, one for each partnership: a preview for each that reads
    otherwise, the most common first."""
    by_words: dict[str, list[tuple[Partnership, Notice]]] = defaultdict(list)
    for row, notice in told:
        by_words[words(notice).title].append((row, notice))
    found = [
        Preview(
            [row for row, _ in those],
            mail_text(those[0][0].publisher, [those[0][1]]),
            mailed=[those[0][1]],
        )
        for those in by_words.values()
    ]
    return sorted(found, key=lambda one: -len(one.partnerships))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What two notices have in common whose words are the same."""

    is_mailed: bool
    title: str
    meaning: Sequence[str]


def _kind(notice: Notice, item: News) -> _Kind:
    told = words(notice)
    return _Kind(item.is_mailed, told.title, tuple(told.meaning))


def _preview(
    kinds: Sequence[_Kind], members: Sequence[tuple[Partnership, list[Notice]]]
) -> Preview:
    partnerships = [row for row, _ in members]
    first, mailed = members[0]
    if mailed:
        return Preview(partnerships, mail_text(first.publisher, mailed), mailed=mailed)
    return Preview(partnerships, None, [kind.title for kind in kinds])


def notice_of(
    row: Partnership, item: News, now: datetime, made_by: User | None, reason: str
) -> Notice:
    """Unsaved."""
    return Notice(
        publisher_id=row.publisher_id,
        advertiser_id=row.advertiser_id,
        partnership=row,
        event=item.event,
        created_at=now,
        takes_effect_at=item.at,
        decided_by=Notice.Decider.of(made_by),
        made_by=made_by,
        reason=reason.strip(),
        facts={
            "from": msgspec.to_builtins(item.before),
            "to": msgspec.to_builtins(item.after),
            "cancelled": item.cancelled,
            "first": item.first,
            "terms": msgspec.to_builtins(item.terms),
        },
    )


def address(notices: Sequence[Notice], now: datetime) -> None:
    """A mail for each member of each publisher's team, with all that it is told. What somebody
    switched off is kept as an email that is not sent: the notice is addressed to them all the same,
    and new to them on its page."""
    by_publisher: Mapping[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        by_publisher[notice.publisher_id].append(notice)
    members = TeamMembership.objects.filter(team__publishers__in=list(by_publisher))
    told = list(members.order_by("id").values_list("team__publishers", "user"))
    off = choices.switched_off(user for _, user in told) if told else set()
    parcels = [
        parcel
        for publisher, user in told
        for parcel in _parcels(publisher, user, by_publisher[publisher], off, now)
    ]
    NoticeMail.objects.bulk_create([parcel.mail for parcel in parcels], BATCH)
    brings = NoticeMail.notices.through
    brings.objects.bulk_create(
        [
            brings(noticemail=parcel.mail, notice=notice)
            for parcel in parcels
            for notice in parcel.notices
        ],
        BATCH,
    )
    if parcels:
        transaction.on_commit(_wake, robust=True)  # a broker that is away undoes no change


@dataclass(frozen=True, slots=True)
class _Parcel:
    """An unsaved mail, and the notices that it brings."""

    mail: NoticeMail
    notices: Sequence[Notice]


def _parcels(
    publisher: int, user: int, notices: Sequence[Notice], off: set[tuple[int, str]], now: datetime
) -> Iterator[_Parcel]:
    """One for what somebody wants mailed, and one that stays for what they switched off."""
    unwanted = [
        notice
        for notice in notices
        if (user, notice.event) in off and not choices.is_mailed_always(notice)
    ]
    wanted = [notice for notice in notices if notice not in unwanted]
    mail: dict[str, Any] = {
        "publisher_id": publisher,
        "recipient_id": user,
        "created_at": now,
        "next_try_at": now,
    }
    if wanted:
        yield _Parcel(NoticeMail(**mail), wanted)
    if unwanted:
        kept = {"state": NoticeMail.State.SKIPPED, "last_error": choices.why_not()}
        yield _Parcel(NoticeMail(**mail, **kept), unwanted)


def unreached(partnerships: Iterable[Partnership]) -> list[Partnership]:
    """Those whose team nobody is in, so that no mail goes out. One query."""
    rows = list(partnerships)
    teams = {row.publisher.team_id for row in rows}
    peopled = TeamMembership.objects.filter(team__in=teams, user__is_active=True)
    reached = set(peopled.values_list("team", flat=True))
    return [row for row in rows if row.publisher.team_id not in reached]


def _wake() -> None:
    """Beat looks for what is due as well; this only makes it sooner."""
    current_app.send_task(SEND, retry=False)

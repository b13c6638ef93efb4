"""What-ifs as work that is due: asked by a person, counted by a worker, page by page.

Each page of sales is one transaction that moves the run on by a guarded update. So a run goes on
where it was after a crash, of two workers one stops, and it ends when it is cancelled.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from celery import current_app
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from network import clock
from network.clock import to_ms
from network.models import User
from tracking.commissions.terms import circumstances_of
from tracking.rule.replay import Change
from tracking.whatif.models import WhatIfRun
from tracking.whatif.results import (
    Question,
    Replayed,
    Result,
    Sums,
    question_in,
    question_json,
    result_json,
    sums_in,
)
from tracking.whatif.sales import SalesScope, pages, replay_page, sales_in

COUNT = "tracking.tasks.count_whatif"
SAME_FOR = timedelta(minutes=5)
"""The same question of the same person within this time is answered by the run that is there."""
STALLED_AFTER = timedelta(minutes=1)
KEPT_FOR = timedelta(days=30)
MOST_OF_PERSON, MOST_AT_ADVERTISER = 3, 6
"""What-ifs under way at once: workers that count them also close sales and send mails."""
UNFINISHED = (WhatIfRun.Status.WAITING, WhatIfRun.Status.COUNTING)

log = logging.getLogger(__name__)


class TooMany(ValueError):
    """So many are being counted that another one has to wait; the words say what to do."""


def start(question: Question, now: datetime, *, made_by: User) -> WhatIfRun:
    """Ask; a worker counts it once this is committed. The same question asked again a little later
    is the same run. Raises ValidationError for a period without time in it, and TooMany."""
    if question.since >= question.until:
        raise ValidationError({"days": _("Choose at least one day.")})
    known = _asked_before(question, now, made_by)
    if known:
        return known
    _check_number(question, made_by)
    run = WhatIfRun.objects.create(
        id=uuid7(),
        made_by=made_by,
        created_at=now,
        touched_at=now,
        status=WhatIfRun.Status.WAITING,
        question_kept=question_json(question),
        total=sum(sales_in(scope).count() for scope in _scopes(question)),
        sums=result_json(Result()),
    )
    wake(run.pk)
    return run


def _check_number(question: Question, person: User) -> None:
    """Raises TooMany where one more would be beyond the limits."""
    under_way = list(WhatIfRun.objects.filter(status__in=UNFINISHED))
    of_person = sum(run.made_by_id == person.pk for run in under_way)
    if of_person >= MOST_OF_PERSON:
        raise TooMany(
            _(
                "%(count)s of your what-ifs are still being counted. Wait until one is done, or "
                "cancel one."
            )
            % {"count": of_person}
        )
    for advertiser in question.changes:
        count = sum(advertiser in run.question.changes for run in under_way)
        if count >= MOST_AT_ADVERTISER:
            raise TooMany(
                _(
                    "%(count)s what-ifs over this advertiser's sales are still being counted. Try "
                    "again when one is done."
                )
                % {"count": count}
            )


def of(person: User) -> QuerySet[WhatIfRun]:
    """The runs that somebody sees: their own."""
    return WhatIfRun.objects.filter(made_by=person)


def find(key: str, person: User) -> WhatIfRun | None:
    """Somebody's run by its id in text; None where there is none."""
    try:
        return of(person).filter(pk=UUID(key)).first()
    except ValueError:
        return None


def wake(run: UUID) -> None:
    """Have a worker count the run, after commit. Where there is no broker, beat will find it."""
    send = partial(current_app.send_task, COUNT, [str(run)], retry=False)
    transaction.on_commit(send, robust=True)


def cancel(run: WhatIfRun) -> bool:
    """Stop it; False when it was over already."""
    unfinished = WhatIfRun.objects.filter(pk=run.pk, status__in=UNFINISHED)
    return bool(unfinished.update(status=WhatIfRun.Status.CANCELLED))


def work(run: UUID, tick: Callable[[], datetime] = clock.now) -> None:
    """Count a run to its end; does nothing for one that is over. ``tick`` is the clock."""
    found = WhatIfRun.objects.filter(pk=run, status__in=UNFINISHED).first()
    if found is None:
        return
    try:
        for step in _steps(found):
            if not _move_on(found, step, tick()):
                return
    except Exception as error:
        log.exception("What-if %s could not be counted", run)
        _end(found, WhatIfRun.Status.FAILED, repr(error)[:200])
        return
    _end(found, WhatIfRun.Status.DONE)


def ask(question: Question, progress: Callable[[int], None] = lambda counted: None) -> Result:
    """The answer at once, without a run. ``progress`` gets the number of sales counted."""
    sums, counted = Sums(), 0
    for scope in _scopes(question):
        for step in _replay(scope, _change(question, scope.advertiser), None):
            sums.add(scope.advertiser, step.replayed)
            counted += len(step.replayed)
            progress(counted)
    return sums.result


def resume_stalled(now: datetime) -> int:
    """Wake workers for runs that have not gone on for a while, and forget old ones."""
    stalled = WhatIfRun.objects.filter(
        status__in=UNFINISHED, touched_at__lt=now - STALLED_AFTER
    ).values_list("pk", flat=True)
    for run in stalled:
        wake(run)
    WhatIfRun.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return len(stalled)


@dataclass(frozen=True, slots=True)
class _Step:
    """A page of an advertiser's sales, and the last conversion of it."""

    advertiser: int
    replayed: Sequence[Replayed]
    conversion: int


def _asked_before(question: Question, now: datetime, person: User) -> WhatIfRun | None:
    length = question.until - question.since
    recent = (
        of(person)
        .filter(created_at__gt=now - SAME_FOR)
        .exclude(status__in=(WhatIfRun.Status.CANCELLED, WhatIfRun.Status.FAILED))
    )
    for run in recent.order_by("-created_at"):
        asked = question_in(run.question_kept)
        if asked.changes == question.changes and asked.until - asked.since == length:
            return run
    return None


def _scopes(question: Question) -> list[SalesScope]:
    return [SalesScope(key, question.since, question.until) for key in sorted(question.changes)]


def _change(question: Question, advertiser: int) -> Change:
    """The change as if made when the period began: clicks before keep what they had."""
    return replace(question.changes[advertiser], since=to_ms(question.since))


def _steps(run: WhatIfRun) -> Iterator[_Step]:
    """The pages that are still to be replayed, advertiser by advertiser."""
    question, at = run.question, run.position
    for scope in _scopes(question):
        if at and scope.advertiser < at["advertiser"]:
            continue
        after = at["conversion"] if at and scope.advertiser == at["advertiser"] else None
        yield from _replay(scope, _change(question, scope.advertiser), after)


def _replay(scope: SalesScope, change: Change, after: int | None) -> Iterator[_Step]:
    circumstances = circumstances_of(scope.advertiser)
    for page in pages(scope, after):
        replayed = replay_page(scope, change, circumstances, page)
        yield _Step(scope.advertiser, replayed, page[-1])


def _move_on(run: WhatIfRun, step: _Step, now: datetime) -> bool:
    """Add a page to the run; False when it was cancelled, or another worker was there first."""
    here = WhatIfRun.objects.filter(pk=run.pk, status__in=UNFINISHED, position=run.position)
    sums = sums_in(run.sums)
    sums.add(step.advertiser, step.replayed)
    run.sums = result_json(sums.result)
    run.counted += len(step.replayed)
    run.position = {"advertiser": step.advertiser, "conversion": step.conversion}
    moved = here.update(
        status=WhatIfRun.Status.COUNTING,
        sums=run.sums,
        counted=run.counted,
        position=run.position,
        touched_at=now,
    )
    return bool(moved)


def _end(run: WhatIfRun, status: WhatIfRun.Status, error: str = "") -> None:
    WhatIfRun.objects.filter(pk=run.pk, status__in=UNFINISHED).update(status=status, error=error)

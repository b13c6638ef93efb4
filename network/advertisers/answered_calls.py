"""Calls of the API that name themselves: sent again, they get the answer that they got before.

What a call does is committed before it is answered, and its answer is kept after that. If the
process dies in between, the same call is done again, which changes nothing twice; its answer may
then say *known* where it would have said *new*.
"""

from datetime import datetime, timedelta

from network.models import AnsweredCall, ApiKey

KEPT = timedelta(hours=24)
MOST_NAME = 255
GIVEN_UP = timedelta(minutes=2)
"""After which a call without an answer has died, and the next of its name is done."""


class OtherCall(ValueError):
    """The key has sent another call by this name."""


class NotAnsweredYet(ValueError):
    """The same call is being answered right now."""


def begin(key: ApiKey, name: str, digest: str, now: datetime) -> AnsweredCall:
    """The call's row: with a ``status`` where it has been answered, and else to be finished or
    forgotten. Raises OtherCall, NotAnsweredYet."""
    row, is_new = AnsweredCall.objects.get_or_create(
        key=key, name=name, defaults={"digest": digest, "at": now}
    )
    if row.digest != digest:
        raise OtherCall(name)
    if is_new or row.status is not None:
        return row
    died = AnsweredCall.objects.filter(pk=row.pk, status=None, at__lte=now - GIVEN_UP)
    if not died.update(at=now):
        raise NotAnsweredYet(name)
    return row


def finish(row: AnsweredCall, status: int, content_type: str, answer: str) -> None:
    """Keep how it was answered."""
    row.status, row.content_type, row.answer = status, content_type, answer
    row.save(update_fields=["status", "content_type", "answer"])


def forget(row: AnsweredCall) -> None:
    """The call was not answered: its name is free again."""
    row.delete()


def prune(now: datetime) -> None:
    """Forget the answers that are older than :data:`KEPT`."""
    AnsweredCall.objects.filter(at__lte=now - KEPT).delete()

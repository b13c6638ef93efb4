"""Terms that are to come, when the terms before them change.

Each row says all of the terms; what it changes itself is what differs from the row before it. When
what is before it becomes something else, it is cancelled and written again with the same start:
what it changes stays to come, what it only carried along follows. Of ``decided`` terms, such as a
partner's status, the newest decision holds on: what was to come of them is withdrawn.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.utils.translation import gettext

from network import dates
from network.effective import timeline
from network.effective.queries import History, of_same
from network.effective.rows import FURTHEST, ChangedMeanwhile, WholeTerms, add_row, cancel_row
from network.effective.words import in_words

Terms = TypeVar("Terms", bound=WholeTerms)
Values = Mapping[str, Any]

WRITTEN_AGAIN = "Written again because the terms before it changed."
TOO_FAR = "Withdrawn: the terms before it changed, and it would start more than a year ahead."
WITHDRAWN = "Withdrawn: a newer decision leaves nothing of it."


@dataclass(frozen=True, slots=True)
class Rebased(Generic[Terms]):
    """A coming row after a change before it: all that it says then, and what of that it changes."""

    row: Terms
    values: Values
    changes: Values

    @property
    def is_withdrawn(self) -> bool:
        return not self.changes

    @property
    def is_as_before(self) -> bool:
        return bool(self.changes) and self.values == values_of(self.row)


def rebased(
    before: Values,
    after: Values,
    coming: Sequence[Terms],
    decided: Collection[str] = frozenset(),
) -> list[Rebased[Terms]]:
    """What becomes of the ``coming`` rows, in their order, when the terms before the first of them
    were ``before`` and are ``after``, ``decided`` ones by a decision."""
    found = []
    for row in coming:
        said = values_of(row)
        follows = decided if row.may_follow(after) else row.decided
        own = {
            name: value
            for name, value in said.items()
            if name not in follows and (name not in before or before[name] != value)
        }
        values = {**after, **own}
        changes = {name: value for name, value in values.items() if after[name] != value}
        found.append(Rebased(row, values, changes))
        before, after = said, values
    return found


def values_of(row: WholeTerms) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.carried}


def foreseen(row: Terms, changes: Values, history: History[Terms]) -> list[Rebased[Terms]]:
    """What :func:`change` would make of the coming rows."""
    held = _held(row, history)
    after = {**values_of(row), **held, **changes}
    coming = timeline.coming(history.held, row.starts_at)
    return rebased(held, after, coming, row.decided & set(changes))


def timeline_with(row: Terms, changes: Values, history: History[Terms]) -> list[Terms]:
    """The timeline as :func:`change` would make it; rows that it would write are unsaved."""
    said = type(row)(**{**_own_of(row), **values_of(row), **_held(row, history), **changes})
    later = [
        one.row if one.is_as_before else _again(one, row.created_at or row.starts_at)
        for one in foreseen(row, changes, history)
        if not one.is_withdrawn
    ]
    return [*timeline.begun(history.held, row.starts_at), said, *later]


@transaction.atomic
def change(row: Terms, changes: Values, history: History[Terms] | None = None) -> Terms:
    """Add a row, given with its start and who makes it, that says what is in force then but for
    ``changes``; what comes after it follows. ``history`` is what there is about the same, where it
    was read already. Raises ChangedMeanwhile, ValidationError."""
    history = of_same(row) if history is None else history
    coming = foreseen(row, changes, history)
    for name, value in {**_held(row, history), **changes}.items():
        setattr(row, name, value)
    add_row(row)
    _write(coming, row.created_at, row.made_by)
    return row


@transaction.atomic
def cancel(
    row: Terms,
    now: datetime,
    *,
    reason: str,
    made_by: Any,
    history: History[Terms] | None = None,
) -> Terms:
    """As :func:`network.effective.rows.cancel_row`; what comes after the row follows what is
    before. ``history`` as of :func:`change`, with the row."""
    history = of_same(row) if history is None else history
    others = [one for one in history.held if one.pk != row.pk]
    cancelling = cancel_row(row, now, reason=reason, made_by=made_by)
    if before := timeline.in_force(others, row.starts_at):
        coming = timeline.coming(others, row.starts_at)
        _write(rebased(values_of(row), values_of(before), coming), now, made_by)
    return cancelling


def refuse_unknown(row: Terms, known: int, now: datetime, history: History[Terms]) -> None:
    """Raises ChangedMeanwhile that says who has changed these terms since the row ``known`` was the
    newest, and what, unless it was who makes ``row``."""
    others = [
        one
        for one in history.rows
        if one.pk > known
        and one.rewrites_id is None
        and (row.made_by is None or one.made_by_id != row.made_by.pk)
    ]
    if others:
        last = max(others, key=lambda one: (one.created_at, -one.pk))
        raise ChangedMeanwhile(
            gettext("%(who)s changed this %(time)s ago: %(what)s.")
            % {
                "who": last.made_by or gettext("The network"),
                "time": dates.about(now - last.created_at),
                "what": _what_happened(last, history),
            }
        )


def _what_happened(row: Terms, history: History[Terms]) -> str:
    if row.cancels_id is not None:
        cancelled = gettext("the change of %(start)s is cancelled")
        return cancelled % {"start": dates.zoned(row.starts_at)}
    earlier = [one for one in history.held if one.starts_at < row.starts_at]
    before = values_of(earlier[-1]) if earlier else {}
    changed = {name: said for name, said in values_of(row).items() if before.get(name) != said}
    return gettext("%(terms)s, from %(start)s") % {
        "terms": in_words(type(row), changed),
        "start": dates.zoned(row.starts_at),
    }


def _write(coming: Iterable[Rebased[Terms]], now: datetime, made_by: Any) -> None:
    for one in coming:
        if one.is_as_before:
            continue
        is_too_far = one.row.starts_at > now + FURTHEST  # of before that was refused
        reason = TOO_FAR if is_too_far else WITHDRAWN if one.is_withdrawn else WRITTEN_AGAIN
        cancel_row(one.row, now, reason=reason, made_by=made_by)
        if not (one.is_withdrawn or is_too_far):
            add_row(_again(one, now))


def _again(one: Rebased[Terms], now: datetime) -> Terms:
    """Whose it is, when it starts, who asked for it and why stay."""
    old = one.row
    fields = {field.attname: getattr(old, field.attname) for field in old._meta.concrete_fields}
    del fields["id"]
    own = {"created_at": now, "rewrites_id": old.pk}
    return type(old)(**{**fields, **one.values, **own})


def _own_of(row: WholeTerms) -> dict[str, Any]:
    """Whose the row is, and when it starts."""
    names = [row._meta.get_field(name).attname for name in row.holds_for]  # type: ignore[union-attr]
    return {"starts_at": row.starts_at, **{name: getattr(row, name) for name in names}}


def _held(row: Terms, history: History[Terms]) -> Values:
    """The terms in force when the row starts; nothing before the first."""
    held = timeline.in_force(history.held, row.starts_at)
    return values_of(held) if held else {}

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
from django.db.models import QuerySet
from django.utils.translation import gettext

from network import dates
from network.effective import queries
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


def in_force(row: Terms, at: datetime) -> Terms | None:
    """What holds then for the subject of ``row``; None before the first."""
    return queries.in_force(_of_same(row), at)


def same_with(row: Terms, key: int | None) -> Terms | None:
    """The row with this id, if it is about the same as ``row``."""
    return _of_same(row, type(row).all_rows.all()).filter(pk=key).first()


def newest(row: WholeTerms) -> int:
    """The id of the newest row about the same as ``row``, cancelled ones and all; 0 for none."""
    rows = _of_same(row, type(row).all_rows.all())
    return rows.order_by("pk").values_list("pk", flat=True).last() or 0


def foreseen(row: Terms, changes: Values) -> list[Rebased[Terms]]:
    """What :func:`change` would make of the coming rows."""
    before = in_force(row, row.starts_at)
    held = values_of(before) if before else {}
    after = {**values_of(row), **held, **changes}
    return rebased(held, after, _after(row), row.decided & set(changes))


@transaction.atomic
def change(row: Terms, changes: Values) -> Terms:
    """Add a row, given with its start and who makes it, that says what is in force then but for
    ``changes``; what comes after it follows. Raises ChangedMeanwhile, ValidationError."""
    coming = foreseen(row, changes)
    before = in_force(row, row.starts_at)
    for name, value in {**(values_of(before) if before else {}), **changes}.items():
        setattr(row, name, value)
    add_row(row)
    _write(coming, row.created_at, row.made_by)
    return row


@transaction.atomic
def cancel(row: Terms, now: datetime, *, reason: str, made_by: Any) -> Terms:
    """As :func:`network.effective.rows.cancel_row`; what comes after the row follows what is
    before."""
    cancelling = cancel_row(row, now, reason=reason, made_by=made_by)
    if before := in_force(row, row.starts_at):
        _write(rebased(values_of(row), values_of(before), _after(row)), now, made_by)
    return cancelling


def refuse_unknown(row: Terms, known: int, now: datetime) -> None:
    """Raises ChangedMeanwhile that says who has changed these terms since the row ``known`` was the
    newest, and what, unless it was who makes ``row``."""
    since = _of_same(row, row.__class__.all_rows.all()).filter(pk__gt=known)
    others = [
        one
        for one in since.select_related("made_by", "cancels", "rewrites").order_by(
            "-created_at", "pk"
        )
        if one.rewrites is None and (row.made_by is None or one.made_by_id != row.made_by.pk)
    ]
    if others:
        last = others[0]
        raise ChangedMeanwhile(
            gettext("%(who)s changed this %(time)s ago: %(what)s.")
            % {
                "who": last.made_by or gettext("The network"),
                "time": dates.about(now - last.created_at),
                "what": _what_happened(last),
            }
        )


def _what_happened(row: WholeTerms) -> str:
    if row.cancels is not None:
        cancelled = gettext("the change of %(start)s is cancelled")
        return cancelled % {"start": dates.zoned(row.starts_at)}
    earlier = queries.in_force_before(_of_same(row), row.starts_at)
    before = values_of(earlier) if earlier else {}
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


def _after(row: Terms) -> list[Terms]:
    return list(queries.coming(_of_same(row), row.starts_at))


def _of_same(row: Terms, rows: QuerySet[Terms] | None = None) -> QuerySet[Terms]:
    names = [row._meta.get_field(name).attname for name in row.holds_for]  # type: ignore[union-attr]
    same = {name: getattr(row, name) for name in names}
    found: QuerySet[Terms] = (type(row).objects.all() if rows is None else rows).filter(**same)
    return found

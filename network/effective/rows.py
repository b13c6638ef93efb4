"""Settings that hold from a moment on: rows are only ever added, and start ahead, never behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import dates
from network.effective.guards import append_only

SPREAD = timedelta(seconds=15)
""""Now" is this far ahead, so that every process has a change before it takes effect."""

FURTHEST = timedelta(days=366)
"""No change starts further ahead: a year on the same day, be it a leap year. A mistyped year would
otherwise stand for a decision that nobody sees come into force."""


BESIDE_CANCELLED = timedelta(milliseconds=1)
"""A start is taken once and for all. What takes the place of a cancelled change starts this much
later: the least that clicks can tell apart."""


COMMIT_WITHIN = timedelta(seconds=10)
"""How long a change may take from when it was made until it is committed: of :data:`SPREAD` the
rest is left to the processes."""


class Refused(ValueError):
    """A change that cannot be made as it was asked for; says why, and what can be done instead."""


class StartInPast(Refused):
    """A change was to start before every process could know of it."""


class StartTooFarAhead(Refused):
    """A change was to start later than anybody plans."""


class ChangedMeanwhile(Refused):
    """Somebody else made a change that the one who asked for this did not know of."""


class TooLate(Refused):
    """A change that was to be cancelled has started, or starts too soon for every process to know
    of it in time."""


def start_or_now(start: datetime | None, now: datetime) -> datetime:
    """When a change takes effect. Raises StartInPast when ``start`` lies behind ``now``, and
    StartTooFarAhead when it lies more than a year ahead."""
    if start is None:
        return now + SPREAD
    if start < now:
        raise StartInPast(
            gettext("The start %(start)s is in the past. Choose a later one.")
            % {"start": f"{start:%d %b %Y %H:%M:%S %Z}"}
        )
    if start > now + FURTHEST:
        raise StartTooFarAhead(
            gettext(
                "The start %(start)s is more than a year ahead. Choose %(furthest)s or earlier."
            )
            % {"start": f"{start:%d %b %Y %H:%M %Z}", "furthest": dates.zoned(now + FURTHEST)}
        )
    return max(start, now + SPREAD)


def bumps_policy(*columns: str) -> pgtrigger.Trigger:
    """Tell every tracking process that its snapshot is out of date (one row, read every second).
    With ``columns``, an update of others tells nobody."""
    update = pgtrigger.UpdateOf(*columns) if columns else pgtrigger.Update  # type: ignore[no-untyped-call]
    return pgtrigger.Trigger(
        name="bumps_policy",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | update | pgtrigger.Delete,
        func="""
            INSERT INTO network_policyversion (id, version) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET version = network_policyversion.version + 1;
            RETURN NULL;
        """,
    )


def commits_in_time() -> pgtrigger.Trigger:
    """Refuses a row that is committed too long after its transaction held the policy's lock (or
    began): its start, which follows from when it was made, would not lie ahead any more."""
    return pgtrigger.Trigger(
        name="commits_in_time",
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        operation=pgtrigger.Insert,
        func=f"""
            IF clock_timestamp() - COALESCE(
                NULLIF(current_setting('softclick.held_since', true), '')::timestamptz,
                transaction_timestamp()
            ) > COALESCE(
                NULLIF(current_setting('softclick.commit_within', true), ''),
                '{COMMIT_WITHIN.seconds} seconds'
            )::interval THEN
                RAISE EXCEPTION 'a change that starts ahead is committed too late'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        """,
    )


def one_per_start(*fields: str, name: str) -> models.UniqueConstraint:
    """No two rows of these start at once; what cancels another starts nothing."""
    return models.UniqueConstraint(
        fields=(*fields, "starts_at"),
        name=name,
        condition=Q(cancels__isnull=True),
        nulls_distinct=False,
    )


_OWN = ("id", "created_at", "made_by_id", "reason", "cancels_id", "rewrites_id")
"""What a cancelling row says of itself; all else is what the cancelled one says."""


def cancels_its_own() -> pgtrigger.Trigger:
    """A row cancels only one that cancels nothing itself, and says the same: of the same, from the
    same moment. With the constraint that it is made before, what it cancels has not started."""
    own = ", ".join(f"'{name}'" for name in _OWN)
    return pgtrigger.Trigger(
        name="cancels_its_own",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__cancels__isnull=False),
        func=pgtrigger.Func(  # type: ignore[no-untyped-call]
            f"""
            IF NOT EXISTS (
                SELECT FROM {{meta.db_table}} AS cancelled
                WHERE cancelled.id = NEW.cancels_id AND cancelled.cancels_id IS NULL
                AND to_jsonb(NEW) - ARRAY[{own}] = to_jsonb(cancelled) - ARRAY[{own}]
            ) THEN
                RAISE EXCEPTION 'it cancels a row that says something else'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
            """
        ),
    )


def says_as(table: str, key: str, *columns: str) -> pgtrigger.Trigger:
    """What a row repeats (``columns``, which tell tenants apart) is what the row of
    ``table`` says that ``key`` leads to, whose own never change (``guards.fixed``)."""
    same = " AND ".join(f"parent.{column} = NEW.{column}" for column in columns)
    return pgtrigger.Trigger(
        name="says_as_its_parent",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF NOT EXISTS (
                SELECT FROM {table} AS parent WHERE parent.id = NEW.{key} AND {same}
            ) THEN
                RAISE EXCEPTION 'it says another tenant than its {key}'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def one_of(field: str, choices: type[models.TextChoices], *, name: str) -> models.CheckConstraint:
    """The field says a word of the vocabulary."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class Uncancelled(models.Manager["Row"]):
    """Rows that hold or will hold: neither those that were cancelled, nor those that cancel."""

    def get_queryset(self) -> models.QuerySet["Row"]:
        return super().get_queryset().filter(cancels__isnull=True, cancelled_by__isnull=True)


class EffectiveDated(models.Model):
    """A row that holds from ``starts_at`` until a later one starts, unless it is cancelled before
    it starts, by a row that says the same and ``cancels`` it.

    ``objects``, and what leads here from other rows, leaves out cancelled and cancelling rows;
    lookups through several tables do not. ``all_rows`` has all, for histories.
    """

    starts_at = models.DateTimeField(_("start"))
    created_at = models.DateTimeField(_("created at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    cancels = models.OneToOneField(
        "self",
        models.PROTECT,
        verbose_name=_("cancels"),
        null=True,
        blank=True,
        related_name="cancelled_by",
    )
    cancels_id: int | None

    objects = Uncancelled[Any]()
    all_rows = models.Manager[Any]()

    holds_for: ClassVar[tuple[str, ...]]
    """The fields that say what a row holds for; of these one starts at a time."""

    class Meta:
        abstract = True
        ordering = ("starts_at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("created_at")), name="%(class)s_starts_ahead"
            ),
            models.CheckConstraint(
                condition=Q(cancels__isnull=True)
                | Q(starts_at__gte=F("created_at") + Value(SPREAD, models.DurationField())),
                name="%(class)s_cancelled_ahead",
            ),
            models.CheckConstraint(
                condition=Q(cancels__isnull=False)
                | Q(
                    starts_at__lte=F("created_at")
                    + Value(FURTHEST + SPREAD, models.DurationField())
                ),
                name="%(class)s_starts_within_a_year",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            append_only(),
            bumps_policy(),
            commits_in_time(),
        ]

    @property
    def is_networks(self) -> bool:
        """Whether it holds for no single advertiser: operators decide it, for all."""
        return getattr(self, "advertiser_id", None) is None

    @property
    def cancelling(self) -> "EffectiveDated | None":
        """The row that cancels this one, if there is one."""
        return getattr(self, "cancelled_by", None)

    @property
    def is_cancelled(self) -> bool:
        return self.cancelling is not None


class WholeTerms(EffectiveDated):
    """A row that says all of the terms, whichever of them it changes
    (:mod:`network.effective.rebasing`)."""

    rewrites = models.OneToOneField(
        "self",
        models.PROTECT,
        verbose_name=_("rewrites"),
        null=True,
        blank=True,
        related_name="rewritten_by",
    )
    rewrites_id: int | None
    """The cancelled row that this one says again, after other terms; ``made_by`` and ``reason``
    are those of the first."""

    carried: ClassVar[tuple[str, ...]]
    """The terms: a row takes from the one before it what it does not change."""
    decided: ClassVar[frozenset[str]] = frozenset()
    """Those of which a new decision takes the place of all that were to come."""

    class Meta(EffectiveDated.Meta):
        abstract = True

    def may_follow(self, before: Mapping[str, Any]) -> bool:
        """Whether what it says of the ``decided`` ones can be said when these terms were before."""
        return True


Row = TypeVar("Row", bound=EffectiveDated)


def told_rows(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """Of all rows those to tell people of, the newest first, each with who made it; a cancelled one
    with what cancelled it."""
    related = ("made_by", "cancelled_by__made_by")
    return rows.filter(cancels__isnull=True).select_related(*related).order_by("-starts_at", "-id")


def add_row(row: Row) -> Row:
    """Validate and insert. Raises ValidationError naming the field, and ChangedMeanwhile when
    another row with the same start was there first."""
    return add_rows([row])[0]


def add_rows(rows: Sequence[Row]) -> Sequence[Row]:
    """As :func:`add_row`, of one table, all or none, in two statements."""
    if not rows:
        return rows
    table = type(rows[0])
    for row in rows:
        row.clean_fields(exclude=[field.name for field in table._meta.fields if field.is_relation])
    _start_beside_cancelled(rows)
    try:
        with transaction.atomic():
            table.all_rows.bulk_create(rows)
    except IntegrityError as error:
        if "per_start" not in str(error):
            raise
        raise ChangedMeanwhile(
            gettext("Another change starts in the same second. Look at it and try again.")
        ) from error
    return rows


def _start_beside_cancelled(rows: Sequence[Row]) -> None:
    table, first = type(rows[0]), min(row.starts_at for row in rows)
    place = ("starts_at", *table.holds_for)
    cancelling = table.all_rows.filter(cancels__isnull=False, starts_at__gte=first)
    taken = set(cancelling.order_by().values_list(*place))  # which say what they cancel
    for row in rows:
        while tuple(row.serializable_value(name) for name in place) in taken:
            row.starts_at += BESIDE_CANCELLED


def cancel_row(row: Row, now: datetime, *, reason: str, made_by: Any) -> Row:
    """Cancel a row that has not started; the row that does so. Raises TooLate, ChangedMeanwhile
    when somebody has cancelled it already, and ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError(
            {"reason": gettext("Enter a reason. The people concerned will see it.")}
        )
    refuse_late(row, now)
    table = type(row)
    said = {field.attname: getattr(row, field.attname) for field in table._meta.concrete_fields}
    del said["id"]
    said.pop("rewrites_id", None)
    own = {"created_at": now, "made_by_id": made_by and made_by.pk, "reason": reason.strip()}
    cancelling = table(**{**said, **own, "cancels_id": row.pk})
    cancelling.clean_fields(
        exclude=[field.name for field in table._meta.fields if field.is_relation]
    )
    try:
        with transaction.atomic():
            cancelling.save(force_insert=True)
    except IntegrityError as error:
        if "cancels_id" not in str(error):
            raise
        raise ChangedMeanwhile(
            gettext("Somebody else has cancelled this change already.")
        ) from error
    return cancelling


def refuse_late(row: EffectiveDated, now: datetime) -> None:
    """Raises TooLate for a row that cannot be cancelled any more."""
    if row.starts_at <= now:
        raise TooLate(
            gettext(
                "This change has started and can no longer be cancelled. Make another change "
                "instead."
            )
        )
    if row.starts_at < now + SPREAD:
        raise TooLate(
            gettext(
                "This change starts in less than %(seconds)s seconds and can no longer be "
                "cancelled. Make another change instead."
            )
            % {"seconds": SPREAD.seconds}
        )

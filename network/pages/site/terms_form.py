"""Changing terms in the admin: what was left as the page showed it is not changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext

from network.effective import rebasing, timeline
from network.effective.queries import History, of_same
from network.effective.rebasing import Rebased, Terms
from network.effective.rows import ChangedMeanwhile, WholeTerms
from network.effective.words import in_words
from network.models import User
from network.pages.site.admin_site import person
from network.pages.site.change_pages import About, ChangeForm, ChangeView

_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class Coming:
    """A change that is to come, in words; ``is_withdrawn`` by the one that the page proposes."""

    starts_at: datetime
    what: str
    made_by: User | None
    is_withdrawn: bool


def coming(planned: Sequence[Rebased[Terms]], before: WholeTerms) -> list[Coming]:
    """In words what these rows change, which follow on ``before``."""
    found, held = [], rebasing.values_of(before)
    for one in planned:
        said = rebasing.values_of(one.row)
        changed = {name: value for name, value in said.items() if held[name] != value}
        words = in_words(type(one.row), changed)
        found.append(Coming(one.row.starts_at, words, one.row.made_by, one.is_withdrawn))
        held = said
    return found


class TermsChangeForm(ChangeForm):
    """Terms from a moment on. Only what differs from what the page showed is changed, and nothing
    when somebody else has changed these terms since."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    """The id of the row whose terms the page showed."""
    newest = forms.CharField(required=False, widget=forms.HiddenInput)
    """The id of the newest row that the page knew of."""

    def __init__(
        self, data: QueryDict | None, *, row: WholeTerms, initial: Mapping[str, Any] | None = None
    ) -> None:
        """``row``: one that would start when a change made now does; it says whose terms. What
        there is of them is read once."""
        self._row = row
        self._history: History[Any] = of_same(row)
        held = self._held
        shown = self._history.with_id(number(data, "shown")) or held
        values = {"shown": held.pk, "newest": self._history.newest} | rebasing.values_of(shown)
        super().__init__(data, initial={**values, **(initial or {})})

    @property
    def changes(self) -> dict[str, Any]:
        """What was made different from what the page showed."""
        names = self.changed_data
        return {name: self.cleaned_data[name] for name in self._row.carried if name in names}

    @property
    def known(self) -> int | None:
        """The newest row that the page knew of; None when no page was there, as with a script."""
        return number(self.data, "newest")

    @property
    def coming(self) -> list[Coming]:
        """What is to come, by changes that were made before."""
        return coming(rebasing.foreseen(self._row, {}, self._history), self._held)

    @contextmanager
    def keeping_up(self) -> Iterator[None]:
        """Wrap the change. When it is refused for what somebody else did, the form shows that, with
        what was typed, and can be sent again."""
        try:
            yield
        except ChangedMeanwhile as error:
            self._renew()
            kept = gettext(
                "%(error)s Your changes are kept below, and the rest shows the terms as they are "
                "now. Check them and try again."
            )
            raise ValidationError(kept % {"error": error}) from error

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not self.changes:
            raise ValidationError(gettext("Nothing to change: these are already the terms."))
        return data

    @property
    def _held(self) -> WholeTerms:
        return timeline.in_force(self._history.held, self._row.starts_at) or self._row

    def _renew(self) -> None:
        self._history = of_same(self._row)
        held, data = self._held, QueryDict(mutable=True)
        data.update(self.data)
        values = rebasing.values_of(held)
        for name in set(values) & set(self.fields) - set(self.changed_data):
            if values[name] is False:
                data.pop(name, None)
            else:
                data[name] = "" if values[name] is None else str(values[name])
        data["shown"], data["newest"] = str(held.pk), str(self._history.newest)
        self.data = data


class TermsChangeView(ChangeView[About]):
    """A change of terms from a moment on, refused where others changed them since the page was
    made."""

    template = "admin/change_terms.html"
    form_class: type[TermsChangeForm]
    changes_policy = True

    def row(self) -> WholeTerms:
        """A row of these terms that would start when a change made now does."""
        raise NotImplementedError

    def write(self, now: datetime, changes: dict[str, Any], **said: Any) -> str:
        """Call the writer; ``said`` has its ``made_by``, ``reason``, ``start`` and ``known``. What
        was done, in words."""
        raise NotImplementedError

    def build_form(self, data: QueryDict | None, **given: Any) -> forms.Form:
        return self.form_class(data, row=self.row(), **given)

    def make(self, now: datetime) -> str:
        form: TermsChangeForm = self.form
        with form.keeping_up():
            return self.write(
                now,
                form.changes,
                made_by=person(self.request),
                reason=form.cleaned_data["reason"],
                start=form.start_at,
                known=form.known,
            )


def number(data: Any, name: str) -> int | None:
    """An id that was sent; None for anything else."""
    text = str((data or {}).get(name, ""))
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_ID else None

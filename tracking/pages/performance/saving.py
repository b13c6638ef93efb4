"""Keeping what is asked of performance under a name, and having it mailed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, names
from network.models import SavedReport
from network.pages.figures.periods import DATES
from network.pages.site.admin_site import person
from network.people import access
from network.saved_reports import saving
from network.saved_reports.sending import Composed
from tracking.pages.performance.asking import asked
from tracking.pages.performance.columns import COLUMNS
from tracking.pages.performance.export import xlsx_of
from tracking.pages.performance.form import PerformanceForm
from tracking.pages.performance.table import Section

PAGE = "performance"


class SaveForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, validators=[names.plain])
    mailed = forms.ChoiceField(
        label=gettext_lazy("By email to me"), choices=SavedReport.Mailed, required=False
    )
    required_css_class = "required"

    def __init__(self, data: QueryDict | None, shown: PerformanceForm, **given: Any) -> None:
        super().__init__(data, auto_id="save_%s", label_suffix="", **given)
        self.shown = shown

    def clean_mailed(self) -> str:
        mailed: str = self.cleaned_data["mailed"]
        if mailed and self.shown.chosen == DATES:
            raise forms.ValidationError(
                _(
                    "These dates would stay the same in every mail. Choose a period that moves, "
                    "such as last month, and save that."
                )
            )
        return mailed


def handle(
    request: HttpRequest, shown: PerformanceForm, query: str, now: datetime
) -> SaveForm | None:
    """Save or delete what the person says; the form where something is wrong with it, and None
    where it is done, which is told."""
    owner, form = person(request), SaveForm(request.POST, shown)
    if pk := request.POST.get("delete"):
        if name := saving.delete(owner, PAGE, pk):
            messages.success(request, _("The saved report %(name)s is deleted.") % {"name": name})
        return None
    if not form.is_valid():
        return form
    data = form.cleaned_data
    try:
        row, is_new = saving.save(owner, PAGE, data["name"], query, data["mailed"], now)
    except ValidationError as error:
        form.add_error(None, error)
        return form
    messages.success(request, _told(row, is_new=is_new))
    return None


def _told(row: SavedReport, *, is_new: bool) -> str:
    known = {"name": row.name}
    if row.next_at:
        known |= {"address": row.owner.email, "next": dates.moment(row.next_at)}
        new = _("%(name)s is saved. It is mailed to %(address)s, next on %(next)s.")
        other = _("%(name)s is changed. It is mailed to %(address)s, next on %(next)s.")
    else:
        new = _("%(name)s is saved, for you alone.")
        other = _("%(name)s is changed, in place of what you had saved under this name.")
    return (new if is_new else other) % known


def context(
    request: HttpRequest, shown: PerformanceForm, query: str, refused: SaveForm | None
) -> Mapping[str, Any]:
    """What ``admin/performance/saved.html`` shows. One query."""
    rows = list(SavedReport.objects.filter(owner=person(request), page=PAGE).order_by("name"))
    current = next((row for row in rows if row.query == query), None)
    given = {"name": current.name, "mailed": current.mailed} if current else {}
    return {
        "saved": [(row.name, f"?{row.query}", row == current) for row in rows],
        "current": current,
        "save_form": refused or SaveForm(None, shown, initial=given),
    }


def compose(row: SavedReport, now: datetime) -> Composed | None:
    """The report as it is mailed; None for somebody who is no staff any more."""
    if not access.access_of(row.owner).enters_admin:
        return None
    ask, known = asked(QueryDict(row.query), row.owner, now), {"name": row.name}
    address = f"{settings.SITE_URL}{reverse('admin:performance')}?{row.query}"
    end = [
        _("Look at it: %(address)s") % {"address": address},
        _("You saved this report. To end these mails, open it and choose Not mailed."),
    ]
    if not ask.form.is_valid():
        wrong = [str(error) for errors in ask.form.errors.values() for error in errors]
        said = _(
            "This report can no longer be made as you saved it. Open it, choose again and save."
        )
        return Composed(_("%(name)s could not be made") % known, _parts([said, *wrong], end), {})
    found, days = ask.answer(now), ask.form.days()
    file = xlsx_of(ask.form, found, now)
    head = _("%(days)s, whole days in %(zone)s.") % {"days": days, "zone": days.zone}
    empty = [] if found else [_("Nothing happened in these days.")]
    figures = [_figures(section) for section in found]
    text = _parts([head, *empty], *figures, [_("All lines are in the file.")], end)
    subject = _("%(name)s, %(days)s") % {**known, "days": days}
    return Composed(subject, text, {file.name: (file.content, file.content_type)})


def _figures(section: Section) -> list[str]:
    return [
        _("In %(currency)s") % {"currency": section.currency},
        *(f"{column.figure.title}: {column.written(section.total)}" for column in COLUMNS),
    ]


def _parts(*parts: Sequence[str]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"

"""What the audit log says of a form of the admin that was saved: each field, from what to what."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

LONGEST = 80
"""Characters of one value."""


def what_changed(
    model_admin: Any, request: HttpRequest, form: forms.ModelForm[Any], formsets: Any, add: bool
) -> Any:
    """In place of the admin's own ``construct_change_message``, which names fields alone."""
    if add:
        return [{"added": {}}]
    parts = list(_changes(form))
    for formset in formsets or ():
        parts += _changes_of_lines(formset)
    return "; ".join(parts) or _("Nothing was changed.")


def _changes_of_lines(formset: Any) -> Iterator[str]:
    for row in formset.new_objects:
        yield _("added %(row)s") % {"row": row}
    lines = {line.instance.pk: line for line in formset.initial_forms}
    for row, _names in formset.changed_objects:
        for said in _changes(lines[row.pk]):
            yield _("%(row)s: %(said)s") % {"row": row, "said": said}
    for row in formset.deleted_objects:
        yield _("removed %(row)s") % {"row": row}


def _changes(form: forms.BaseForm) -> Iterator[str]:
    for name in form.changed_data:
        field = form.fields[name]
        if isinstance(field.widget, forms.PasswordInput):
            continue
        yield _("%(field)s: %(before)s → %(after)s") % {
            "field": capfirst(str(field.label or name)),
            "before": _shown(field, form.get_initial_for_field(field, name)),
            "after": _shown(field, form.cleaned_data.get(name)),
        }


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ModelChoiceField):
        value = field.clean(value) if isinstance(value, int) else value
    elif isinstance(field, forms.ChoiceField):
        labels = dict(field.choices)  # type: ignore[arg-type]
        value = labels.get(value, value)
    elif isinstance(value, list | tuple):
        value = ", ".join(str(each) for each in value)
    return Truncator(str(value)).chars(LONGEST) if value not in (None, "") else "—"

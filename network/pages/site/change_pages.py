"""Pages in the admin that propose one change: a form, one domain call, and its errors by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from network import clock, dates
from network.effective import lock as policy_lock
from network.effective.rows import SPREAD, Refused

TEMPLATE = "admin/change_page.html"


class StartField(forms.DateTimeField):
    """When a change takes effect, in the reader's zone; empty: at once."""

    def __init__(self) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(label=gettext("Start"), required=False, widget=widget)

    def name_zone(self) -> None:
        """Say which zone it is; known only when a request is there."""
        self.help_text = gettext(
            "Time in %(zone)s, at most a year ahead. If empty, the change starts %(seconds)s "
            "seconds from now, so that every tracking process knows in time."
        ) % {"zone": dates.zone_name(), "seconds": SPREAD.seconds}


class ChangeForm(forms.Form):
    """A change that holds from a moment on."""

    start = StartField()
    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = self.fields["start"]
        assert isinstance(start, StartField)
        start.name_zone()
        self.order_fields([name for name in self.fields if name != "start"])

    @property
    def start_at(self) -> datetime | None:
        chosen: datetime | None = self.cleaned_data["start"]
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """What is asked, and what happens then. ``apply`` makes the change from the valid form, at the
    moment that it is given, and returns the words that say so; ``back`` is where the person came
    from. One that ``changes_policy`` is made under the policy's lock."""

    title: str
    form: forms.Form
    button: str
    back: str
    apply: Callable[[datetime], str]
    changes_policy: bool = False
    template: str = TEMPLATE
    context: Mapping[str, Any] = field(default_factory=dict)


def posted(request: HttpRequest) -> QueryDict | None:
    """The POST data, even if empty; None on GET."""
    return request.POST if request.method == "POST" else None


def respond(
    request: HttpRequest, model_admin: "admin.ModelAdmin[Any]", page: ChangePage
) -> HttpResponse:
    """Show the page; or make the change and go back; or show it again with what was wrong."""
    said = _applied(page) if page.form.is_bound else None
    if said is not None:
        messages.success(request, said)
        return HttpResponseRedirect(page.back)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": page.title,
        "form": page.form,
        "button": page.button,
        "back": page.back,
        **page.context,
    }
    return TemplateResponse(request, page.template, context)


def _applied(page: ChangePage) -> str | None:
    """What was done; None when nothing was, and the form then holds why."""
    if not page.form.is_valid():
        return None
    try:
        with policy_lock.held() if page.changes_policy else policy_lock.in_time():
            return page.apply(clock.now())
    except ValidationError as error:
        _explain(page.form, error)
    except policy_lock.Busy as error:
        page.form.add_error(None, str(error))
    except Refused as error:
        page.form.add_error("start" if "start" in page.form.fields else None, str(error))
    return None


def _explain(form: forms.Form, error: ValidationError) -> None:
    by_field = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for name, said in by_field.items():
        form.add_error(name if name in form.fields else None, said)

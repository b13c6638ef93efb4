"""The page in the admin on which somebody is asked to confirm a change: :class:`ChangeView`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext, gettext_lazy

from network import clock, dates
from network.effective import lock as policy_lock
from network.effective.rows import SPREAD, Refused
from network.pages.site.admin_site import ScopedAdmin

About = TypeVar("About", bound=Model | None)

LOOK = "look"
"""The button that makes no change: it shows the page again, with what is typed."""


class StartField(forms.DateTimeField):
    """When a change takes effect, in the reader's zone; empty: at once."""

    def __init__(self) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(label=gettext_lazy("Start"), required=False, widget=widget)

    def name_zone(self) -> None:
        """Say which zone it is; known only when a request is there."""
        self.help_text = gettext(
            "Time in %(zone)s, at most a year ahead. Leave it empty to start now: that takes "
            "%(seconds)s seconds."
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


def posted(request: HttpRequest) -> QueryDict | None:
    """The POST data, even if empty; None on GET."""
    return request.POST if request.method == "POST" else None


def page_of(row: Model) -> str:
    """The address of a row's page in the admin."""
    name = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_change", args=[row.pk])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a change does, and to what, ``headline`` first, on a line of its own, then the
    ``sentences``, whole. ``nothing`` says instead why there is nothing to change, ``notes`` what to
    consider before."""

    headline: str = ""
    sentences: Sequence[str] = ()
    nothing: Sequence[str] = ()
    notes: Sequence[str] = ()


class ChangeView(Generic[About]):
    """A change that somebody confirms. GET asks; POST makes the change and leads back, or shows the
    page again with all that was typed and what was wrong; POST with ``do=look`` shows what would
    happen.

    A subclass says what is its own: ``title``, ``button``, the form, and :meth:`make`, which calls
    the writer. Where there is more to tell: :meth:`effects`, :meth:`meanwhile`, :meth:`context`.
    What a writer raises is shown at the field that it names: ValidationError, Refused (at the
    start), and the ``refusals`` that the subclass lists.
    """

    button: str | Promise = ""
    form_class: type[forms.Form]
    template = "admin/change_page.html"
    is_grave: bool = False
    """Whether it takes something from somebody: its button then looks so."""
    leave: str | Promise = ""
    """The words for leaving everything as it is, unless ``Cancel``."""
    changes_policy = False
    """Whether the policy's lock is held, and the clock read, before the writer is called."""
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    looks: ClassVar[frozenset[str]] = frozenset({LOOK})
    """What ``do`` says where the post makes no change."""

    def __init__(self, request: HttpRequest, model_admin: ScopedAdmin[Any], about: About) -> None:
        self.request, self.model_admin, self.about = request, model_admin, about
        self.now = clock.now()
        self.refused_meanwhile = False

    @classmethod
    def path(cls, model_admin: ScopedAdmin[Any], route: str, name: str) -> URLPattern:
        """The address at which the admin's rows are changed so, ``<int:pk>/note/``."""

        def view(request: HttpRequest, pk: int | UUID) -> HttpResponse:
            about = model_admin.get_object(request, str(pk))
            if not cls.is_open_to(request, model_admin, about):
                raise PermissionDenied
            return cls(request, model_admin, about).response()

        return path(route, model_admin.admin_site.admin_view(view), name=name)

    @classmethod
    def is_open_to(cls, request: HttpRequest, model_admin: ScopedAdmin[Any], about: Any) -> bool:
        """Whether this user may make the change: who manages the row."""
        return model_admin.managed(request, about)

    # --- What a subclass says -----------------------------------------------------------------

    @property
    def title(self) -> str:
        raise NotImplementedError

    def make(self, now: datetime) -> str:
        """Make the change from the valid form at this moment; what was done, in words."""
        raise NotImplementedError

    def build_form(self, data: QueryDict | None, **given: Any) -> forms.Form:
        """The form; ``given`` has ``initial`` where the page is shown again with what is typed."""
        return self.form_class(data, **given)

    def effects(self) -> Effects:
        """What the change does; asked only when the page is shown."""
        return Effects()

    def meanwhile(self) -> Sequence[str]:
        """What others changed since the page was made (:attr:`seen`). Where there is something, no
        change is made before it was shown."""
        return ()

    def shown(self) -> Sequence[str]:
        """What the page shows that must not be another when the change is made, written down: it
        comes back as :attr:`was_shown`."""
        return ()

    def read_again(self) -> None:
        """Read what the page is about anew; asked before it is shown again after a refusal."""

    def context(self) -> Mapping[str, Any]:
        """What the subclass's own template shows besides."""
        return {}

    @property
    def address(self) -> str:
        """Where the page is found again with all that was chosen, also after signing in again."""
        return self.request.get_full_path()

    @property
    def back(self) -> str:
        """Where the person came from: the page of what is changed, or the list."""
        if self.about is not None:
            return page_of(self.about)
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    # --- What came with the request -----------------------------------------------------------

    @cached_property
    def action(self) -> str:
        """Which button of the page was used; empty for the one that makes the change."""
        return self.request.POST.get("do", "")

    @property
    def is_sent(self) -> bool:
        """Whether the change is to be made now."""
        return self.request.method == "POST" and self.action not in self.looks

    @cached_property
    def seen(self) -> datetime | None:
        """When the page was made that the person looked at; None when no page was, as with a script
        that posts."""
        if self.request.method != "POST":
            return self.now
        known = _moment(self.request.POST.get("seen", ""))
        return known if self.is_sent else known or self.now

    @property
    def was_shown(self) -> Sequence[str]:
        """What :meth:`shown` said on the page that was sent; empty when no page was."""
        return self.request.POST.getlist("shown")

    @cached_property
    def form(self) -> Any:
        if self.is_sent:
            return self.build_form(self.request.POST)
        return self._unsent() if self.request.method == "POST" else self.build_form(None)

    @cached_property
    def others(self) -> Sequence[str]:
        """What :meth:`meanwhile` says, asked once."""
        return self.meanwhile()

    def _unsent(self) -> forms.Form:
        """The form with all that is typed, and nothing to complain of."""
        return self.build_form(None, initial=self.request.POST.dict())

    # --- The answer ---------------------------------------------------------------------------

    def response(self) -> HttpResponse:
        """Show the page; or make the change and go back; or show it again with what was wrong."""
        said = self._made() if self.is_sent else None
        if said is not None:
            return self.done(said)
        if self.is_sent:
            self.read_again()
        context = {
            **self.model_admin.admin_site.each_context(self.request),
            "opts": self.model_admin.opts,
            "original": self.about,
            "title": self.title,
            "form": self.form,
            "address": self.address,
            "seen": (self.seen or self.now).isoformat(),
            "shown": self.shown(),
            "effects": self.effects(),
            "meanwhile": self.others,
            "refused_meanwhile": self.refused_meanwhile,
            "button": self.button,
            "is_grave": self.is_grave,
            "leave": self.leave,
            "back": self.back,
            **self.context(),
        }
        return TemplateResponse(self.request, self.template, context)

    def done(self, said: str) -> HttpResponse:
        """The answer once the change is made."""
        messages.success(self.request, said)
        return HttpResponseRedirect(self.back)

    def _made(self) -> str | None:
        """What was done; None when nothing was, and the page then says why."""
        form = self.form
        if not form.is_valid():
            return None
        if self.others:
            self.refused_meanwhile, self.form = True, self._unsent()
            return None
        try:
            with policy_lock.held() if self.changes_policy else policy_lock.in_time():
                return self.make(clock.now())
        except ValidationError as error:
            _explain(form, error)
        except policy_lock.Busy as error:
            form.add_error(None, str(error))
        except Refused as error:
            form.add_error("start" if "start" in form.fields else None, str(error))
        except self.refusals as error:
            form.add_error(None, str(error))
        return None


def _moment(text: str) -> datetime | None:
    """A moment as the form wrote it; None for anything else, and without a zone."""
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else None
    return None


def _explain(form: forms.Form, error: ValidationError) -> None:
    by_field = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for name, said in by_field.items():
        form.add_error(name if name in form.fields else None, said)

"""Giving a publisher another model type in the admin: at whom its cookie type changes by that, why,
from when."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from network import clock, dates
from network.effective import timeline
from network.pages.site.admin_site import ScopedAdmin, person
from publishers.cookie_types.resolution import starting
from publishers.models import ModelType, Publisher, PublisherModelType
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import Asked, Proposal, address_of, answer, asked
from publishers.pages.partners.forms import ModelTypeForm, ReasonForm
from publishers.policy import assigning, preset_reasons
from publishers.policy.effects import effects_of_model_type


def confirm(
    request: HttpRequest, model_admin: ScopedAdmin[Publisher], publisher: Publisher
) -> HttpResponse:
    """First asks which, unless the address says it: ``?model_type=extension``; then the
    confirmation, which makes the change when it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    held = {"model_type": model_type_of(publisher, clock.now())}
    chosen = ModelTypeForm(given if "model_type" in given else None, initial=held)
    if not chosen.is_valid():
        return _ask(request, model_admin, publisher, chosen)
    return _respond(request, model_admin, publisher, chosen.cleaned_data["model_type"])


def _ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[Publisher],
    publisher: Publisher,
    chosen: ModelTypeForm,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": publisher,
        "title": _("Change the model type of %(publisher)s") % {"publisher": publisher},
        "form": chosen,
        "button": _("Continue"),
        "back": _page(publisher),
    }
    template = "admin/cookie_types/choose_model_type.html"
    return TemplateResponse(request, template, context)


def _respond(
    request: HttpRequest, model_admin: ScopedAdmin[Publisher], publisher: Publisher, kind: str
) -> HttpResponse:
    given = asked(request, ReasonForm, preset_reasons.of_model_type())
    row = PublisherModelType(publisher=publisher, model_type=kind)
    outcome = effects_of_model_type(row, given.start, given.now)
    changing = [effect for effect in outcome.effects if effect.changes_type]
    before = model_type_of(publisher, outcome.start.at)
    facts = {
        "publisher": str(publisher),
        "before": ModelType(before).label,
        "after": ModelType(kind).label,
    }
    hidden = {"model_type": kind}
    path = reverse("admin:publishers_publisher_model_type", args=[publisher.pk])
    proposal = Proposal(
        title=_("Change of model type"),
        of_all=[effect.partnership for effect in outcome.effects],
        changing=changing,
        staying=[effect for effect in outcome.effects if effect not in changing],
        told=[effect.partnership for effect in outcome.effects],
        said=starting(row, outcome.start.at),
        start=outcome.start,
        headline=_("Change the model type of %(publisher)s from %(before)s to %(after)s") % facts,
        rest=[sentences.rest_of_model_type(len(changing), len(outcome.effects))],
        button=_("Change it to %(after)s") % facts,
        address=address_of(path, hidden),
        hidden=hidden,
        back=_page(publisher),
        make=lambda now: _make(request, model_admin, given, row, now),
        by_default=before != kind,
        nothing=[
            _("There is nothing to change: the model type of %(publisher)s is %(after)s already.")
            % facts,
            _("This may be different with a later start."),
        ],
    )
    return answer(request, model_admin, given, proposal)


def _make(
    request: HttpRequest,
    model_admin: ScopedAdmin[Publisher],
    given: Asked,
    said: PublisherModelType,
    now: datetime,
) -> str:
    made = assigning.change_model_type(
        said.publisher,
        said.model_type,
        now,
        reason=given.form.cleaned_data["reason"],
        made_by=person(request),
        start=given.form.start_at,
        known_until=given.seen,
    )
    label = made.get_model_type_display()
    model_admin.log_change(request, said.publisher, _("Model type: %(label)s") % {"label": label})
    done = _("Model type %(model_type)s, from %(start)s. Clicks already made keep their type.")
    return done % {"model_type": label, "start": dates.zoned(made.starts_at)}


def model_type_of(publisher: Publisher, at: datetime) -> str:
    """The model type in force; prefetched ``model_types`` are not read again."""
    held = timeline.in_force(list(publisher.model_types.all()), at)
    return held.model_type if held else ModelType.OTHER.value


def _page(publisher: Publisher) -> str:
    return reverse("admin:publishers_publisher_change", args=[publisher.pk])

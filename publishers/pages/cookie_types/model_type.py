"""Giving a publisher another model type in the admin: at whom its cookie type changes by that, why,
from when."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from network import clock, dates
from network.pages.site.admin_site import ScopedAdmin, person
from publishers.cookie_types.resolution import starting
from publishers.models import ModelType, Publisher, PublisherModelType
from publishers.pages.cookie_types.confirmation import Asked, Proposal, address_of, answer, asked
from publishers.pages.partners.forms import ModelTypeForm, ReasonForm
from publishers.policy import assigning, preset_reasons
from publishers.policy.effects import Effect, effects_of_model_type


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
        "title": f"Change the model type of {publisher}",
        "form": chosen,
        "button": "Go on",
        "back": _page(publisher),
    }
    template = "admin/cookie_types/choose_model_type.html"
    return TemplateResponse(request, template, context)


def _respond(
    request: HttpRequest, model_admin: ScopedAdmin[Publisher], publisher: Publisher, kind: str
) -> HttpResponse:
    given = asked(request, ReasonForm, preset_reasons.OF_MODEL_TYPE)
    row = PublisherModelType(publisher=publisher, model_type=kind)
    outcome = effects_of_model_type(row, given.start, given.now)
    changing = [effect for effect in outcome.effects if effect.changes_type]
    before, label = model_type_of(publisher, outcome.start.at), str(ModelType(kind).label)
    hidden = {"model_type": kind}
    path = reverse("admin:publishers_publisher_model_type", args=[publisher.pk])
    proposal = Proposal(
        title="Change of model type",
        of_all=[effect.partnership for effect in outcome.effects],
        changing=changing,
        staying=[effect for effect in outcome.effects if effect not in changing],
        told=[effect.partnership for effect in outcome.effects],
        said=starting(row, outcome.start.at),
        start=outcome.start,
        headline=f"Change the model type of {publisher} from {ModelType(before).label} to {label}",
        rest=_rest(outcome.effects, changing),
        button=f"Change it to {label}",
        address=address_of(path, hidden),
        hidden=hidden,
        back=_page(publisher),
        make=lambda now: _make(request, model_admin, given, row, now),
        by_default=before != kind,
        nothing=f"There is nothing to change: the model type of {publisher} is {label} already. "
        "A later start may find it otherwise.",
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
    model_admin.log_change(request, said.publisher, f"Model type: {label}")
    return f"{label} from {dates.zoned(made.starts_at)}. Clicks already made keep their type."


def _rest(effects: Sequence[Effect], changing: Sequence[Effect]) -> str:
    """``Its cookie type changes at 2 of 3 advertisers.``"""
    if not effects:
        return "It is a partner of no advertiser yet."
    if not changing:
        return "Its cookie type stays as it is."
    if len(effects) == 1:
        return "Its cookie type changes."
    return f"Its cookie type changes at {len(changing)} of {len(effects)} advertisers."


def model_type_of(publisher: Publisher, at: datetime) -> str:
    """The model type in force; prefetched ``model_types`` are not read again."""
    held = [row.model_type for row in publisher.model_types.all() if row.starts_at <= at]
    return held[-1] if held else ModelType.OTHER.value


def _page(publisher: Publisher) -> str:
    return reverse("admin:publishers_publisher_change", args=[publisher.pk])

"""Giving a publisher another model type in the admin: where its cookie type changes by that, why,
from when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from network import clock, dates
from network.effective import timeline
from network.pages.site.admin_site import ScopedAdmin
from network.pages.site.change_pages import page_of
from publishers.cookie_types.resolution import starting
from publishers.models import ModelType, Publisher, PublisherModelType
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import CookieTypeChange, Proposal
from publishers.pages.partners.forms import ModelTypeForm
from publishers.policy import assigning
from publishers.policy.effects import Outcome, effects_of_model_type


def confirm(
    request: HttpRequest, model_admin: ScopedAdmin[Publisher], publisher: Publisher
) -> HttpResponse:
    """First asks which, unless the address says it: ``?model_type=extension``; then the
    confirmation, which makes the change when it is posted."""
    given = request.POST if request.method == "POST" else request.GET
    held = {"model_type": lambda: model_type_of(publisher, clock.now())}  # read when it is shown
    chosen = ModelTypeForm(given if "model_type" in given else None, initial=held)
    if not chosen.is_valid():
        return _ask(request, model_admin, publisher, chosen)
    kind = chosen.cleaned_data["model_type"]
    return ModelTypeChange(request, model_admin, publisher, kind).response()


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
        "back": page_of(publisher),
    }
    template = "admin/cookie_types/choose_model_type.html"
    return TemplateResponse(request, template, context)


class ModelTypeChange(CookieTypeChange[Publisher]):
    """Giving the publisher the model type ``kind``."""

    path_name = "admin:publishers_publisher_model_type"

    def __init__(
        self,
        request: HttpRequest,
        model_admin: ScopedAdmin[Publisher],
        about: Publisher,
        kind: str,
    ) -> None:
        super().__init__(request, model_admin, about)
        self.kind = kind

    @property
    def title(self) -> str:
        return _("Change of model type")

    @cached_property
    def presets(self) -> Sequence[str]:
        return sentences.reasons_of_model_type()

    @cached_property
    def hidden(self) -> Mapping[str, str]:
        return {"model_type": self.kind}

    @cached_property
    def proposal(self) -> Proposal:
        row = PublisherModelType(publisher=self.about, model_type=self.kind)
        outcome = effects_of_model_type(row, self.start, self.now)
        effects = outcome.effects
        changing = [effect for effect in effects if effect.changes_type]
        partners = [effect.partnership for effect in effects]
        before = self._type_before(outcome)
        facts = {
            "publisher": str(self.about),
            "before": ModelType(before).label,
            "after": ModelType(self.kind).label,
        }
        return Proposal(
            of_all=partners,
            reading=outcome.reading,
            changing=changing,
            staying=[effect for effect in effects if effect not in changing],
            told=partners,
            said=starting(row, outcome.start.at),
            start=outcome.start,
            button=_("Change it to %(after)s") % facts,
            headline=_("Change the model type of %(publisher)s from %(before)s to %(after)s")
            % facts,
            rest=[sentences.rest_of_model_type(len(changing), len(effects))],
            by_default=before != self.kind,
            nothing=[
                _(
                    "There is nothing to change: the model type of %(publisher)s is %(after)s "
                    "already."
                )
                % facts,
                _("This may be different with a later start."),
            ],
        )

    def _type_before(self, outcome: Outcome) -> str:
        """As its policies say it, where it has any: they have been read."""
        for effect in outcome.effects:
            return effect.before.model_type
        return model_type_of(self.about, outcome.start.at)

    def write(self, now: datetime, **said: Any) -> str:
        made = assigning.change_model_type(self.about, self.kind, now, **said)
        label = made.get_model_type_display()
        logged = _("Model type: %(label)s") % {"label": label}
        self.model_admin.log_change(self.request, self.about, logged)
        done = _("Model type %(model_type)s, from %(start)s. Clicks already made keep their type.")
        return done % {"model_type": label, "start": dates.zoned(made.starts_at)}


def model_type_of(publisher: Publisher, at: datetime) -> str:
    """The model type in force; prefetched ``model_types`` are not read again."""
    held = timeline.in_force(list(publisher.model_types.all()), at)
    return held.model_type if held else ModelType.OTHER.value

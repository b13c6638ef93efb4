"""Setting a model type's default in the admin: which one, for which partners, why, from when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, dates
from network.models import Advertiser
from network.pages.site.admin_site import ScopedAdmin
from network.people import access
from publishers.cookie_types.defaults import overview
from publishers.cookie_types.resolution import OWN, starting
from publishers.models import AssignedType, ModelType, ModelTypeCookieType
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import CookieTypeChange, Proposal
from publishers.pages.cookie_types.sentences import Reach
from publishers.policy import assigning
from publishers.policy.effects import Effect, decides, effects_of_default


class ModelTypeDefaultForm(forms.Form):
    """Which default is to be set, and to what."""

    required_css_class = "required"

    advertiser = forms.ModelChoiceField(Advertiser.objects.none(), label=gettext_lazy("Advertiser"))
    model_type = forms.ChoiceField(label=gettext_lazy("Model type"), choices=ModelType.choices)
    to = forms.ChoiceField(
        label=gettext_lazy("Cookie type"),
        choices=[
            (AssignedType.SOFT.value, gettext_lazy("Soft")),
            (AssignedType.HARD.value, gettext_lazy("Hard")),
            (AssignedType.INHERIT.value, gettext_lazy("The network's default")),
        ],
    )

    def offer(self, advertisers: QuerySet[Advertiser], *, network_too: bool) -> None:
        """Which advertisers to choose from; operators may leave it to the whole network."""
        choice = self.fields["advertiser"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = advertisers
        choice.required = not network_too
        choice.empty_label = _("The whole network") if network_too else _("Choose one")
        if not network_too and len(advertisers) == 1:
            self.initial.setdefault("advertiser", advertisers[0].pk)


def confirm(request: HttpRequest, model_admin: ScopedAdmin[ModelTypeCookieType]) -> HttpResponse:
    """First asks which default, unless the address says it whole:
    ``?advertiser=1&model_type=voucher&to=soft``; then the confirmation, which makes the change when
    it is posted. An operator may leave the advertiser empty: the network's own default."""
    given = request.POST if request.method == "POST" else request.GET
    is_whole = {"model_type", "to"} <= set(given)
    shops = access.for_managers(Advertiser.objects.all(), request.user)
    initial = given.dict() if is_whole else {"to": _other_type(shops, given.dict()), **given.dict()}
    chosen = ModelTypeDefaultForm(given if is_whole else None, initial=initial)
    chosen.offer(shops, network_too=model_admin.is_operator(request))
    if not (is_whole and chosen.is_valid()):
        return _ask(request, model_admin, chosen)
    said = chosen.cleaned_data
    shop, to = said["advertiser"], said["to"]
    if shop is None and to == AssignedType.INHERIT:
        chosen.add_error("to", _("The network's own default is either hard or soft."))
        return _ask(request, model_admin, chosen)
    row = ModelTypeCookieType(advertiser=shop, model_type=said["model_type"], cookie_type=to)
    return DefaultChange(request, model_admin, row).response()


def _other_type(shops: QuerySet[Advertiser], given: Mapping[str, str]) -> str:
    """What the default in the address is not now; soft where it names none."""
    shop = (
        shops.filter(pk=given["advertiser"]) if given.get("advertiser", "").isdecimal() else shops
    )
    only = list(shop[:2])
    rows = {row.model_type: row for row in overview(only if len(only) == 1 else [], clock.now())}
    if row := rows.get(given.get("model_type", "")):
        held = row.own[0] if row.own else row.network
        if held.cookie_type == AssignedType.SOFT:
            return AssignedType.HARD.value
    return AssignedType.SOFT.value


def _ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[ModelTypeCookieType],
    chosen: ModelTypeDefaultForm,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Set a model type's default"),
        "form": chosen,
        "button": _("Continue"),
        "back": reverse("admin:publishers_modeltypecookietype_changelist"),
    }
    template = "admin/cookie_types/choose_default.html"
    return TemplateResponse(request, template, context)


class DefaultChange(CookieTypeChange[None]):
    """Setting the default that the unsaved ``row`` says."""

    path_name = "admin:publishers_modeltypecookietype_add"

    def __init__(
        self,
        request: HttpRequest,
        model_admin: ScopedAdmin[ModelTypeCookieType],
        row: ModelTypeCookieType,
    ) -> None:
        super().__init__(request, model_admin, None)
        self.row = row

    @cached_property
    def presets(self) -> Sequence[str]:
        of_network = self.row.advertiser is None
        return sentences.reasons_of_default(self.row.cookie_type, of_network=of_network)

    @cached_property
    def hidden(self) -> Mapping[str, str]:
        shop = self.row.advertiser
        return {
            "advertiser": str(shop.pk) if shop else "",
            "model_type": self.row.model_type,
            "to": self.row.cookie_type,
        }

    @cached_property
    def proposal(self) -> Proposal:
        row, shop = self.row, self.row.advertiser
        outcome = effects_of_default(row, self.start, self.now)
        effects = outcome.effects
        decided = [effect for effect in effects if decides(effect, row)]
        changing = [effect for effect in decided if effect.changes_type]
        partners = [effect.partnership for effect in effects]
        kind = str(ModelType(row.model_type).label)
        return Proposal(
            of_all=partners,
            reading=outcome.reading,
            changing=changing,
            staying=[effect for effect in effects if effect not in changing],
            told=partners,
            said=starting(row, outcome.start.at),
            start=outcome.start,
            button=sentences.button_of_default(row.cookie_type),
            headline=sentences.headline_of_default(kind, str(shop or ""), row.cookie_type),
            rest=sentences.rest_of_default(_reach(effects, decided, changing)),
            by_default=True,
        )

    def write(self, now: datetime, **said: Any) -> str:
        row = self.row
        made = assigning.set_default(row.advertiser, row.model_type, row.cookie_type, now, **said)
        self.model_admin.log_addition(self.request, made, "Added")
        done = _("%(change)s, from %(start)s.")
        facts = {"change": self.proposal.headline, "start": dates.zoned(made.starts_at)}
        nobody = () if self.proposal.of_all else self.proposal.rest
        return " ".join([done % facts, *nobody])


def _reach(
    effects: Sequence[Effect], decided: Sequence[Effect], changing: Sequence[Effect]
) -> Reach:
    own = sum(effect.after.source == OWN for effect in effects)
    return Reach(
        changing=len(changing),
        already=len(decided) - len(changing),
        own=own,
        nearer=len(effects) - len(decided) - own,
    )

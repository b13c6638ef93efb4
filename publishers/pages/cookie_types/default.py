"""Setting a model type's default in the admin: which one, for whom it decides, why, from when."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import ngettext

from network import dates
from network.models import Advertiser
from network.pages.site.admin_site import ScopedAdmin, person
from network.people import access
from publishers.cookie_types.resolution import OWN, starting
from publishers.models import AssignedType, ModelType, ModelTypeCookieType
from publishers.pages.cookie_types.confirmation import Proposal, address_of, answer, asked
from publishers.pages.partners.forms import ModelTypeDefaultForm, ReasonForm
from publishers.policy import assigning, preset_reasons
from publishers.policy.effects import Effect, decides, effects_of_default

TARGETS = {
    AssignedType.SOFT.value: "soft",
    AssignedType.HARD.value: "hard",
    AssignedType.INHERIT.value: "the network's default",
}


def confirm(request: HttpRequest, model_admin: ScopedAdmin[ModelTypeCookieType]) -> HttpResponse:
    """First asks which default, unless the address says it whole:
    ``?advertiser=1&model_type=voucher&to=soft``; then the confirmation, which makes the change when
    it is posted. An operator may leave the advertiser empty: the network's own default."""
    given = request.POST if request.method == "POST" else request.GET
    is_whole = {"model_type", "to"} <= set(given)
    chosen = ModelTypeDefaultForm(given if is_whole else None, initial=given.dict())
    shops = access.for_managers(Advertiser.objects.all(), request.user)
    chosen.offer(shops, network_too=model_admin.is_operator(request))
    if not (is_whole and chosen.is_valid()):
        return _ask(request, model_admin, chosen)
    return _respond(request, model_admin, chosen)


def _ask(
    request: HttpRequest,
    model_admin: ScopedAdmin[ModelTypeCookieType],
    chosen: ModelTypeDefaultForm,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Set a model type's default",
        "form": chosen,
        "button": "Go on",
        "back": reverse("admin:publishers_modeltypecookietype_changelist"),
    }
    template = "admin/cookie_types/choose_default.html"
    return TemplateResponse(request, template, context)


def _respond(
    request: HttpRequest,
    model_admin: ScopedAdmin[ModelTypeCookieType],
    chosen: ModelTypeDefaultForm,
) -> HttpResponse:
    shop: Advertiser | None = chosen.cleaned_data["advertiser"]
    kind, to = chosen.cleaned_data["model_type"], chosen.cleaned_data["to"]
    if shop is None and to == AssignedType.INHERIT:
        chosen.add_error("to", "The network's own default is either hard or soft.")
        return _ask(request, model_admin, chosen)
    presets = preset_reasons.of_default(to, of_network=shop is None)
    given = asked(request, ReasonForm, presets)
    row = ModelTypeCookieType(advertiser=shop, model_type=kind, cookie_type=to)
    outcome = effects_of_default(row, given.start, given.now)
    effects = outcome.effects
    decided = [effect for effect in effects if decides(effect, row)]
    changing = [effect for effect in decided if effect.changes_type]
    label = str(ModelType(kind).label)

    def make(now: datetime) -> str:
        made = assigning.set_default(
            shop,
            kind,
            to,
            now,
            reason=given.form.cleaned_data["reason"],
            made_by=person(request),
            start=given.form.start_at,
            known_until=given.seen,
        )
        model_admin.log_addition(request, made, "Added")
        begins = dates.zoned(made.starts_at)
        nobody = "" if effects else " No partner has this model type yet."
        return f"{label} default: {made.get_cookie_type_display()}, from {begins}.{nobody}"

    hidden = {"advertiser": str(shop.pk) if shop else "", "model_type": kind, "to": to}
    proposal = Proposal(
        of_all=[effect.partnership for effect in effects],
        changing=changing,
        staying=[effect for effect in effects if effect not in changing],
        told=[effect.partnership for effect in effects],
        said=starting(row, outcome.start.at),
        start=outcome.start,
        headline=f"Set the {label} default of {shop or 'the network'} to {TARGETS[to]}",
        rest=_rest(effects, decided, changing),
        button=f"Set the default to {TARGETS[to]}",
        address=address_of(reverse("admin:publishers_modeltypecookietype_add"), hidden),
        hidden=hidden,
        back=reverse("admin:publishers_modeltypecookietype_changelist"),
        make=make,
        by_default=True,
    )
    return answer(request, model_admin, given, proposal)


def _rest(effects: Sequence[Effect], decided: Sequence[Effect], changing: Sequence[Effect]) -> str:
    """``It decides for 4 partners: 3 change, 1 is so already. 2 with a cookie type of their own
    stay as they are.``"""
    if not effects:
        return "Nobody is of this model type: it decides for those to come."
    said = [_decided(len(decided), len(changing))]
    own = sum(effect.after.source == OWN for effect in effects)
    if own:
        stay = "stays as it is" if own == 1 else "stay as they are"
        their = "its" if own == 1 else "their"
        said.append(f"{own} with a cookie type of {their} own {stay}.")
    nearer = len(effects) - len(decided) - own
    if nearer:
        said.append(f"For {nearer} the advertiser's own default decides.")
    return " ".join(said)


def _decided(decided: int, changing: int) -> str:
    already = decided - changing
    if not decided:
        return "It decides for no partner now."
    partners = ngettext("%d partner", "%d partners", decided) % decided
    if not already:
        return f"It decides for {partners}."
    if not changing:
        return f"It decides for {partners}, so already."
    change, is_so = ("change" if changing > 1 else "changes"), ("are" if already > 1 else "is")
    return f"It decides for {decided} partners: {changing} {change}, {already} {is_so} so already."

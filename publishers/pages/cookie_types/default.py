"""Setting a model type's default in the admin: which one, for whom it decides, why, from when."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from network import dates
from network.models import Advertiser
from network.pages.site.admin_site import ScopedAdmin, person
from network.people import access
from publishers.cookie_types.resolution import OWN, starting
from publishers.models import AssignedType, ModelType, ModelTypeCookieType
from publishers.pages.cookie_types import sentences
from publishers.pages.cookie_types.confirmation import Asked, Proposal, address_of, answer, asked
from publishers.pages.cookie_types.sentences import Reach
from publishers.pages.partners.forms import ModelTypeDefaultForm, ReasonForm
from publishers.policy import assigning, preset_reasons
from publishers.policy.effects import Effect, decides, effects_of_default


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
        "title": _("Set a model type's default"),
        "form": chosen,
        "button": _("Continue"),
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
        chosen.add_error("to", _("The network's own default is either hard or soft."))
        return _ask(request, model_admin, chosen)
    presets = preset_reasons.of_default(to, of_network=shop is None)
    given = asked(request, ReasonForm, presets)
    row = ModelTypeCookieType(advertiser=shop, model_type=kind, cookie_type=to)
    outcome = effects_of_default(row, given.start, given.now)
    effects = outcome.effects
    decided = [effect for effect in effects if decides(effect, row)]
    changing = [effect for effect in decided if effect.changes_type]
    rest = sentences.rest_of_default(_reach(effects, decided, changing))
    hidden = {"advertiser": str(shop.pk) if shop else "", "model_type": kind, "to": to}
    proposal = Proposal(
        of_all=[effect.partnership for effect in effects],
        changing=changing,
        staying=[effect for effect in effects if effect not in changing],
        told=[effect.partnership for effect in effects],
        said=starting(row, outcome.start.at),
        start=outcome.start,
        headline=_headline(row),
        rest=rest,
        button=sentences.button_of_default(to),
        address=address_of(reverse("admin:publishers_modeltypecookietype_add"), hidden),
        hidden=hidden,
        back=reverse("admin:publishers_modeltypecookietype_changelist"),
        make=lambda now: " ".join(
            [_make(request, model_admin, given, row, now), *([] if effects else rest)]
        ),
        by_default=True,
    )
    return answer(request, model_admin, given, proposal)


def _headline(row: ModelTypeCookieType) -> str:
    kind, shop = str(ModelType(row.model_type).label), row.advertiser
    return sentences.headline_of_default(kind, str(shop) if shop else "", row.cookie_type)


def _make(
    request: HttpRequest,
    model_admin: ScopedAdmin[ModelTypeCookieType],
    given: Asked,
    row: ModelTypeCookieType,
    now: datetime,
) -> str:
    """Set the default that the unsaved row says; what was done, in words."""
    made = assigning.set_default(
        row.advertiser,
        row.model_type,
        row.cookie_type,
        now,
        reason=given.form.cleaned_data["reason"],
        made_by=person(request),
        start=given.form.start_at,
        known_until=given.seen,
    )
    model_admin.log_addition(request, made, "Added")
    done = _("%(change)s, from %(start)s.")
    return done % {"change": _headline(row), "start": dates.zoned(made.starts_at)}


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

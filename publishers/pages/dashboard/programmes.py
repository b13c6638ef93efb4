"""A publisher's programmes: those it has joined, those it can apply to, and applications."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.models import Advertiser
from network.pages.site.admin_site import person
from publishers.models import Partnership, Publisher
from publishers.pages.dashboard.frame import Tab, team_action, team_page
from publishers.partnerships.programmes import MOST_FOUND, programmes_of, programmes_open_to
from publishers.policy import asking, deciding
from publishers.policy.deciding import MAX_MESSAGE, AlreadyPartner

TABS = (
    Tab("programmes", gettext_lazy("Joined")),
    Tab("find_programmes", gettext_lazy("Find"), below=("apply",)),
    Tab("applied_programmes", gettext_lazy("Applied"), below=("answer",)),
)


class ApplicationForm(forms.Form):
    message = forms.CharField(
        label=gettext_lazy("Message to the advertiser (optional)"),
        max_length=MAX_MESSAGE,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "max_length": gettext_lazy(
                "Shorten the message to %(limit_value)d characters; it has %(show_value)d."
            )
        },
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(max_length=asking.MAX_ANSWER)


@team_page
def joined(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    own = programmes_of(publisher.pk, clock.now())
    return _page(request, context, programmes=[item for item in own if item.is_joined])


@team_page
def applied(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    own = programmes_of(publisher.pk, clock.now())
    shown = [item for item in own if not item.is_joined]
    waiting = [item.partnership.pk for item in shown if item.standing.has_applied]
    asked = asking.questions(waiting)
    questions = {item.partnership.pk: asked.get(item.partnership.pk, "") for item in shown}
    return _page(request, context, programmes=shown, questions=questions)


@team_page
def find(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    name = request.GET.get("name", "").replace("\0", "")[:120]
    found = programmes_open_to(publisher.pk, clock.now(), name)
    return _page(
        request,
        context,
        programmes=found,
        name=name,
        form=ApplicationForm(label_suffix=""),
        is_cut_off=len(found) == MOST_FOUND,
    )


@team_action
def apply(
    request: HttpRequest, publisher: Publisher, context: dict[str, Any], advertiser: int
) -> HttpResponse:
    open_ones = Advertiser.objects.filter(status=Advertiser.Status.ACTIVE)
    shop = get_object_or_404(open_ones, pk=advertiser)
    if publisher.status != Publisher.Status.ACTIVE:
        messages.error(
            request,
            _("%(publisher)s is closed: it cannot apply to programmes.") % {"publisher": publisher},
        )
        return _to("find_programmes", publisher)
    form = ApplicationForm(request.POST, label_suffix="")
    if not form.is_valid():
        for error in form.errors["message"]:
            messages.error(
                request, _("Not applied to %(shop)s. %(error)s") % {"shop": shop, "error": error}
            )
        return _to("find_programmes", publisher)
    return _apply(request, publisher, shop, form.cleaned_data["message"])


def _apply(
    request: HttpRequest, publisher: Publisher, shop: Advertiser, message: str
) -> HttpResponse:
    try:
        deciding.apply(shop, publisher, clock.now(), made_by=person(request), message=message)
    except AlreadyPartner:
        before = Partnership.objects.get(advertiser=shop, publisher=publisher)
        messages.error(request, _already(before))
    else:
        messages.success(
            request, _("You have applied to %(shop)s. Its staff decide.") % {"shop": shop}
        )
    return _to("applied_programmes", publisher)


def _already(partnership: Partnership) -> str:
    [programme] = [
        item
        for item in programmes_of(partnership.publisher_id, clock.now())
        if item.partnership == partnership
    ]
    return _("Not applied to %(advertiser)s again. %(status_text)s") % {
        "advertiser": programme.advertiser,
        "status_text": programme.status_text,
    }


@team_action
def answer(
    request: HttpRequest, publisher: Publisher, context: dict[str, Any], advertiser: int
) -> HttpResponse:
    """To what staff have asked about an application."""
    own = Partnership.objects.filter(publisher=publisher, advertiser=advertiser)
    partnership = get_object_or_404(own.select_related("advertiser"))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was sent. Write an answer of 500 characters at most."))
        return _to("applied_programmes", publisher)
    try:
        text = form.cleaned_data["answer"]
        asking.answer(partnership, text, clock.now(), made_by=person(request))
    except asking.NotWaiting as error:
        messages.error(request, str(error))
    else:
        said = _("Your answer is with %(shop)s.") % {"shop": partnership.advertiser}
        messages.success(request, said)
    return _to("applied_programmes", publisher)


def _to(name: str, publisher: Publisher) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=[publisher.pk]))


def _page(request: HttpRequest, context: dict[str, Any], **more: Any) -> HttpResponse:
    return render(
        request, "publishers/dashboard/programmes.html", {**context, "inner_tabs": TABS, **more}
    )

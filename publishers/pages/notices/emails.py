"""The page on which somebody chooses which notices they also get by email."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import dates
from network.pages.site.admin_site import person
from network.people.access import access_of
from publishers.models import Notice
from publishers.notices import choices

_KINDS = (
    (
        Notice.Event.COOKIE_TYPE,
        gettext_lazy("Cookie type: you become hard or soft, now or at a later time"),
    ),
    (
        Notice.Event.PARTNERSHIP,
        gettext_lazy("Partnership: you are approved or declined, or may do other things"),
    ),
    (Notice.Event.TERMS, gettext_lazy("Terms: commission, cookie periods, validation")),
    (
        Notice.Event.DECLINED,
        gettext_lazy("Sales declined because nobody confirmed them: once a day at most"),
    ),
    (Notice.Event.ASKED, gettext_lazy("Questions about your application")),
)


class EmailsForm(forms.Form):
    mailed = forms.MultipleChoiceField(
        label=gettext_lazy("Email me at once about"),
        choices=[(event.value, label) for event, label in _KINDS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def emails(request: HttpRequest) -> HttpResponse:
    user, access = person(request), access_of(request.user)
    initial = {"mailed": choices.mailed(user)}
    form = EmailsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        choices.choose(user, form.cleaned_data["mailed"])
        messages.success(request, _("Your choice is saved."))
        return HttpResponseRedirect(request.path)
    context = {
        "form": form,
        "person": user,
        "in_team": bool(access.team_roles),
        "enters_admin": access.enters_admin,
        "zone": dates.zone_name(),
    }
    return render(request, "account/emails.html", context)

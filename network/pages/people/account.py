"""Everybody's own account: name and time zone, and the way to the rest."""

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
from network.models import User
from network.pages.people.forms import TimeZoneField
from network.pages.site.admin_site import person
from network.pages.site.change_pages import posted
from network.people import access


class AccountForm(forms.ModelForm[User]):
    time_zone = TimeZoneField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("All times on your pages and in your emails are in this zone."),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "time_zone")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = User.objects.get(pk=person(request).pk)
    form = AccountForm(posted(request), instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your account is saved."))
        return HttpResponseRedirect(request.path)
    context = {
        "form": form,
        "person": person(request),
        "zone": dates.zone_name(),
        "enters_admin": access.access_of(request.user).enters_admin,
    }
    return render(request, "account/account.html", context)

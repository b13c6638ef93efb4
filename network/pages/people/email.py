"""The pages on which somebody changes their own email address."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import clock
from network.models import User
from network.pages.people import email_change
from network.pages.people.email_change import AddressNotChanged
from network.pages.site.admin_site import person
from network.pages.site.change_pages import posted


class NewAddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New email"),
        help_text=gettext_lazy("A link is sent there. The address changes once you open it."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = NewAddressForm(posted(request))
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        email_change.ask(user, address, clock.now())
        said = _("A link is on its way to %(address)s. Open it within a day.")
        messages.success(request, said % {"address": address})
        return HttpResponseRedirect(reverse("own_account"))
    return render(request, "account/email.html", {"form": form, "person": user})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link changes nothing yet: mail programs look at links, too."""
    user = User.objects.get(pk=person(request).pk)
    try:
        if request.method == "POST":
            address = email_change.confirm(user, token, clock.now())
            messages.success(request, _("Your email is now %(email)s.") % {"email": address})
            return HttpResponseRedirect(reverse("own_account"))
        address = email_change.read(user, token, clock.now())
    except AddressNotChanged as error:
        return render(request, "account/invitation_closed.html", {"why": error}, status=410)
    return render(request, "account/confirm_email.html", {"address": address})

"""Making the key with which a shop's server signs the reports of its pages."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network.advertisers import signing_keys
from network.advertisers.signing_keys import MOST_OVERLAP_DAYS
from network.models import Advertiser
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView, Effects


class SigningKeyForm(forms.Form):
    overlap_days = forms.IntegerField(
        label=_("Days that the current key stays valid"),
        min_value=0,
        max_value=MOST_OVERLAP_DAYS,
        initial=7,
        help_text=_(
            "0 to 90: how long the shop has to change over. 0 ends the current key at once, as "
            "after a theft."
        ),
    )
    required_css_class = "required"


class NewSigningKey(ChangeView[Advertiser]):
    """A new key; the advertiser's page shows it, and until when the old one is valid."""

    button = _("Make a signing key")
    form_class = SigningKeyForm

    @property
    def title(self) -> str:
        return gettext("A signing key for %(advertiser)s") % {"advertiser": self.about}

    def effects(self) -> Effects:
        first = gettext(
            "The shop's server signs each sale with this key when it renders the thank-you page. "
            "Signed sales count as confirmed."
        )
        return Effects(headline=first)

    def make(self, now: datetime) -> str:
        overlap = timedelta(days=self.form.cleaned_data["overlap_days"])
        signing_keys.make(self.about, now, made_by=person(self.request), overlap=overlap)
        self.model_admin.log_change(self.request, self.about, gettext("Made a signing key"))
        return gettext("The signing key is on this page. Keep it on the shop's server only.")

"""Making and revoking the keys with which a shop's server calls the API."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network.advertisers import api_keys
from network.models import Advertiser, ApiKey
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView, Effects


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=api_keys.MOST_NAME,
        help_text=_("Which of the shop's systems uses it, for example: Order export."),
    )
    scope = forms.ChoiceField(
        label=_("Scope"),
        choices=[
            ("report", _("Report sales only")),
            ("all", _("Report sales; approve, decline and cancel orders")),
        ],
        initial="report",
        help_text=_("A system that does not decide about orders needs no key that can."),
    )
    required_css_class = "required"


class NewApiKeyPage(ChangeView[Advertiser]):
    """A new key, shown on the page that answers and nowhere else."""

    button = _("Make an API key")
    form_class = ApiKeyForm
    key = ""

    @property
    def title(self) -> str:
        return gettext("An API key for %(advertiser)s") % {"advertiser": self.about}

    def effects(self) -> Effects:
        return Effects(
            headline=gettext(
                "Whoever has the key can report sales of this shop, and is believed most."
            ),
            sentences=[
                gettext("The key is shown once. Other keys stay valid until you revoke them.")
            ],
        )

    def make(self, now: datetime) -> str:
        name = self.form.cleaned_data["name"]
        try:
            may_decide = self.form.cleaned_data["scope"] == "all"
            made = api_keys.make(
                self.about, name, now, made_by=person(self.request), may_decide=may_decide
            )
        except api_keys.NameTaken:
            taken = gettext("A key with this name is valid. Choose another name, or revoke it.")
            raise ValidationError({"name": taken}) from None
        self.key = made.key
        logged = gettext("Made the API key %(name)s, %(key)s") % {"name": name, "key": made.row}
        self.model_admin.log_change(self.request, self.about, logged)
        return gettext("The API key %(name)s is valid from now on.") % {"name": name}

    def done(self, said: str) -> HttpResponse:
        """The key itself. A message would go through a cookie, a redirect through an address."""
        context = {
            **self.model_admin.admin_site.each_context(self.request),
            "opts": self.model_admin.opts,
            "original": self.about,
            "title": self.title,
            "said": said,
            "key": self.key,
            "back": self.back,
        }
        template = "admin/network/advertiser/api_key.html"
        return TemplateResponse(self.request, template, context)


class ApiKeyChoice(forms.ModelChoiceField[ApiKey]):
    def label_from_instance(self, obj: ApiKey) -> str:
        return gettext("%(name)s, %(key)s") % {"name": obj.name, "key": obj}


class RevokeForm(forms.Form):
    key = ApiKeyChoice(label=_("API key"), queryset=ApiKey.objects.none())
    required_css_class = "required"

    def __init__(self, advertiser: Advertiser, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        key = self.fields["key"]
        assert isinstance(key, ApiKeyChoice)
        key.queryset = advertiser.api_keys.filter(revoked_at=None)


class RevokeApiKey(ChangeView[Advertiser]):
    """The end of a key, for good."""

    button = _("Revoke the key")
    leave = _("Keep it")

    @property
    def title(self) -> str:
        return gettext("Revoke an API key of %(advertiser)s") % {"advertiser": self.about}

    def build_form(self, data: QueryDict | None, **given: object) -> forms.Form:
        chosen = {"key": self.request.GET.get("key", "")}
        return RevokeForm(self.about, data, **{"initial": chosen, **given})

    def effects(self) -> Effects:
        return Effects(
            headline=gettext("What the shop's server sends with this key is refused from now on."),
            sentences=[gettext("This cannot be undone. To change keys, make the next one first.")],
        )

    def make(self, now: datetime) -> str:
        key: ApiKey = self.form.cleaned_data["key"]
        said = {"name": key.name, "key": key}
        try:
            api_keys.revoke(key, now, revoked_by=person(self.request))
        except api_keys.AlreadyRevoked:
            raise ValidationError(gettext("This key has been revoked already.")) from None
        logged = gettext("Revoked the API key %(name)s, %(key)s") % said
        self.model_admin.log_change(self.request, self.about, logged)
        return gettext("The API key %(name)s, %(key)s, is revoked.") % said

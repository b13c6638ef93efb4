"""What operators fill in about the people who sign in."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from network.models import ADDRESS_TAKEN, NAME_TAKEN, User


class TimeZoneField(forms.ChoiceField):
    """One of the zones this machine knows, such as ``Europe/London``. A new account is offered the
    browser's own (``network/page.js``)."""

    def __init__(self, **kwargs: Any) -> None:
        names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
        kwargs.setdefault("initial", "UTC")
        super().__init__(choices=[(name, name) for name in names], **kwargs)


class OwnName(forms.ModelForm[User]):
    """A form with a user name that is nobody else's, in whatever case, nor another's address."""

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        others = User.objects.exclude(pk=self.instance.pk)
        of_address = others.filter(email=User.objects.normalize_email(name))
        if (others & User.objects.named(name)).exists() or of_address.exists():
            raise forms.ValidationError(NAME_TAKEN, code="unique")
        return name


class OwnAddress(forms.ModelForm[User]):
    def clean_email(self) -> str:
        address = User.objects.normalize_email(self.cleaned_data["email"])
        others = User.objects.exclude(pk=self.instance.pk)
        if address and others.filter(email=address).exists():
            raise forms.ValidationError(ADDRESS_TAKEN, code="unique")
        return address


PASSWORD_HELP = _("At least 8 characters: no common password, not only digits, not your name.")
"""What the validators of a password ask for, in a sentence."""


def say_shortly(form: forms.BaseForm) -> None:
    """In a sentence what the new password needs, where Django has a list."""
    form.fields["password1"].help_text = PASSWORD_HELP


class UserForm(OwnName, OwnAddress, UserChangeForm[User]):
    time_zone = TimeZoneField(label=_("Time zone"))

    class Meta(UserChangeForm.Meta):
        model = User
        labels: ClassVar = {"is_superuser": _("Operator")}
        help_texts: ClassVar = {
            "is_superuser": _("Sees and changes everything, at every advertiser and publisher."),
            "is_active": _("May sign in. Take this away instead of deleting the account."),
        }


class NewUserForm(OwnName, OwnAddress, AdminUserCreationForm[User]):
    time_zone = TimeZoneField(label=_("Time zone"))

    class Meta:
        model = User
        fields = ("username", "email", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_shortly(self)

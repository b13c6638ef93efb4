"""What operators fill in about the people who sign in."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from network.models import User


class TimeZoneField(forms.ChoiceField):
    """One of the zones this machine knows, such as ``Europe/London``."""

    def __init__(self, **kwargs: Any) -> None:
        names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
        kwargs.setdefault("initial", "UTC")
        super().__init__(choices=[(name, name) for name in names], **kwargs)


class UserForm(UserChangeForm[User]):
    time_zone = TimeZoneField()

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])

    class Meta(UserChangeForm.Meta):
        model = User
        labels: ClassVar = {"is_superuser": "Operator"}
        help_texts: ClassVar = {
            "is_superuser": "Sees and changes everything, at every advertiser and publisher.",
            "is_active": "May sign in. Take this away instead of deleting the account.",
        }


class NewUserForm(AdminUserCreationForm[User]):
    time_zone = TimeZoneField()

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])

    class Meta:
        model = User
        fields = ("username", "email", "time_zone")

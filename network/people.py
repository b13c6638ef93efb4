"""What operators fill in about the people who sign in."""

from typing import Any
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


class NewUserForm(AdminUserCreationForm[User]):
    time_zone = TimeZoneField()

    class Meta:
        model = User
        fields = ("username", "email", "time_zone")

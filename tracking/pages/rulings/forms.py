"""What staff fill in about a sale."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.models import Validation


class SettleForm(forms.Form):
    """Which of the reports in conflict is right, or none of them, and why."""

    NEITHER = "neither"
    required_css_class = "required"

    report = forms.ChoiceField(label=gettext_lazy("The right report"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept with the decision; the partner of a declined order reads it."),
    )

    def offer(self, reports: Sequence[tuple[str, str]]) -> None:
        """The reports by their ids, each with what the order becomes by it."""
        choice = self.fields["report"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [*reports, (self.NEITHER, _("None of them: decline the order"))]


class ApproveForm(forms.Form):
    """An optional note."""

    required_css_class = "required"

    reason = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept in the sale's history, for staff. May stay empty."),
    )


class DeclineForm(forms.Form):
    """Why a sale earns nothing, as the partner reads it."""

    required_css_class = "required"

    code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *Validation.Code.choices],
        help_text=gettext_lazy("The partner reads it as the state of its commission."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Details"),
        required=False,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "The partner reads this, too. May stay empty unless the reason is Other."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("code") == Validation.Code.OTHER and data.get("reason") == "":
            self.add_error(
                "reason", _("Say in words why it is declined, or choose another reason.")
            )
        return data


class TakeBackForm(forms.Form):
    """Why a decline was wrong."""

    required_css_class = "required"

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept in the sale's history, for staff."),
    )

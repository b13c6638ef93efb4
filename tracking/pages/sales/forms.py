"""What staff fill in about a sale."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, money
from tracking.models import Conversion, Report, Validation


class ReportChoice(forms.ModelChoiceField[Report]):
    """A report by its source, time and amount."""

    def label_from_instance(self, obj: Report) -> str:
        source = f"{obj.get_source_display()}, {dates.moment(obj.received_at)}"
        if not obj.figures:
            return source
        return f"{source}: {money.display(obj.figures['amount_minor'], obj.figures['currency'])}"


class SettleForm(forms.Form):
    """Which of the reports in conflict is right, and why."""

    required_css_class = "required"

    report = ReportChoice(
        Report.objects.none(),
        label=gettext_lazy("The right report"),
        widget=forms.RadioSelect,
        empty_label=None,
        help_text=gettext_lazy("Its figures and its clicks decide from now on."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Kept with the decision."),
    )

    def offer(self, conversion: Conversion) -> None:
        """The order's own reports."""
        choice = self.fields["report"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = conversion.reports.order_by("received_at")


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
        label=gettext_lazy("In your words"),
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
        help_text=gettext_lazy("Kept in the sale's history, for staff. The sale is pending again."),
    )

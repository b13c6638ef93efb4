"""What staff fill in about a sale."""

from django import forms

from network import dates, money
from tracking.models import Conversion, Report


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
        label="The right report",
        widget=forms.RadioSelect,
        empty_label=None,
        help_text="Its figures and its clicks decide from now on.",
    )
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea({"rows": 3}), help_text="Kept with the decision."
    )

    def offer(self, conversion: Conversion) -> None:
        """The order's own reports."""
        choice = self.fields["report"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = conversion.reports.order_by("received_at")

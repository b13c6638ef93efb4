"""What the page of performance is asked for, as it stands in its address."""

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from network.models import Advertiser
from network.pages.figures.forms import NOT_ONE, PeriodForm
from publishers.models import CookieTypeChoice, ModelType, Partnership, Publisher
from tracking.figures.queries import By

PARTNER, MODEL_TYPE = "partner", "model_type"
GROUPS: Mapping[str, str | Promise] = {
    PARTNER: gettext_lazy("Partner"),
    MODEL_TYPE: gettext_lazy("Model type"),
    By.ADVERTISER: gettext_lazy("Programme"),
    By.COOKIE_TYPE: gettext_lazy("Cookie type"),
    By.DAY: gettext_lazy("Day"),
    By.WEEK: gettext_lazy("Week"),
    By.MONTH: gettext_lazy("Month"),
}
"""What lines are about."""
TIMES = (By.DAY, By.WEEK, By.MONTH)


class PerformanceForm(PeriodForm):
    """Which days, compared with which, of whom, and what each line is about."""

    by = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[*GROUPS.items()],
        required=False,
        error_messages=NOT_ONE,
    )
    then = forms.ChoiceField(
        label=gettext_lazy("Then by"),
        choices=[("", gettext_lazy("Nothing else")), *GROUPS.items()],
        required=False,
        error_messages=NOT_ONE,
    )
    advertiser = forms.ModelChoiceField(
        Advertiser.objects.none(),
        label=gettext_lazy("Programme"),
        required=False,
        empty_label=gettext_lazy("All programmes"),
        error_messages=NOT_ONE,
    )
    partner = forms.ModelChoiceField(
        Publisher.objects.none(),
        label=gettext_lazy("Partner"),
        required=False,
        empty_label=gettext_lazy("All partners"),
        error_messages=NOT_ONE,
    )
    model_type = forms.ChoiceField(
        label=gettext_lazy("Model type"),
        choices=[("", gettext_lazy("All model types")), *ModelType.choices],
        required=False,
        error_messages=NOT_ONE,
    )
    cookie_type = forms.ChoiceField(
        label=gettext_lazy("Cookie type"),
        choices=[("", gettext_lazy("Hard and soft")), *CookieTypeChoice.choices],
        required=False,
        error_messages=NOT_ONE,
    )

    def __init__(
        self, data: QueryDict, today: date, zone: tzinfo, seen: QuerySet[Partnership]
    ) -> None:
        """``seen`` are the partnerships that the reader sees."""
        super().__init__(data, today, zone)
        for name, model in (("advertiser", Advertiser), ("partner", Publisher)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = (
                model.objects.filter(partnerships__in=seen).distinct().order_by("name")
            )
        self.grouping = str(data.get("by") or PARTNER)
        then = str(data.get("then") or "")
        self.then_by = "" if then == self.grouping else then

    @property
    def groupings(self) -> Sequence[str]:
        """What each line is about, in one respect or in two."""
        return [self.grouping, *([self.then_by] if self.then_by else [])]

    @property
    def narrowed(self) -> Mapping[str, str]:
        """Whom the figures are of, as it stands in an address: what of :attr:`NARROWING` is
        given."""
        chosen = {name: self.cleaned_data[name] for name in NARROWING}
        return {name: str(getattr(value, "pk", value)) for name, value in chosen.items() if value}

    def told(self) -> str:
        """Whom the figures are of, in words; empty for everybody's."""
        data = self.cleaned_data
        words = [
            *(str(data[name]) for name in ("advertiser", "partner") if data[name]),
            *(
                str(dict(self.fields[name].choices)[data[name]])  # type: ignore[attr-defined]
                for name in ("model_type", "cookie_type")
                if data[name]
            ),
        ]
        return " · ".join(words)


NARROWING = ("advertiser", "partner", "model_type", "cookie_type")

"""What a publisher's lists can be narrowed by, as it stands in the address."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from network import access
from network.models import Advertiser
from tracking.figures import STATES, in_state
from tracking.models import Click, Commission


class ListFilter(forms.Form):
    """By programme, among the publisher's own; ``before`` is where an older page begins."""

    programme = forms.ModelChoiceField(
        Advertiser.objects.none(), required=False, empty_label="All programmes"
    )

    def __init__(self, data: Any, publisher_id: int) -> None:
        super().__init__(data, label_suffix="")
        self.publisher_id = publisher_id
        choice = self.fields["programme"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Advertiser.objects.filter(partnerships__publisher=publisher_id)

    def _by_programme(self) -> Q:
        chosen = self.cleaned_data.get("programme")
        return Q(advertiser=chosen) if chosen else Q()


class ClickFilter(ListFilter):
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All clicks"),
            ("took", "Took the cookie"),
            ("stood_down", "Stood down"),
            ("uncounted", "Do not count"),
        ],
    )

    def narrow(self) -> QuerySet[Click]:
        """The publisher's clicks, newest first. Only for a valid filter."""
        clicks = access.for_publisher(Click.objects.all(), self.publisher_id)
        clicks = clicks.filter(self._by_programme(), self._by_outcome())
        before: UUID | None = self.cleaned_data["before"]
        if before:
            clicks = clicks.filter(id__lt=before)
        return clicks.order_by("-id")

    def _by_outcome(self) -> Q:
        return {
            "": Q(),
            "took": Q(reason="", stood_down=False),
            "stood_down": Q(reason="", stood_down=True),
            "uncounted": ~Q(reason=""),
        }[self.cleaned_data["outcome"]]


class SaleFilter(ListFilter):
    state = forms.ChoiceField(
        required=False, choices=[("", "All states"), *((state, state) for state in STATES)]
    )
    order = forms.CharField(required=False, max_length=64, label="Order reference")
    before = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def clean_before(self) -> Commission | None:
        """The sale after which the page begins; it must be one of the publisher's own."""
        if not self.cleaned_data["before"]:
            return None
        own = access.for_publisher(Commission.objects.all(), self.publisher_id)
        found = own.filter(pk=self.cleaned_data["before"]).first()
        if found is None:
            raise forms.ValidationError("The page begins at a sale that is not there.")
        return found

    def narrow(self) -> QuerySet[Commission]:
        """The publisher's commissions, newest first. Only for a valid filter."""
        data = self.cleaned_data
        sales = access.for_publisher(Commission.objects.all(), self.publisher_id)
        sales = sales.filter(self._by_programme())
        if data["state"]:
            sales = in_state(sales, data["state"])
        if data["order"]:
            sales = sales.filter(conversion__order=data["order"])
        last: Commission | None = data["before"]
        if last:
            older = Q(sold_at__lt=last.sold_at) | Q(sold_at=last.sold_at, id__lt=last.pk)
            sales = sales.filter(older)
        return sales.order_by("-sold_at", "-id")

"""What a publisher's lists can be narrowed by, as it stands in the address."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from network.clock import to_ms
from network.models import Advertiser
from network.pages.figures.forms import DaysForm
from network.people import access
from publishers.pages.dashboard.paging import INVALID_POSITION
from tracking.clicks.models import LEFT_TO_THE_SHOP
from tracking.clicks.redirect import MAX_REFERENCE
from tracking.clicks.visits import REFERENCE_NAMES
from tracking.commissions.decisions import judged_clicks
from tracking.commissions.states import LABELS, SaleState, in_state
from tracking.evidence.fields import MAX_ORDER
from tracking.models import Click, Commission, Conversion
from tracking.rule.attribution import Verdict
from tracking.rule.text import composed
from tracking.rule.tokens import lowest_id


class OrderField(forms.CharField):
    """An order reference that somebody looks for, in the form in which references are kept."""

    def __init__(self) -> None:
        label = gettext_lazy("Order reference")
        super().__init__(label=label, required=False, max_length=MAX_ORDER)

    def to_python(self, value: object) -> str:
        return composed(super().to_python(value) or "")


class ListFilter(DaysForm):
    """By programme, among the publisher's own, by day, and by the reference of a click; ``before``
    is where an older page begins."""

    programme = forms.ModelChoiceField(
        Advertiser.objects.none(),
        label=gettext_lazy("Programme"),
        required=False,
        empty_label=gettext_lazy("All programmes"),
    )
    reference = forms.CharField(
        label=gettext_lazy("Click reference"),
        required=False,
        max_length=MAX_REFERENCE,
    )

    def __init__(self, data: Any, publisher_id: int) -> None:
        super().__init__(data, label_suffix="")
        self.publisher_id = publisher_id
        choice = self.fields["programme"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Advertiser.objects.filter(partnerships__publisher=publisher_id)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for, so that there is something to take back."""
        return any(self.data.get(name) for name in self.fields)

    def _by_programme(self) -> Q:
        chosen = self.cleaned_data.get("programme")
        return Q(advertiser=chosen) if chosen else Q()


class ClickFilter(ListFilter):
    field_order = ("reference", "programme", "outcome", "since", "until")

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        required=False,
        choices=[
            ("", gettext_lazy("All clicks")),
            ("took", gettext_lazy("Set the cookie")),
            ("asked", gettext_lazy("Left to the shop's banner")),
            ("stood_down", gettext_lazy("Stood down")),
            ("uncounted", gettext_lazy("Do not count")),
        ],
    )
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self) -> QuerySet[Click]:
        """The publisher's clicks, newest first. Only for a valid filter."""
        clicks = access.for_publisher(Click.objects.all(), self.publisher_id)
        clicks = clicks.filter(self._by_programme(), self._by_outcome(), self._by_time())
        if self.cleaned_data["reference"]:
            clicks = clicks.filter(_with_reference(self.cleaned_data["reference"]))
        before: UUID | None = self.cleaned_data["before"]
        if before:
            clicks = clicks.filter(id__lt=before)
        return clicks.order_by("-id")

    def _by_outcome(self) -> Q:
        return {
            "": Q(),
            "took": Q(reason="", stood_down=False) & ~LEFT_TO_THE_SHOP,
            "asked": LEFT_TO_THE_SHOP,
            "stood_down": Q(reason="", stood_down=True),
            "uncounted": ~Q(reason=""),
        }[self.cleaned_data["outcome"]]

    def _by_time(self) -> Q:
        """By the time in their ids: partitions are pruned by it."""
        found, since, until = Q(), self.since_at, self.until_at
        if since:
            found &= Q(id__gte=lowest_id(to_ms(since)))
        if until:
            found &= Q(id__lt=lowest_id(to_ms(until)))
        return found


class SaleFilter(ListFilter):
    field_order = ("order", "reference", "programme", "state", "since", "until")

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("All states")),
            *((state.value, LABELS[state]) for state in SaleState),
        ],
    )
    order = OrderField()
    before = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def clean_before(self) -> Commission | None:
        """The sale after which the page begins; it must be one of the publisher's own."""
        if not self.cleaned_data["before"]:
            return None
        own = access.for_publisher(Commission.objects.all(), self.publisher_id)
        found = own.filter(pk=self.cleaned_data["before"]).first()
        if found is None:
            raise forms.ValidationError(INVALID_POSITION)
        return found

    def narrow(self) -> QuerySet[Commission]:
        """The publisher's commissions, newest first. Only for a valid filter."""
        data = self.cleaned_data
        sales = access.for_publisher(Commission.objects.all(), self.publisher_id)
        sales = sales.filter(self._by_programme(), self._by_time())
        if data["state"]:
            sales = in_state(sales, data["state"])
        if data["order"]:
            sales = sales.filter(conversion__order=data["order"])
        if data["reference"]:
            paid = Click.objects.filter(pk=OuterRef("click_id"))
            sales = sales.filter(Exists(paid.filter(_with_reference(data["reference"]))))
        last: Commission | None = data["before"]
        if last:
            older = Q(sold_at__lt=last.sold_at) | Q(sold_at=last.sold_at, id__lt=last.pk)
            sales = sales.filter(older)
        return sales.order_by("-sold_at", "-id")

    def went_elsewhere(self) -> bool:
        """Whether a click of the publisher's belongs to the order that is asked for, although it
        is not paid for it. Only for a valid filter."""
        own = Advertiser.objects.filter(partnerships__publisher=self.publisher_id)
        sales = Conversion.objects.filter(
            self._by_programme(), order=self.cleaned_data["order"], advertiser__in=own
        )
        return any(
            judged.click.publisher == self.publisher_id
            and judged.verdict is not Verdict.AFTER_CONVERSION
            for sale in sales.exclude(commission__publisher=self.publisher_id)
            .filter(decision__isnull=False)
            .select_related("decision")
            for judged in judged_clicks(sale.decision)  # type: ignore[arg-type]
        )

    def _by_time(self) -> Q:
        found, since, until = Q(), self.since_at, self.until_at
        if since:
            found &= Q(sold_at__gte=since)
        if until:
            found &= Q(sold_at__lt=until)
        return found


def _with_reference(text: str) -> Q:
    """Clicks with this reference, whichever of the six it was given as."""
    found = Q()
    for name in REFERENCE_NAMES:
        found |= Q(**{f"references__{name}": text})
    return found

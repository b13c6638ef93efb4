"""What lists are narrowed by that has to be typed: days; of sales also a partner, an amount, a
voucher."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import ceil, floor
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import money
from network.clock import to_ms
from network.models import Advertiser
from network.pages.figures.forms import DaysForm
from network.people import access
from tracking.rule.tokens import lowest_id


class TypedDaysForm(DaysForm):
    """Beside a list: its fields' ids are none of the page's."""

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data, auto_id="entered_%s")
        for field in self.fields.values():
            field.required = False
            field.widget.is_required = False


class EnteredForm(TypedDaysForm):
    """Each field by itself or together."""

    field_order = ("who", "since", "until")
    who = forms.CharField(label=gettext_lazy("Credited partner, or part of it"), max_length=120)
    least = forms.DecimalField(
        label=gettext_lazy("Amount of the sale, at least"), min_value=0, max_digits=12
    )
    most = forms.DecimalField(
        label=gettext_lazy("Amount of the sale, at most"), min_value=0, max_digits=12
    )
    voucher = forms.CharField(label=gettext_lazy("Voucher code"), max_length=100)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = data.get("least"), data.get("most")
        if least is not None and most is not None and most < least:
            self.add_error("most", _("This is less than the least amount. Exchange the two."))
        return data


class DaysFilter(admin.ListFilter):
    """Narrows a list by a :class:`DaysForm` in the address. What cannot be read is said at its
    field and narrows nothing."""

    title = gettext_lazy("days")
    template = "admin/entered_filter.html"
    form_class: type[TypedDaysForm] = TypedDaysForm
    at = "at"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, Any],
        model: Any,
        model_admin: admin.ModelAdmin[Any],
    ) -> None:
        super().__init__(request, params, model, model_admin)
        names = list(self.form_class.base_fields)
        given = {name: str(params.pop(name)[-1]) for name in names if name in params}
        entered = {name: value for name, value in given.items() if value}
        self.used_parameters.update(entered)
        self.form = self.form_class(entered)
        self.user = request.user

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.form_class.base_fields)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        own = {*self.form_class.base_fields, "p"}
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            for value in values
            if name not in own
        ]
        used = len(self.used_parameters)
        yield {"form": self.form, "others": others, "said": used or _("None")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.used_parameters or not self.form.is_valid():
            return queryset
        return self.narrow(queryset)

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the days; only of a valid form."""
        since, until = self.form.since_at, self.form.until_at
        if since:
            queryset = queryset.filter(**{f"{self.at}__gte": since})
        if until:
            queryset = queryset.filter(**{f"{self.at}__lt": until})
        return queryset


class ReceivedDaysFilter(DaysFilter):
    at = "received_at"


class ClickDaysFilter(DaysFilter):
    """By the time in the click's id, which finds its partitions."""

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self.form.since_at, self.form.until_at
        if since:
            queryset = queryset.filter(id__gte=lowest_id(to_ms(since)))
        if until:
            queryset = queryset.filter(id__lt=lowest_id(to_ms(until)))
        return queryset


class EnteredFilter(DaysFilter):
    """By an :class:`EnteredForm`."""

    title = gettext_lazy("more")
    form_class = EnteredForm
    columns: ClassVar[Mapping[str, str]] = {
        "amount": "amount_minor",
        "partner": "commission__publisher__name",
        "voucher": "voucher",
    }

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        data, queryset = self.form.cleaned_data, super().narrow(queryset)
        if data["who"]:
            queryset = queryset.filter(**{f"{self.columns['partner']}__icontains": data["who"]})
        if data["voucher"]:
            queryset = queryset.filter(**{f"{self.columns['voucher']}__iexact": data["voucher"]})
        return queryset.filter(self._amounts(data["least"], data["most"]))

    def _amounts(self, least: Decimal | None, most: Decimal | None) -> Q:
        """In each currency's own minor units."""
        if least is None and most is None:
            return Q()
        seen = access.for_staff(Advertiser.objects.all(), self.user)
        found = Q(pk__in=[])
        for currency in set(seen.values_list("currency", flat=True)):
            within = Q(currency=currency)
            if least is not None:
                minor = ceil(least.scaleb(money.decimals(currency)))
                within &= Q(**{f"{self.columns['amount']}__gte": minor})
            if most is not None:
                minor = floor(most.scaleb(money.decimals(currency)))
                within &= Q(**{f"{self.columns['amount']}__lte": minor})
            found |= within
        return found


class EnteredCommissionFilter(EnteredFilter):
    at = "sold_at"
    columns: ClassVar[Mapping[str, str]] = {
        "amount": "sale_amount_minor",
        "partner": "publisher__name",
        "voucher": "conversion__voucher",
    }

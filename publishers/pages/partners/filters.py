"""What the admin's list of partners can be narrowed by."""

from django.db.models import Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from network import clock
from network.pages.site.admin_site import ChoicesFilter
from publishers.cookie_types.resolution import OWN
from publishers.models import CookieTypeChoice, ModelType, Partnership, PartnershipTerms
from publishers.partnerships.standing import changing
from publishers.partnerships.suggested import suggested
from publishers.partnerships.suggestions import ENOUGH_SALES


class PartnerChoicesFilter(ChoicesFilter):
    """By default it narrows by an annotation of ``current.with_current``."""

    annotation = ""

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        return queryset.filter(**{self.annotation: chosen})


class ModelTypeFilter(PartnerChoicesFilter):
    title = gettext_lazy("model type")
    parameter_name = "model_type"
    choices_of = ModelType.choices
    annotation = "model_type_now"


class StatusFilter(PartnerChoicesFilter):
    title = gettext_lazy("status")
    parameter_name = "status"
    choices_of = PartnershipTerms.Status.choices
    annotation = "status_now"


class CookieTypeFilter(PartnerChoicesFilter):
    """By what is in force, or by whether something else comes."""

    title = gettext_lazy("cookie type")
    parameter_name = "cookie_type"
    choices_of = (*CookieTypeChoice.choices, ("changing", gettext_lazy("Changing")))

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        if chosen != "changing":
            return queryset.filter(Q(cookie_type_now=chosen))
        return queryset.filter(pk__in=changing(queryset.order_by(), clock.now()))


class SourceFilter(PartnerChoicesFilter):
    title = gettext_lazy("source")
    parameter_name = "source"
    choices_of = ((OWN, gettext_lazy("Own")), ("default", gettext_lazy("Model type's default")))

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        own = Q(source_now=OWN)
        return queryset.filter(own if chosen == OWN else ~own)


class TabFilter(PartnerChoicesFilter):
    """What a tab above the list narrows it by already: it has no choices of its own there."""

    is_tab = True


class SalesFilter(TabFilter):
    """By whether the figures say enough to judge a partner by."""

    FEW = "few"
    title = gettext_lazy("sales")
    parameter_name = "sales"
    choices_of = (
        (FEW, format_lazy(gettext_lazy("Too few: under {enough}"), enough=ENOUGH_SALES)),
        ("enough", format_lazy(gettext_lazy("{enough} or more"), enough=ENOUGH_SALES)),
    )

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        few = Q(touched__lt=ENOUGH_SALES)
        return queryset.filter(few if chosen == self.FEW else ~few)


class SuggestionFilter(TabFilter):
    """By whether the figures suggest another cookie type."""

    ANY = "any"
    title = gettext_lazy("suggestion")
    parameter_name = "suggested"
    choices_of = ((ANY, gettext_lazy("Consider soft or hard")),)

    def narrow(self, queryset: QuerySet[Partnership], chosen: str) -> QuerySet[Partnership]:
        return queryset.filter(pk__in=suggested(queryset, clock.now()))

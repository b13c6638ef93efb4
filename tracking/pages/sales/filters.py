"""What the admin's lists of sales, commissions and clicks can be narrowed by."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.clock import to_ms
from network.models import Advertiser
from network.pages.figures.periods import CHOICES, Days, days_of, network_zone
from network.pages.site.admin_site import ChoicesFilter, ClosedListFilter, WordsFilter
from network.people import access
from publishers.models import CookieTypeChoice, Partnership
from tracking.clicks.models import LEFT_TO_THE_SHOP
from tracking.commissions.states import (
    LABELS,
    SaleState,
    in_state,
    sales_in_state,
    state_case,
)
from tracking.commissions.transitions import OPEN
from tracking.conversions.doubtful import of_differing_reports
from tracking.explain.sentences import CLICK_REASONS, REPORT_OUTCOMES
from tracking.figures import home
from tracking.landings.uses import (
    of_clicks_from_apart,
    of_clicks_that_never_landed,
    of_overused_clicks,
)
from tracking.lifecycle import closing as coming
from tracking.models import Click, Commission, Conversion
from tracking.rule.tokens import lowest_id

_PUBLISHER = re.compile("[0-9]{1,9}")


class StateFilter(ChoicesFilter):
    """Commissions by the state that pages show them in."""

    title = gettext_lazy("state")
    parameter_name = "state"
    choices_of = [
        *((state.value, LABELS[state]) for state in SaleState),
        ("earning", gettext_lazy("All but declined")),
        ("open", gettext_lazy("Not closed yet")),
    ]

    def narrow(self, queryset: QuerySet[Commission], chosen: str) -> QuerySet[Commission]:
        if chosen == "open":
            return queryset.filter(status__in=OPEN, closed_at=None)
        if chosen == "earning":
            unpaid = {SaleState.DECLINED, SaleState.NOBODY}
            earning = queryset.annotate(state_now=state_case()).exclude(state_now__in=unpaid)
            return earning.exclude(status=Commission.Status.DECLINED)  # while whose is in conflict
        return in_state(queryset, chosen)


class SaleStateFilter(ChoicesFilter):
    """Sales by the state that pages show them in; those that pay nobody as well."""

    title = gettext_lazy("state")
    parameter_name = "state"
    choices_of = [
        *((state.value, LABELS[state]) for state in SaleState),
        ("open", gettext_lazy("Not closed yet")),
    ]

    def narrow(self, queryset: QuerySet[Conversion], chosen: str) -> QuerySet[Conversion]:
        if chosen == "open":
            return queryset.filter(closed_at=None)
        return sales_in_state(queryset, chosen)


class CookieTypeFilter(ChoicesFilter):
    """Sales by the cookie type of the click that they are credited to, in the words and by the name
    that the list of commissions has."""

    title = gettext_lazy("cookie type")
    parameter_name = "cookie_type__exact"
    choices_of = CookieTypeChoice.choices

    def narrow(self, queryset: QuerySet[Conversion], chosen: str) -> QuerySet[Conversion]:
        return queryset.filter(commission__cookie_type=chosen)


class FollowedFilter(ClosedListFilter):
    """Offered only where a figure was followed here: it is in the address then."""

    def has_output(self) -> bool:
        return self.value() is not None


class PublisherFilter(FollowedFilter):
    """``?publisher=7``: clicks or commissions of one partner."""

    title = gettext_lazy("partner")
    parameter_name = "publisher"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        text = self.value() or ""
        if not _PUBLISHER.fullmatch(text):
            return []
        seen = access.for_staff(Partnership.objects.filter(publisher=int(text)), request.user)
        names = seen.values_list("publisher__name", flat=True)
        return [(text, name) for name in names[:1]]


class CreditedFilter(PublisherFilter):
    """``?publisher=7``: sales that are credited to one partner."""

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(commission__publisher=chosen)


class CurrencyFilter(FollowedFilter):
    """``?currency=EUR``: what is paid in one currency."""

    title = gettext_lazy("currency")
    parameter_name = "currency"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        seen = access.for_staff(Advertiser.objects.order_by(), request.user)
        return [(code, code) for code in seen.values_list("currency", flat=True).distinct()]

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        shops = Advertiser.objects.filter(currency=chosen).order_by()
        return queryset.filter(advertiser__in=list(shops.values_list("pk", flat=True)))


class UsedFilter(ChoicesFilter):
    """Sales that are credited to a click that was used more often than usual, or that came in a way
    that is worth a look."""

    title = gettext_lazy("use of the click")
    parameter_name = "used"
    choices_of = [
        ("flagged", gettext_lazy("Flagged: more often than usual")),
        ("open", gettext_lazy("Flagged, and not closed yet")),
        ("differs", gettext_lazy("Its report says other figures")),
        ("apart", gettext_lazy("Landed in a browser on another journey")),
        ("unseen", gettext_lazy("Never seen to land, unlike another journey")),
    ]

    def narrow(self, queryset: QuerySet[Conversion], chosen: str) -> QuerySet[Conversion]:
        if chosen == "differs":
            return queryset.filter(of_differing_reports())
        if chosen == "apart":
            return queryset.filter(of_clicks_from_apart())
        if chosen == "unseen":
            return queryset.filter(of_clicks_that_never_landed())
        flagged = queryset.filter(of_overused_clicks())
        return flagged.filter(closed_at=None) if chosen == "open" else flagged


def days_until_now(chosen: str) -> Days:
    """The days of one of the periods that pages offer."""
    zone = network_zone()
    return days_of(chosen, clock.now().astimezone(zone).date(), zone)


class PeriodFilter(ChoicesFilter):
    """By the days of the column ``at``, as figures have them."""

    title = gettext_lazy("time")
    parameter_name = "period"
    choices_of = tuple(CHOICES.items())
    at = "at"

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        days = days_until_now(chosen)
        return queryset.filter(**{f"{self.at}__gte": days.since, f"{self.at}__lt": days.until})


class SoldPeriodFilter(PeriodFilter):
    at = "sold_at"


class ReceivedPeriodFilter(PeriodFilter):
    at = "received_at"


class ClickPeriodFilter(PeriodFilter):
    """By the time in the click's id, which finds its partitions."""

    def narrow(self, queryset: QuerySet[Click], chosen: str) -> QuerySet[Click]:
        days = days_until_now(chosen)
        since, until = lowest_id(to_ms(days.since)), lowest_id(to_ms(days.until))
        return queryset.filter(id__gte=since, id__lt=until)


def week_of(monday: date) -> str:
    """``Week of 9 Mar``."""
    return _("Week of %(monday)s") % {"monday": date_format(monday, "j M")}


class ClosesFilter(ClosedListFilter):
    """Open commissions that only time stands in the way of, by the week in which they are final."""

    title = gettext_lazy("becomes final")
    parameter_name = "closes"

    def lookups(
        self, request: Any, model_admin: admin.ModelAdmin[Any]
    ) -> Sequence[tuple[str, str]]:
        weeks = home.mondays(clock.now(), timezone.get_current_timezone())
        return [
            *((monday.isoformat(), week_of(monday)) for monday in weeks),
            ("later", _("Later")),
        ]

    def narrow(self, queryset: QuerySet[Commission], chosen: str) -> QuerySet[Commission]:
        zone = timezone.get_current_timezone()
        weeks = home.mondays(clock.now(), zone)
        beyond = weeks[-1] + timedelta(weeks=1)
        since = beyond if chosen == "later" else date.fromisoformat(chosen)
        closing = coming.becoming_final(queryset)
        if since != weeks[0]:  # what is due already counts for this week
            closing = closing.filter(closes_at__gte=_midnight(since, zone))
        if chosen != "later":
            closing = closing.filter(closes_at__lt=_midnight(since + timedelta(weeks=1), zone))
        return closing


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)


class CountsFilter(ChoicesFilter):
    title = gettext_lazy("counts")
    parameter_name = "counts"
    choices_of = (
        ("yes", gettext_lazy("Counts")),
        ("took", gettext_lazy("Set the cookie")),
        ("asked", gettext_lazy("Left to the shop's banner")),
        ("stood_down", gettext_lazy("Stood down")),
        ("no", gettext_lazy("Does not count")),
    )

    def narrow(self, queryset: QuerySet[Click], chosen: str) -> QuerySet[Click]:
        counting = Q(reason="")
        return queryset.filter(
            {
                "yes": counting,
                "took": counting & Q(stood_down=False) & ~LEFT_TO_THE_SHOP,
                "asked": LEFT_TO_THE_SHOP,
                "stood_down": counting & Q(stood_down=True),
                "no": ~counting,
            }[chosen]
        )


class OutcomeFilter(WordsFilter):
    title = gettext_lazy("outcome")
    parameter_name = "outcome"
    words = REPORT_OUTCOMES


class ReasonFilter(WordsFilter):
    title = gettext_lazy("why it does not count")
    parameter_name = "reason"
    words = CLICK_REASONS

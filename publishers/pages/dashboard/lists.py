"""What a publisher's team sees: its own rows, and of rivals no name."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from network import clock
from network.people import access
from publishers.models import Publisher
from publishers.pages.dashboard.filters import ClickFilter, ListFilter, SaleFilter
from publishers.pages.dashboard.frame import CLICKS_TABS, SALES_TABS, team_page
from publishers.pages.dashboard.paging import ListPage, empty_page, page_of
from tracking.explain.explanations import explain_to_publisher, final_text, state_of
from tracking.explain.sentences import target_text, uncounted_text
from tracking.models import Click, Commission


@team_page
def clicks(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = ClickFilter(request.GET, publisher.pk)
    page: ListPage[Click] = (
        page_of(request, chosen.narrow().select_related("advertiser"))
        if chosen.is_valid()
        else empty_page(request)
    )
    rows = page.of([(row, _outcome(row), target_text(row.target_reason)) for row in page.rows])
    context |= {"filter": chosen, "page": rows, "inner_tabs": CLICKS_TABS}
    return render(request, "publishers/dashboard/clicks.html", context, status=_status(chosen))


@team_page
def sales(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = SaleFilter(request.GET, publisher.pk)
    page: ListPage[Commission] = (
        page_of(request, chosen.narrow().select_related("advertiser", "conversion"))
        if chosen.is_valid()
        else empty_page(request)
    )
    rows = page.of([(row, state_of(row), final_text(row)) for row in page.rows])
    context |= {"filter": chosen, "page": rows, "inner_tabs": SALES_TABS}
    if chosen.is_valid() and chosen.cleaned_data["order"] and not page.rows:
        context["went_elsewhere"] = chosen.went_elsewhere()
    return render(request, "publishers/dashboard/sales.html", context, status=_status(chosen))


@team_page
def sale(
    request: HttpRequest, publisher: Publisher, context: dict[str, Any], commission: int
) -> HttpResponse:
    own = access.for_publisher(Commission.objects.all(), publisher.pk)
    row = get_object_or_404(
        own.select_related("advertiser", "publisher", "conversion__decision"), pk=commission
    )
    told = explain_to_publisher(row, clock.now())
    context |= {"commission": row, "state": state_of(row), "told": told}
    context["final"] = final_text(row)
    return render(request, "publishers/dashboard/sale.html", context)


def _status(chosen: ListFilter) -> int:
    return 200 if chosen.is_valid() else 400


def _outcome(click: Click) -> str:
    if click.reason:
        return uncounted_text(click.reason)
    if click.stood_down:
        return _("Stood down: a cookie of this shop was live in the browser already.")
    if click.is_left_to_the_shop:
        return _("Set no cookie yet: the shop's banner decided.")
    return _("Set the cookie")

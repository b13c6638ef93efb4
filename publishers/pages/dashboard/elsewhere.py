"""What a publisher did not get: sales that went elsewhere, and clicks that took no cookie."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from network import clock
from network.people import access
from publishers.models import Publisher
from publishers.pages.dashboard.elsewhere_filters import (
    BoundFilter,
    ElsewhereFilter,
    NoCookieFilter,
    PageStart,
)
from publishers.pages.dashboard.frame import CLICKS_TABS, SALES_TABS, team_page
from publishers.pages.dashboard.paging import ListPage, page_of
from tracking.explain import elsewhere, no_cookie
from tracking.explain.elsewhere import Elsewhere
from tracking.models import Commission, Conversion


@team_page
def sales(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = ElsewhereFilter(request.GET, publisher.pk, clock.now())
    if chosen.is_valid():
        context["page"] = _sales_page(request, chosen)
        context["own"] = _paid_to_own(chosen)
    context["inner_tabs"] = SALES_TABS
    return _respond(request, "publishers/dashboard/elsewhere.html", context, chosen)


@team_page
def clicks(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = NoCookieFilter(request.GET, publisher.pk, clock.now())
    if chosen.is_valid():
        page = page_of(request, chosen.narrow().select_related("advertiser"))
        context["page"] = page.of(no_cookie.told(page.rows, publisher.pk, chosen.now))
    context["inner_tabs"] = CLICKS_TABS
    return _respond(request, "publishers/dashboard/no_cookie.html", context, chosen)


def _sales_page(request: HttpRequest, chosen: ElsewhereFilter) -> ListPage[Elsewhere]:
    start: PageStart | None = chosen.cleaned_data["before"]
    found = elsewhere.sales(chosen.wanted())
    if start:
        found = found.filter(at__lte=start.at)
    page = page_of(
        request,
        found.select_related("advertiser", "decision", "commission"),
        skip=start.skip if start else 0,
        position=lambda shown: _after(shown, start),
    )
    order = chosen.cleaned_data["order"]
    return page.of(elsewhere.told(page.rows, chosen.publisher_id, chosen.now, order))


def _after(shown: Sequence[Conversion], start: PageStart | None) -> PageStart:
    """Where the page after these begins; sales of the same moment may lie on both."""
    at = shown[-1].at
    skip = sum(row.at == at for row in shown)
    return PageStart(at, skip + start.skip if start and start.at == at else skip)


def _paid_to_own(chosen: ElsewhereFilter) -> Commission | None:
    """The publisher's own commission for the order that it asks for."""
    if not chosen.cleaned_data["order"]:
        return None
    own = access.for_publisher(Commission.objects.all(), chosen.publisher_id)
    return own.filter(conversion__order=chosen.cleaned_data["order"]).first()


def _respond(
    request: HttpRequest, template: str, context: dict[str, Any], chosen: BoundFilter
) -> HttpResponse:
    context["filter"] = chosen
    if not chosen.is_valid():
        return render(request, template, context, status=400)
    context["first_day"] = chosen.begins
    return render(request, template, context)

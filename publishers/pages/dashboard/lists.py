"""What a publisher's team sees: its own rows, and of rivals no name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from network import clock
from network.people import access
from publishers.models import Publisher
from publishers.pages.dashboard.filters import ClickFilter, ListFilter, SaleFilter
from publishers.pages.dashboard.frame import CLICKS_TABS, SALES_TABS, team_page
from tracking.explain.explanations import explain_to_publisher, final_text, state_of
from tracking.explain.sentences import uncounted_text
from tracking.models import Click, Commission

PAGE_SIZE = 50
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """One page of a list, with the addresses of the next older one, if there is any, and of the
    first."""

    rows: Sequence[Row]
    older: str
    newest: str


@team_page
def clicks(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = ClickFilter(request.GET, publisher.pk)
    page = _page(chosen, lambda: chosen.narrow().select_related("advertiser"), request)
    rows = [(row, _outcome(row)) for row in page.rows]
    context |= {"filter": chosen, "page": page, "rows": rows, "inner_tabs": CLICKS_TABS}
    return render(request, "publishers/dashboard/clicks.html", context, status=_status(chosen))


@team_page
def sales(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    chosen = SaleFilter(request.GET, publisher.pk)
    page = _page(
        chosen, lambda: chosen.narrow().select_related("advertiser", "conversion"), request
    )
    rows = [(row, state_of(row), final_text(row)) for row in page.rows]
    context |= {"filter": chosen, "page": page, "rows": rows, "inner_tabs": SALES_TABS}
    if chosen.is_valid() and chosen.cleaned_data["order"] and not rows:
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


def _page(
    chosen: ListFilter, narrow: Callable[[], QuerySet[Row]], request: HttpRequest
) -> ListPage[Row]:
    """The rows of a valid filter, by key and not by number: the last page is as quick as the
    first."""
    kept = {name: value for name, value in request.GET.items() if name != "before"}
    if not chosen.is_valid():
        return ListPage((), "", urlencode(kept))
    rows = list(narrow()[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    older = urlencode({**kept, "before": shown[-1].pk}) if len(rows) > PAGE_SIZE else ""
    return ListPage(shown, older, urlencode(kept))


def _status(chosen: ListFilter) -> int:
    return 200 if chosen.is_valid() else 400


def _outcome(click: Click) -> str:
    if click.reason:
        return uncounted_text(click.reason)
    if click.stood_down:
        return "Stood down: a cookie of this shop was live in the browser already."
    return "Set the cookie"

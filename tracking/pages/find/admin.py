"""One search for everything: orders, clicks, references, partners, people, advertisers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, dates, money
from network.clock import to_ms
from network.models import Advertiser, User
from network.people import access
from publishers.models import Partnership, Publisher
from tracking.clicks.visits import REFERENCE_NAMES
from tracking.models import Click, Conversion, Report
from tracking.rule.tokens import lowest_id

MOST = 10
"""Of each kind."""
LONGEST = 200
DAYS = 90
"""How far back clicks are searched by what a publisher's link said."""
SECONDS = 3
"""For each kind: a search that takes longer is given up, and the page says so."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, with what tells it from others like it."""

    name: str
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of one kind; ``all_at`` is the list that shows all of it, if there is one.
    ``hits`` is None where the search took too long."""

    kind: Promise | str
    hits: Sequence[Hit] | None
    all_at: str = ""
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class SearchedKind:
    """How one kind is searched; ``list_of``: the list whose search finds the same."""

    name: Promise
    rows: Callable[[str, User], "QuerySet[Any] | None"]
    hit: Callable[[Any], Hit]
    list_of: str = ""


def find(request: HttpRequest) -> HttpResponse:
    """``?q=``: everything with that in it that this user may see. The only thing found is shown at
    once."""
    assert isinstance(request.user, User)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = list(_search(text, request.user)) if text else []
    hits = [hit for one in found for hit in one.hits or ()]
    if len(hits) == 1 and all(one.hits is not None for one in found):
        return HttpResponseRedirect(hits[0].address)
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "sought": text,
        "found": [one for one in found if one.hits or one.hits is None],
        "days": DAYS,
    }
    return TemplateResponse(request, "admin/find/page.html", context)


def _search(text: str, user: User) -> Iterator[Hits]:
    for kind in KINDS:
        rows = kind.rows(text, user)
        if rows is None:
            continue
        first = _in_time(rows)
        if first is None:
            yield Hits(kind.name, None)
            continue
        lists = f"{reverse(kind.list_of)}?{urlencode({'q': text})}" if kind.list_of else ""
        yield Hits(
            kind.name, [kind.hit(row) for row in first[:MOST]], lists, has_more=len(first) > MOST
        )


def _in_time(rows: QuerySet[Any]) -> list[Any] | None:
    """The first rows, one more than are shown; None where it takes longer than it may."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
            return list(rows[: MOST + 1])
    except OperationalError:
        return None


# --- What there is to find ----------------------------------------------------------------------


def _sales(text: str, user: User) -> QuerySet[Conversion]:
    rows = access.for_staff(Conversion.objects.all(), user).filter(order__icontains=text)
    return rows.select_related("advertiser").order_by("-at", "-id")


def _sale(row: Conversion) -> Hit:
    amount = money.display(row.amount_minor, row.currency)
    return Hit(row.order, _page(row), f"{row.advertiser} · {amount} · {dates.moment(row.at)}")


def _reports(text: str, user: User) -> QuerySet[Report]:
    """Those that became no sale: a sale's page leads to its own."""
    rows = access.for_staff(Report.objects.all(), user).filter(conversion=None)
    return (
        rows.filter(order__icontains=text)
        .select_related("advertiser")
        .order_by("-received_at", "-id")
    )


def _report(row: Report) -> Hit:
    about = f"{row.advertiser} · {row.get_source_display()} · {dates.moment(row.received_at)}"
    return Hit(row.order, _page(row), about)


def _partners(text: str, user: User) -> QuerySet[Partnership]:
    rows = access.for_staff(Partnership.objects.all(), user)
    found = rows.filter(_named(text, "publisher__name", "publisher"))
    return found.select_related("publisher", "advertiser").order_by("publisher__name", "id")


def _partner(row: Partnership) -> Hit:
    about = _("%(advertiser)s · id %(id)s")
    known = {"advertiser": row.advertiser, "id": row.publisher_id}
    return Hit(row.publisher.name, _page(row), about % known)


def _clicks(text: str, user: User) -> QuerySet[Click]:
    rows = access.for_staff(Click.objects.all(), user).select_related("advertiser")
    try:
        return rows.filter(pk=UUID(text)).order_by("-id")
    except ValueError:
        since = lowest_id(to_ms(clock.now() - timedelta(days=DAYS)))
        said = Q()
        for name in REFERENCE_NAMES:
            said |= Q(**{f"references__{name}__iexact": text})
        return rows.filter(said | Q(campaign__iexact=text), id__gte=since).order_by("-id")


def _click(row: Click) -> Hit:
    said = ", ".join(str(value) for value in row.references.values())
    about = " · ".join(filter(None, (str(row.advertiser), said, row.campaign)))
    return Hit(dates.moment(row.at), _page(row), about)


def _advertisers(text: str, user: User) -> QuerySet[Advertiser]:
    rows = access.for_staff(Advertiser.objects.all(), user)
    return rows.filter(_named(text, "name", "id")).order_by("name")


def _publishers(text: str, user: User) -> QuerySet[Publisher] | None:
    if not access.access_of(user).operator:
        return None
    return Publisher.objects.filter(_named(text, "name", "id")).order_by("name")


def _publisher(row: Publisher) -> Hit:
    return Hit(row.name, _page(row), _("id %(id)s") % {"id": row.pk})


def _people(text: str, user: User) -> QuerySet[User] | None:
    if not access.access_of(user).operator:
        return None
    names = ("username", "email", "first_name", "last_name")
    said = Q()
    for name in names:
        said |= Q(**{f"{name}__icontains": text})
    return User.objects.filter(said).order_by("username")


def _named(text: str, name: str, key: str) -> Q:
    """By part of a name, or the whole id."""
    said = Q(**{f"{name}__icontains": text})
    is_id = text.isascii() and text.isdecimal() and int(text) < 2**31
    return said | Q(**{key: int(text)}) if is_id else said


def _page(row: Model) -> str:
    name = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_change", args=[row.pk])


KINDS: Sequence[SearchedKind] = (
    SearchedKind(gettext_lazy("Sales"), _sales, _sale, "admin:tracking_conversion_changelist"),
    SearchedKind(
        gettext_lazy("Reports without a sale"),
        _reports,
        _report,
    ),
    SearchedKind(
        gettext_lazy("Partners"), _partners, _partner, "admin:publishers_partnership_changelist"
    ),
    SearchedKind(gettext_lazy("Clicks"), _clicks, _click),
    SearchedKind(
        gettext_lazy("Advertisers"),
        _advertisers,
        lambda row: Hit(row.name, _page(row), _("id %(id)s") % {"id": row.pk}),
        "admin:network_advertiser_changelist",
    ),
    SearchedKind(
        gettext_lazy("Publishers"),
        _publishers,
        _publisher,
        "admin:publishers_publisher_changelist",
    ),
    SearchedKind(
        gettext_lazy("People"),
        _people,
        lambda row: Hit(row.get_full_name() or row.username, _page(row), row.email),
        "admin:network_user_changelist",
    ),
)

"""The admin's home, as its template shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import clock, money
from network.effective.rows import SPREAD
from network.models import Advertiser
from network.pages.figures.forms import PeriodForm
from network.pages.figures.periods import network_zone
from network.people import access
from publishers.models import Partnership, Publisher
from publishers.pages.partners import columns as partner_columns
from tracking.commissions.states import SaleState
from tracking.figures import changes, home
from tracking.figures import queries as reports
from tracking.figures.home import Compared, ReportHealth, Total, UpcomingWeek, Waiting
from tracking.figures.queries import Kept, Period, Scope
from tracking.models import Report
from tracking.pages.performance.table import periods_of
from tracking.pages.sales.filters import week_of

LIST = "admin:{}_changelist"
_KINDS = {"hard": "Hard", "soft": "Soft"}


def page(request: HttpRequest) -> Mapping[str, Any]:
    """What ``admin/index.html`` shows this person: staff their advertisers', operators all."""
    known = access.access_of(request.user)
    scope = Scope(advertisers=None if known.operator else frozenset(known.staff_roles))
    now, zone = clock.now(), timezone.get_current_timezone()
    form = _period_form(request, now)
    period, compared = periods_of(form, now)
    figures = home.figures_of(scope, period, compared, form.zone)
    within = urlencode({"since": form.days().first, "until": form.days().last})
    health = home.health(scope, figures)
    return {
        "next_step": _next_step(scope, health, figures.all.now, known),
        **_picker(form),
        "within": within,
        "figures": _shown(figures.all, [day.total for day in figures.days]),
        "kinds": [
            (kind, title, _shown(figures.by_cookie_type.get(kind, NOTHING)))
            for kind, title in _KINDS.items()
        ],
        "days": [(day.date, [day.sales.get(kind, 0) for kind in _KINDS]) for day in figures.days],
        "waiting": _waiting(home.waiting(scope)),
        "protection": _protection(scope, figures.period, within, now),
        "to_look_at": home.to_look_at(scope, partner_columns.period(now), now),
        "hosts_to_prove": home.hosts_to_prove(scope),
        "flagged": home.flagged(scope),
        "refused": home.refused(scope, figures.period),
        "applications": home.applications(scope, now),
        "weeks": [_week(week) for week in home.weeks(scope, now, zone)],
        "health": [_health(row, within) for row in health],
        "advertisers": [
            (row.advertiser, _shown(figures.by_advertiser.get(row.advertiser.pk, NOTHING)))
            for row in health
        ]
        if len(health) > 1
        else [],
        "changes": [_change(change, request) for change in changes.recent(scope)],
    }


def _picker(form: PeriodForm) -> dict[str, Any]:
    """What ``admin/period.html`` shows, and what the days are called."""
    return {
        "form": form,
        "periods": form.offered(lambda key: f"?period={key}&compare={form.comparison}"),
        "selects": [form["compare"]],
        "chosen_days": form.days(),
        "compared": form.compared(),
        "zone_of_days": form.zone,
        "performance": urlencode({**form.period_query, "compare": form.comparison}),
    }


def _period_form(request: HttpRequest, now: datetime) -> PeriodForm:
    """The days asked for; the usual ones where they make no sense, which is said."""
    zone = network_zone()
    today = now.astimezone(zone).date()
    form = PeriodForm(request.GET, today, zone)
    if form.is_valid():
        return form
    usual = PeriodForm(QueryDict(), today, zone)
    usual.is_valid()
    usual.refused = [str(error) for errors in form.errors.values() for error in errors]
    return usual


NOTHING = Compared(Total(), Total())


@dataclass(frozen=True, slots=True)
class NextStep:
    """What somebody has to do before there is anything to see."""

    title: str
    text: str
    button: str
    address: str


def _next_step(
    scope: Scope, health: Sequence[ReportHealth], total: Total, known: access.Access
) -> NextStep | None:
    if not health:
        return NextStep(
            _("There is no advertiser yet."),
            _("Create the first: its shop, its attribution terms and what it pays."),
            _("Create an advertiser"),
            reverse("admin:network_advertiser_add") if known.operator else "",
        )
    partners = Partnership.objects.all()
    if scope.advertisers is not None:
        partners = partners.filter(advertiser__in=scope.advertisers)
    if not partners.exists():
        return NextStep(
            _("There is no partner yet."),
            _("Publishers apply for the programme; an operator may also add one."),
            _("Add a partner"),
            reverse("admin:publishers_partnership_add") if known.operator else "",
        )
    if not total.clicks and not any(row.last for row in health):
        return NextStep(
            _("Nothing has been tracked in these days."),
            _(
                "Each partner's page has its tracking link. Put the tag on the shop's pages, "
                "follow a link, and the click appears here."
            ),
            _("Go to the partners"),
            reverse("admin:publishers_partnership_changelist"),
        )
    return None


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A number as people read it, and how it has changed since the period before; ``line`` is its
    way from day to day, as the points of a picture of 100 by 24."""

    value: str
    change: str
    line: str = ""


def _shown(compared: Compared, days: Sequence[Total] = ()) -> dict[str, Any]:
    """Commissions are one for each currency; they are never added up."""
    now, before = compared.now, compared.before
    currencies = sorted({*now.commission, *before.commission})
    return {
        "clicks": ShownNumber(
            f"{now.clicks:,}",
            _change_of(now.clicks, before.clicks),
            _line([day.clicks for day in days]),
        ),
        "sales": ShownNumber(
            f"{now.sales:,}",
            _change_of(now.sales, before.sales),
            _line([day.sales for day in days]),
        ),
        "commission": [
            _earned(
                each,
                now.commission.get(each, 0),
                before.commission.get(each, 0),
                [day.commission.get(each, 0) for day in days],
            )
            for each in currencies
        ],
    }


def _earned(currency: str, now: int, before: int, days: Sequence[int]) -> ShownNumber:
    written = money.display(before, currency)
    change = _change_of(now, before, written)
    return ShownNumber(money.display(now, currency), change, _line(days))


def _line(values: Sequence[int]) -> str:
    """From 0 to the most; empty where there is nothing to see."""
    most = max(values, default=0)
    if len(values) < 2 or most <= 0:
        return ""
    step = 100 / (len(values) - 1)
    points = enumerate(values)
    return " ".join(f"{at * step:.1f},{23 - 22 * value / most:.1f}" for at, value in points)


def _change_of(now: int, before: int, written: str = "") -> str:
    """``+12% from 1,234``, in whole percent of what was before."""
    if not before:
        return _("no earlier data")
    percent = round(100 * (now - before) / before)
    return _("%(change)s%% from %(before)s") % {
        "change": f"{percent:+,}",
        "before": written or f"{before:,}",
    }


def _amounts(by_currency: Mapping[str, int]) -> list[str]:
    return [money.display(minor, currency) for currency, minor in sorted(by_currency.items())]


def _waiting(found: Mapping[str, Waiting]) -> list[dict[str, Any]]:
    address = reverse(LIST.format("tracking_conversion"))
    return [
        {
            "state": state,
            "number": held.number,
            "amounts": _amounts(held.commission),
            "address": f"{address}?state={state}",
        }
        for state in home.WAITING
        for held in [found.get(state, Waiting())]
    ]


LISTED = 50
"""Partners named in the list of who is protected; the rest is a number."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A partner that standing down kept sales for, or that left them to others."""

    partner: str
    advertiser: str
    sales: int
    amount: str
    address: str


@dataclass(frozen=True, slots=True)
class Protected:
    """What standing down kept for others, in one currency."""

    amount: str
    sales: int
    kept_for: Sequence[KeptLine]
    left_by: Sequence[KeptLine]

    @property
    def more(self) -> int:
        return max(0, len(self.kept_for) - LISTED)

    @property
    def listed(self) -> Sequence[KeptLine]:
        return self.kept_for[:LISTED]

    @property
    def words(self) -> str:
        """``56 sales kept for 9 partners because 4 soft partners stood down.``"""
        kept, left = len(self.kept_for), len(self.left_by)
        return _("%(sales)s kept for %(kept)s because %(left)s stood down.") % {
            "sales": ngettext("%d sale", "%d sales", self.sales) % self.sales,
            "kept": ngettext("%d partner", "%d partners", kept) % kept,
            "left": ngettext("%d soft partner", "%d soft partners", left) % left,
        }


def _protection(scope: Scope, period: Period, within: str, now: datetime) -> list[Protected]:
    """By currency. Three queries at most. Sales are listed of the days that the list of partners
    covers."""
    is_listed = period.since >= partner_columns.period(now).since
    found = reports.protection(scope, period)
    rows = [*found.protected, *found.left_to_others]
    publishers = Publisher.objects.in_bulk({row.publisher for row in rows})
    advertisers = Advertiser.objects.in_bulk({row.advertiser for row in rows})

    def lines(kept: Sequence[Kept], currency: str, part: str) -> list[KeptLine]:
        sales = reverse(LIST.format("tracking_conversion"))
        return [
            KeptLine(
                partner=publishers[row.publisher].name,
                advertiser=advertisers[row.advertiser].name,
                sales=row.sales,
                amount=money.display(row.commission_minor, currency),
                address=f"{sales}?advertiser={row.advertiser}&partner={row.publisher}-{part}"
                f"&{within}"
                if is_listed
                else "",
            )
            for row in kept
            if row.currency == currency
        ]

    return [
        Protected(
            amount=money.display(sum(row.commission_minor for row in kept), currency),
            sales=sum(row.sales for row in kept),
            kept_for=lines(kept, currency, "protected"),
            left_by=lines(found.left_to_others, currency, "left_to_others"),
        )
        for currency, group in groupby(found.protected, key=lambda row: row.currency)
        for kept in [list(group)]
    ]


def _title(week: UpcomingWeek) -> str:
    if week.monday is None:
        text = ngettext("After %(weeks)s week", "After %(weeks)s weeks", home.WEEKS)
        return text % {"weeks": home.WEEKS}
    return week_of(week.monday)


def _week(week: UpcomingWeek) -> dict[str, Any]:
    address = reverse(LIST.format("tracking_commission"))
    return {
        "title": _title(week),
        "number": week.final.number,
        "amounts": _amounts(week.final.commission),
        "address": f"{address}?closes={week.key}",
    }


_SOURCES = (
    (gettext_lazy("Last tag"), (Report.Source.TAG,)),
    (gettext_lazy("Last pixel"), (Report.Source.PIXEL,)),
    (gettext_lazy("Last server report"), (Report.Source.SERVER, Report.Source.KEYED)),
)


def _health(row: ReportHealth, within: str) -> dict[str, Any]:
    reports = f"{reverse(LIST.format('tracking_report'))}?advertiser={row.advertiser.pk}"
    sales = f"{reverse(LIST.format('tracking_conversion'))}?advertiser={row.advertiser.pk}"
    return {
        "advertiser": row.advertiser,
        "sources": [
            {
                "title": title,
                "at": max((row.last[each] for each in kinds if each in row.last), default=None),
                "address": f"{reports}&source__exact={kinds[0]}",
            }
            for title, kinds in _SOURCES
        ],
        "share": None if row.share is None else f"{row.share:.0%}",
        "conflicts": row.conflicts,
        "conflicts_address": f"{sales}&state={SaleState.CONFLICT}",
        "unverified": row.unverified,
        "unverified_address": f"{sales}&state={SaleState.UNVERIFIED}",
        "sales_address": f"{sales}&{within}",
    }


def _change(change: changes.RecentChange, request: HttpRequest) -> dict[str, Any]:
    known = access.access_of(request.user)
    return {
        "at": change.created_at,
        "later": change.starts_at if change.starts_at > change.created_at + 2 * SPREAD else None,
        "what": change.what,
        "address": _address(change.row) if known.sees_in_admin(type(change.row)) else "",
        "made_by": access.maker(change, request.user)
        or (_("The network") if change.is_networks else ""),
        "reason": change.reason,
    }


def _address(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])

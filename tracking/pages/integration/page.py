"""A shop's way in: what to paste, whether it works, and what arrived."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from network import clock
from network.hosts.tracking_hosts import base_urls
from network.models import Advertiser
from network.people import access
from publishers.models import Partnership
from publishers.partnerships.standing import standings
from tracking.explain.explanations import TestDescription, explain_test
from tracking.models import Report
from tracking.pages.integration import seen, snippets
from tracking.pages.sales.reports import ReportDescription, names_in, told_report
from tracking.rule.reasons import ReportOutcome

MOST_SHOWN = 50
MOST_ASKED = 200
"""Partners that are looked through for one that is approved."""
MOST_TESTS_TOLD = 5
"""Of tests, in words: each is decided anew."""


@dataclass(frozen=True, slots=True)
class ArrivedReport:
    """A report as it arrived; of a test, whom it would be credited to."""

    told: ReportDescription
    test: TestDescription | None


def integration(request: HttpRequest, pk: int) -> HttpResponse:
    """Of an advertiser, for its staff and for operators."""
    shop = get_object_or_404(access.for_staff(Advertiser.objects.all(), request.user), pk=pk)
    now = clock.now()
    base = base_urls([shop.pk])[shop.pk]
    steps, partner = seen.steps(shop, now), _first_partner(shop, now)
    context = {
        **admin.site.each_context(request),
        "title": _("Integration of %(shop)s") % {"shop": shop},
        "shop": shop,
        "steps": [(step, step.said(now)) for step in steps],
        "done": sum(step.state == "seen" for step in steps),
        "snippets": snippets.snippets(shop, base),
        "recipes": snippets.ready_recipes(shop, base),
        "partner": partner,
        "test_link": f"{base}c/{partner.publisher_id}?consent=1" if partner else "",
        "arrived": _arrived(shop),
    }
    return TemplateResponse(request, "admin/integration/page.html", context)


def _first_partner(shop: Advertiser, now: datetime) -> Partnership | None:
    """Whose link the test purchase follows: the first that is approved."""
    rows = list(shop.partnerships.select_related("publisher").order_by("publisher")[:MOST_ASKED])
    held = standings(rows, now)
    return next((row for row in rows if held[row.pk].is_approved), None)


def _arrived(shop: Advertiser) -> list[ArrivedReport]:
    """The newest reports. What is asked for them is asked once, but for tests."""
    reports = Report.objects.filter(advertiser=shop).order_by("-received_at", "-id")
    rows = list(reports[:MOST_SHOWN])
    names = names_in(rows)
    tests = [row.pk for row in rows if row.outcome == ReportOutcome.TEST][:MOST_TESTS_TOLD]
    return [
        ArrivedReport(told_report(row, (), names), explain_test(row) if row.pk in tests else None)
        for row in rows
    ]

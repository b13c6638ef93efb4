"""What of a shop's tracking has been seen to work: each step ticks itself by what is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from network import dates
from network.models import Advertiser
from tracking.evidence.ranks import Rank
from tracking.landings.models import Landing
from tracking.models import Click, Report
from tracking.rule.reasons import ReportOutcome

LOOKED_BACK = timedelta(days=30)
MOST_REPORTS, MOST_CLICKS = 100, 100
"""The newest, that are looked through: this page asks every few seconds."""


@dataclass(frozen=True, slots=True)
class IntegrationStep:
    """``at`` is when it was last seen to work; ``problem`` says what is wrong instead."""

    key: str
    title: str
    at: datetime | None
    waiting: str
    problem: str = ""

    @property
    def state(self) -> str:
        if self.problem:
            return "problem"
        return "seen" if self.at else "waiting"

    def said(self, now: datetime) -> str:
        if self.problem or self.at is None:
            return self.problem or self.waiting
        return _("%(span)s ago") % {"span": dates.span(max(now - self.at, timedelta(0)))}


def steps(shop: Advertiser, now: datetime) -> Sequence[IntegrationStep]:
    """In the order in which a shop gets there. Six queries, each of a bounded number of rows by an
    index."""
    since = now - LOOKED_BACK
    clicks = list(
        Click.objects.filter(advertiser=shop, at__gte=since)
        .order_by("-id")
        .values_list("pk", "at")[:MOST_CLICKS]
    )
    landed = list(
        Landing.objects.filter(advertiser=shop, click__in=[pk for pk, _at in clicks], is_fresh=True)
        .order_by("-at")
        .values_list("at", flat=True)[:1]
    )
    reports = Report.objects.filter(advertiser=shop, received_at__gte=since)
    return [*_clicks(clicks[0][1] if clicks else None, landed), *_reports(reports)]


def _clicks(clicked: datetime | None, landed: Sequence[datetime]) -> list[IntegrationStep]:
    at = landed[0] if landed else None
    lost = clicked is not None and at is None
    problem = _(
        "Links are followed, but the tag never saw a click land: check that it is on the landing "
        "page, and that redirects keep the click parameter."
    )
    return [
        IntegrationStep(
            "host",
            _("The tracking host is reached"),
            clicked,
            _("Follow a partner's link to the shop."),
        ),
        IntegrationStep(
            "landed",
            _("A click lands in the shop, and the tag sees it"),
            at,
            _("Paste the tag into every page of the shop, then follow a partner's link."),
            problem if lost else "",
        ),
    ]


def _reports(reports: QuerySet[Report]) -> list[IntegrationStep]:
    newest = reports.order_by("-received_at")
    fields = ("source", "rank", "received_at", "tokens")
    recent = list(newest.only(*fields)[:MOST_REPORTS])
    signed = _first(one.received_at for one in recent if one.rank == Rank.SIGNED)
    keyed = _newest(reports.filter(source=Report.Source.KEYED))
    return [
        IntegrationStep(
            "slots",
            _("The browser keeps the click until the order"),
            _first(one.received_at for one in recent if _brings_slot(one)),
            _("Report a sale with the tag after a click, from the same browser."),
        ),
        IntegrationStep(
            "test",
            _("A test sale is reported"),
            _newest(reports.filter(outcome=ReportOutcome.TEST)),
            _("Add test: true to the sale and place an order."),
        ),
        IntegrationStep(
            "confirmed",
            _("A sale is signed, or reported with a key"),
            max(filter(None, (keyed, signed)), default=None),
            _(
                "Sign the sale, or report it from the shop's server. Until then sales stay "
                "unverified."
            ),
        ),
        IntegrationStep(
            "merged",
            _("Browser and server report the same order, and it stays one sale"),
            _newest(reports.filter(outcome=ReportOutcome.MERGED)),
            _("Only if both report: use the same order reference in both."),
        ),
    ]


def _brings_slot(report: Report) -> bool:
    roles = {token["role"] for token in report.tokens if token["reason"] == ""}
    return report.source == Report.Source.TAG and not roles.isdisjoint({"hard", "soft"})


def _newest(reports: QuerySet[Report]) -> datetime | None:
    return reports.order_by("-received_at").values_list("received_at", flat=True).first()


def _first(times: Iterable[datetime]) -> datetime | None:
    return next(iter(times), None)

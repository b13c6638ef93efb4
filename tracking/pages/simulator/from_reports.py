"""A recorded sale with its reports as a scenario, to change and play in the simulator."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from network import clock, money
from network.clock import to_ms
from tracking.commissions.decisions import sale_of
from tracking.commissions.states import OF_SALE, SaleState, state_case
from tracking.conversions import journeys, reports
from tracking.evidence.closing import EndState
from tracking.evidence.joining import Evidence
from tracking.explain.explanations import names_for_staff
from tracking.models import Commission, Conversion, Report, Validation
from tracking.pages.simulator.from_sale import (
    Carried,
    called_of,
    minute_since,
    scenario_of,
    settings_of,
)
from tracking.rule.attribution import Click
from tracking.rule.reasons import ReportOutcome
from tracking.simulator.format import MAX_BROWSERS, MAX_REPORTS
from tracking.simulator.play import simulate
from tracking.simulator.scenario import (
    ClickStep,
    JourneyStep,
    ReportStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
    Verification,
    Way,
)


def carried_from(sale: Conversion, name: str) -> Carried:
    """The sale with its reports, if a scenario can hold them: if they end there as they did here.
    Otherwise its journey alone, as of a sale that the shop confirmed."""
    assert sale.decision
    evidence = _evidence(sale)
    found = journeys.find(sale.advertiser_id, _presented(evidence), to_ms(sale.at))
    clicks = found.clicks
    names = names_for_staff({click.publisher for click in clicks}).by_id
    plain = scenario_of(sale.decision, name, names)
    if evidence and not _is_by_staff(sale):
        told = _Telling(sale, evidence, clicks, plain)
        scenario = told.scenario(called_of({click.publisher for click in clicks}, names))
        if scenario and not simulate(scenario).failures:
            return Carried(scenario, plain.losses)
    lost = _("Its reports are left out; here the sale is one that the shop confirms.")
    return Carried(plain.scenario, (*plain.losses, lost))


def _evidence(sale: Conversion) -> list[tuple[Report, Evidence]]:
    """Empty where a token cannot be read any more."""
    rows = list(sale.reports.order_by("received_at", "id"))
    if reports.is_key_gone(rows) or len(rows) > MAX_REPORTS:
        return []
    return [(row, reports.evidence_of(row)) for row in rows]


def _presented(evidence: Iterable[tuple[Report, Evidence]]) -> list[Click]:
    return [item.click for _row, report in evidence for item in report.presented]


def _is_by_staff(sale: Conversion) -> bool:
    """Whether staff have had a say in it, which no scenario holds."""
    ruled = Validation.objects.filter(advertiser=sale.advertiser_id, conversion=sale)
    return sale.settled_by_id is not None or ruled.exists()


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is told of a sale; each of its journeys is a browser."""

    sale: Conversion
    evidence: Sequence[tuple[Report, Evidence]]
    clicks: Sequence[Click]
    plain: Carried

    @property
    def start(self) -> int:
        """The first moment of all, in ms: minute 0."""
        reported = (to_ms(report.at) for _row, report in self.evidence)
        return min([to_ms(self.sale.at), *reported, *(click.at for click in self.clicks)])

    def scenario(self, called: dict[int, str]) -> Scenario | None:
        """None where a report, or all of them, bring more than a browser can hold."""
        numbers = {journey: at for at, journey in enumerate(self._journeys(), 1)}
        steps = [
            step
            for journey, browser in numbers.items()
            for step in self._steps(journey, browser, called)
        ]
        told = [self._report(row, report, numbers) for row, report in self.evidence]
        if len(numbers) > MAX_BROWSERS or not all(told):
            return None
        plain, sale, state = self.plain.scenario, self.plain.scenario.sale, self._state()
        return Scenario(
            plain.name,
            tuple(sorted(steps, key=lambda step: step.minute)),
            SaleStep(
                minute=self._minute(self.sale.at),
                paid=sale.paid,
                verdicts=sale.verdicts,
                reports=tuple(step for step in told if step),
                until=self._until(state),
                state=state,
            ),
            self._settings(called),
        )

    def _journeys(self) -> list[int]:
        return list(dict.fromkeys(click.journey for click in self.clicks))

    def _minute(self, at: datetime) -> int:
        return minute_since(to_ms(at), self.start)

    def _steps(self, journey: int, browser: int, called: dict[int, str]) -> Iterator[JourneyStep]:
        """The clicks, and the browser closed wherever the session is another one than before."""
        clicks = [click for click in self.clicks if click.journey == journey]
        session = 0
        for click in clicks:
            minute = minute_since(click.at, self.start)
            if session and click.session and click.session != session:
                yield SessionEnd(minute, browser)
            session = click.session or session
            is_partner = click.reason is None
            name = called[click.publisher]
            yield ClickStep(minute, name, click.cookie_type, is_partner, browser)
        for _row, report in self.evidence:
            before = [click for click in clicks if click.at <= to_ms(report.at)]
            is_over = before and before[-1].session not in report.sessions
            if report.from_browser and journey in report.journeys and is_over:
                yield SessionEnd(self._minute(report.at), browser)

    def _report(self, row: Report, report: Evidence, numbers: dict[int, int]) -> ReportStep | None:
        by_cookies = report.from_browser and bool(report.presented)
        brought = {numbers[journey] for journey in report.journeys}
        if by_cookies and len(brought) != 1:
            return None
        order = [click.id for click in self._ordered()]
        ids = dict.fromkeys(item.click.id for item in report.presented)
        return ReportStep(
            minute=self._minute(report.at),
            arrives=self._minute(report.received_at),
            rank=report.rank,
            presented=None if by_cookies else tuple(order.index(each) + 1 for each in ids),
            browser=brought.pop() if by_cookies else 1,
            way=_way(row) if by_cookies else Way.TAG,
            amount=money.plain(report.figures.amount_minor, report.figures.currency),
            channel=row.figures.get("channel", ""),
            outcome=ReportOutcome(row.outcome),
        )

    def _ordered(self) -> list[Click]:
        """The clicks as they are numbered: by time, those of one minute browser by browser."""
        numbers = {journey: at for at, journey in enumerate(self._journeys())}
        return sorted(
            self.clicks,
            key=lambda click: (minute_since(click.at, self.start), numbers[click.journey]),
        )

    def _settings(self, called: dict[int, str]) -> Settings:
        assert self.sale.decision
        shop = self.sale.advertiser
        largest = shop.largest_order_minor
        return replace(
            settings_of(self.clicks, sale_of(self.sale.decision), called),
            verification=Verification(shop.verification),
            confirm_days=shop.confirm_days,
            conflict_days=shop.conflict_days,
            largest_order="" if largest is None else money.plain(largest, shop.currency),
            uncounted_channels=tuple(shop.uncounted_channels),
            currency=shop.currency,
        )

    def _until(self, state: EndState | None) -> int | None:
        """Now, while the sale is open; what is due and about to be closed is not closed yet."""
        if self.sale.closed_at:
            return None
        now = self._minute(clock.now())
        if state is EndState.PENDING and self.sale.closes_at:
            return min(now, self._minute(self.sale.closes_at) - 1)
        return now

    def _state(self) -> EndState | None:
        rows = Conversion.objects.filter(advertiser=self.sale.advertiser_id, pk=self.sale.pk)
        state = rows.annotate(state=state_case(OF_SALE)).values_list("state", flat=True).get()
        commission = getattr(self.sale, "commission", None)
        if commission and commission.decline_reason == Commission.DeclineReason.NOT_CONFIRMED:
            return EndState.NOT_CONFIRMED
        return EndState.__members__.get(SaleState(state).name)


def _way(row: Report) -> Way:
    """A pixel without cookies is the tag's own way out where its request is blocked."""
    if not row.session_by_cookie:
        return Way.TAG
    return Way.PIXEL if row.source == Report.Source.PIXEL else Way.TAG_WITH_COOKIE

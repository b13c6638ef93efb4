"""The simulator's page: a journey built by hand, who holds the cookie when, and who is paid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from network import money
from network.people import access
from tracking.explain.captions import CAPTIONS, since_start
from tracking.explain.picture import DrawnClick, draw
from tracking.explain.sentences import RANKS, VERDICT_LABELS
from tracking.explain.shapes import Picture
from tracking.models import Conversion
from tracking.pages.simulator.draft import MAX_ROWS, Draft, from_scenario
from tracking.pages.simulator.form import KINDS, JourneyForm, form_of
from tracking.pages.simulator.from_reports import carried_from
from tracking.pages.simulator.from_sale import Carried
from tracking.pages.simulator.words import (
    STATES,
    brings_text,
    failures_of,
    moment_text,
    paid_of,
    paid_sentence,
    report_text,
    verdict_sentence,
)
from tracking.rule.attribution import MINUTE_MS, Click, Judged, resolve
from tracking.rule.reasons import ReportOutcome
from tracking.simulator import examples
from tracking.simulator.format import read
from tracking.simulator.loading import shown
from tracking.simulator.play import PlayedReport, PlayedScenario, number_of, simulate
from tracking.simulator.playback import Kind, PlaybackLine, lines
from tracking.simulator.problems import Fault, Place, ScenarioError
from tracking.simulator.scenario import Scenario, SessionEnd
from tracking.simulator.times import format_time
from tracking.simulator.writer import write

MAX_TEXT = 100_000
"""Characters of an imported text: some 800 journeys like the rule's own."""

MAX_IMPORTED = 200


@dataclass(frozen=True, slots=True)
class OfferedExample:
    """An example to start from."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class PlayedClick:
    """A click of the journey with what became of it."""

    number: int
    at: str
    partner: str
    cookie_type: str
    verdict: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PlayedEvidence:
    """A report of the sale with what became of it; ``arrives`` is empty where it came at once."""

    number: int
    at: str
    arrives: str
    rank: str
    amount: str
    brings: str
    said: str
    speaks: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class MomentDescription:
    """A moment of the journey, and whose claims lie in the browser's slots after it."""

    at: str
    said: str
    hard: str
    soft: str
    holder: str
    is_sale: bool
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class PlayedJourney:
    """A journey played, in words; ``text`` is its scenario."""

    result: PlayedScenario
    moments: Sequence[MomentDescription]
    clicks: Sequence[PlayedClick]
    reports: Sequence[PlayedEvidence]
    state: str
    picture: Picture
    text: str

    @property
    def paid_sentence(self) -> str:
        return paid_sentence(self.result)

    @property
    def failures(self) -> list[str]:
        return failures_of(self.result)

    @property
    def expects(self) -> bool:
        return self.result.scenario.expects

    @property
    def text_rows(self) -> int:
        return min(self.text.count("\n") + 1, 30)


@dataclass(frozen=True, slots=True)
class ImportedJourney:
    """A journey of an imported text: who is paid, and whether that was expected."""

    name: str
    paid: str
    expects: bool
    failures: Sequence[str]


@dataclass(frozen=True, slots=True)
class Imported:
    """The journeys of an imported text, played; or what is wrong with it."""

    text: str = ""
    results: Sequence[PlayedScenario] = ()
    error: str = ""

    @property
    def journeys(self) -> list[ImportedJourney]:
        return [
            ImportedJourney(
                result.scenario.name, paid_of(result), result.scenario.expects, failures_of(result)
            )
            for result in self.results
        ]


@dataclass(frozen=True, slots=True)
class SimulatorPage:
    """What the page shows: the form as it stands, and the rest of what was sent with it."""

    draft: Draft
    imported: Imported = Imported()
    sale: Conversion | None = None
    carried: Carried | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: HttpRequest) -> HttpResponse:
    """``?example=`` and ``?sale=`` open one of the examples or a sale of the reader's tenants."""
    if request.method != "POST":
        return _page(request, _opened(request))
    if request.POST.get("do") == "download":
        return _download(request)
    return _page(request, _acted(request))


def _opened(request: HttpRequest) -> SimulatorPage:
    if "sale" in request.GET:
        return _opened_sale(request, request.GET["sale"])
    key = request.GET.get("example", "explained-1")
    try:
        return SimulatorPage(from_scenario(examples.example(key)))
    except KeyError:
        raise Http404(f"There is no example {key}.") from None


def _opened_sale(request: HttpRequest, key: str) -> SimulatorPage:
    if not re.fullmatch("[0-9]{1,18}", key):
        raise Http404("There is no such sale.")
    rows = access.for_staff(Conversion.objects.filter(decision__isnull=False), request.user)
    sale = get_object_or_404(rows.select_related("advertiser", "decision"), pk=key)
    name = _("Order %(order)s of %(advertiser)s")
    known = {"order": sale.order, "advertiser": sale.advertiser}
    carried = carried_from(sale, name % known)
    return SimulatorPage(from_scenario(carried.scenario), sale=sale, carried=carried)


def _acted(request: HttpRequest) -> SimulatorPage:
    """What was sent, after the button that was pressed."""
    draft = JourneyForm(request.POST).draft
    imported = Imported(request.POST.get("import", "")[: MAX_TEXT + 1])
    action, _dash, number = request.POST.get("do", "").partition("-")
    if action == "add" and number in KINDS:
        draft = draft.with_row(draft.next_row(number))
    elif action == "remove":
        draft = draft.without_row(_number(number))
    elif action == "report":
        draft = draft.without_report(_number(number)) if number else draft.with_report()
    elif action == "sort":
        draft = draft.in_order()
    elif action in ("import", "open"):
        imported = _imported(request, imported.text)
        chosen = _number(number) if action == "open" else 1
        alone = len(imported.results) == 1
        if (alone or action == "open") and 0 < chosen <= len(imported.results):
            draft = from_scenario(imported.results[chosen - 1].scenario)
    return SimulatorPage(draft, imported)


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0


def _imported(request: HttpRequest, text: str) -> Imported:
    """The text or, where one was sent, the file."""
    try:
        file = request.FILES.get("file")
        if isinstance(file, UploadedFile):
            text = _text_of(file)
        return Imported(text, _played(text))
    except ScenarioError as error:
        return Imported(text, error=error.worded(_))


def _text_of(file: "UploadedFile[bytes]") -> str:
    """Raises ScenarioError for a file that is too large, or no text."""
    raw = file.read(4 * MAX_TEXT + 1)
    try:
        return raw.decode("utf-8-sig") if len(raw) <= 4 * MAX_TEXT else " " * (MAX_TEXT + 1)
    except UnicodeDecodeError as error:
        raise ScenarioError(Fault.NOT_UTF8, file=file.name, number=error.start) from None


def _played(text: str) -> list[PlayedScenario]:
    """Raises ScenarioError, for more than a page can show, too."""
    if len(text) > MAX_TEXT:
        raise ScenarioError(Fault.TEXT_TOO_LONG, most=f"{MAX_TEXT:,}")
    scenarios = read(text)
    if not scenarios:
        raise ScenarioError(Fault.NO_JOURNEYS)
    if len(scenarios) > MAX_IMPORTED:
        raise ScenarioError(Fault.TOO_MANY_JOURNEYS, count=len(scenarios), most=MAX_IMPORTED)
    for number, scenario in enumerate(scenarios, 1):
        if len(scenario.steps) > MAX_ROWS:
            place = Place(number, shown(scenario.name), "do")
            raise ScenarioError(
                Fault.TOO_MANY_STEPS, place, count=len(scenario.steps), most=MAX_ROWS
            )
    return [simulate(scenario) for scenario in scenarios]


def _download(request: HttpRequest) -> HttpResponse:
    """The text that the page shows, as a file; or what is wrong with it."""
    text = request.POST.get("text", "")[: MAX_TEXT + 1]
    try:
        written = write([result.scenario for result in _played(text)])
    except ScenarioError as error:
        return _page(request, SimulatorPage(Draft(), Imported(text, error=error.worded(_))))
    headers = {"Content-Disposition": 'attachment; filename="scenario.yaml"'}
    return HttpResponse(written, content_type="application/yaml; charset=utf-8", headers=headers)


def _page(request: HttpRequest, shown: SimulatorPage) -> HttpResponse:
    form = form_of(shown.draft)
    form.full_clean()
    context = {
        **admin.site.each_context(request),
        "title": _("Simulator"),
        "shown": shown,
        "form": form,
        "answer": answer(form.scenario) if form.scenario else None,
        "examples": _examples(),
        "address": reverse("admin:simulator"),
    }
    return TemplateResponse(request, "admin/simulator/page.html", context)


def _examples() -> list[tuple[str, list[OfferedExample]]]:
    """Their names are messages, too."""
    return [
        (_(title), [OfferedExample(each.key, _(each.scenario.name)) for each in group])
        for title, group in examples.groups().items()
    ]


def answer(scenario: Scenario) -> PlayedJourney:
    """The scenario played, as the page tells it."""
    result = simulate(scenario)
    judged = result.outcome.verdicts if result.outcome else ()
    return PlayedJourney(
        result=result,
        moments=[_told_moment(line, result) for line in lines(result)],
        clicks=[_told_click(item, result) for item in judged],
        reports=[_told_report(each, result) for each in result.reports],
        state=str(STATES[result.state]),
        picture=_picture(result),
        text=write([scenario]),
    )


def _told_click(judged: Judged, result: PlayedScenario) -> PlayedClick:
    click = judged.click
    return PlayedClick(
        number=number_of(click),
        at=format_time(click.at // MINUTE_MS),
        partner=result.publisher(click),
        cookie_type=click.cookie_type.value,
        verdict=judged.verdict.value,
        label=str(VERDICT_LABELS[judged.verdict]),
        sentence=verdict_sentence(judged, result),
    )


def _told_report(report: PlayedReport, result: PlayedScenario) -> PlayedEvidence:
    step = report.sent.step
    currency = step.currency or result.scenario.settings.currency
    return PlayedEvidence(
        number=report.sent.number,
        at=format_time(step.minute),
        arrives=format_time(step.arrives) if step.arrives != step.minute else "",
        rank=str(RANKS[report.sent.rank]),
        amount=money.display(money.parse(step.worth, currency, drops_noise=True), currency),
        brings=brings_text(report),
        said=report_text(report, result),
        speaks=report.speaks,
        counts=report.outcome in (ReportOutcome.CREATED, ReportOutcome.MERGED),
    )


def _told_moment(line: PlaybackLine, result: PlayedScenario) -> MomentDescription:
    return MomentDescription(
        at=line.at,
        said=moment_text(line, result),
        hard=_claim(line.hard, result),
        soft=_claim(line.soft, result),
        holder=result.publisher(line.holder) if line.holder else "",
        is_sale=line.kind is Kind.SALE,
        is_quiet=line.kind in (Kind.WINDOW_CLOSED, Kind.FINAL),
    )


def _claim(click: Click | None, result: PlayedScenario) -> str:
    """``Blog, until 30d``."""
    if click is None:
        return ""
    until = format_time(click.closes_at // MINUTE_MS)
    return _("%(partner)s, until %(time)s") % {"partner": result.publisher(click), "time": until}


def _picture(result: PlayedScenario) -> Picture:
    """Of a sale that nothing leads to a click from, too: how its clicks lie."""
    outcome = result.outcome or resolve(result.clicks, result.sale)
    drawn = [
        DrawnClick(
            judged,
            result.publisher(judged.click),
            str(VERDICT_LABELS[judged.verdict]),
            verdict_sentence(judged, result),
        )
        for judged in outcome.verdicts
    ]
    ends = [m.minute * MINUTE_MS for m in result.moments if isinstance(m.step, SessionEnd)]
    return draw(drawn, result.sale, since_start(), CAPTIONS, ends)

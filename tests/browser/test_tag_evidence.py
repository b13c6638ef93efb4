"""The scenarios with evidence through the whole tag: what a page's report brings of its browser's
cookies is what the simulator says."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import WITHIN_MS, collect_page_errors
from tests.browser.clicks import click_of, token_of
from tests.browser.cookies import end_session
from tests.browser.hosts import Hosts
from tests.browser.test_tag_rule import ROLES, skip_to
from tracking.evidence.joining import Role
from tracking.simulator.examples import groups
from tracking.simulator.play import Moment, PlayedScenario, simulate
from tracking.simulator.scenario import ReportStep, Scenario, SessionEnd, Way

Brought = set[tuple[str, int]]


def is_by_tag(report: ReportStep) -> bool:
    """Whether a tag sends it, and it is not refused."""
    return report.presented is None and report.way is Way.TAG and not report.currency


SCENARIOS = [
    example.scenario
    for group in groups().values()
    for example in group
    if any(is_by_tag(report) for report in example.scenario.sale.reports)
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_report_brings_what_the_simulator_says(
    context: BrowserContext, hosts: Hosts, scenario: Scenario
) -> None:
    played = simulate(scenario)
    with shoppers(context, scenario.browsers) as contexts:
        reported = dict(_live(contexts, hosts, played))
    assert reported == {
        each.sent.number: _expected(played, each.sent.number)
        for each in played.reports
        if is_by_tag(each.sent.step)
    }


@contextmanager
def shoppers(first: BrowserContext, count: int) -> Iterator[dict[int, Page]]:
    """Tabs of so many browsers, by their numbers."""
    assert first.browser
    errors: list[str] = []
    others = [first.browser.new_context() for _ in range(count - 1)]
    for other in others:
        other.set_default_timeout(WITHIN_MS)
        collect_page_errors(other, errors)
    yield {number: each.new_page() for number, each in enumerate([first, *others], 1)}
    for other in others:
        other.close()
    assert not errors, "a page raised"


def _live(
    pages: dict[int, Page], hosts: Hosts, played: PlayedScenario
) -> Iterator[tuple[int, tuple[Brought, frozenset[int]]]]:
    """Live the scenario; what each report by a tag brought, by its number."""
    now: dict[int, int] = defaultdict(int)
    moments = [(moment.minute, 0, at, moment) for at, moment in enumerate(played.moments)]
    reports = [(each.sent.step.minute, 1, each.sent.number, None) for each in played.reports]
    for minute, _, number, moment in sorted([*moments, *reports], key=lambda event: event[:3]):
        report = None if moment else played.scenario.sale.reports[number - 1]
        step = moment.step if moment else report
        assert step
        page = pages[step.browser]
        skip_to(page.context, now[step.browser], minute)
        now[step.browser] = minute
        if moment:
            _do(page, hosts, moment)
        elif report and is_by_tag(report):
            yield number, _report(page, hosts, report)


def _do(page: Page, hosts: Hosts, moment: Moment) -> None:
    if isinstance(moment.step, SessionEnd):
        end_session(page.context)
        return
    assert moment.click
    token = token_of(moment.click)
    hosts.stale = {token} if moment.is_stale else set()
    hosts.visit(page, hosts.landing(*([] if moment.click.reason else [token])))


def _report(page: Page, hosts: Hosts, step: ReportStep) -> tuple[Brought, frozenset[int]]:
    hosts.visit(page, hosts.url("/thanks"))
    report = hosts.sale(page, amount=step.worth).report
    brought = {
        (role, click_of(token).id.int)
        for role in (*ROLES, "last")
        for token in report["tokens"][role]
    }
    return brought, frozenset(int(each) for each in report["session"].split(".") if each)


def _expected(played: PlayedScenario, number: int) -> tuple[Brought, frozenset[int]]:
    evidence = played.reports[number - 1].sent.evidence
    assert evidence
    assert all(item.role is not Role.SERVER for item in evidence.presented)
    return {(item.role.value, item.click.id.int) for item in evidence.presented}, evidence.sessions

"""Journeys written by hand, for the simulator: the format, read from YAML or JSON.

Pure. The format is described in ``docs/attribution.md``; times in it are whole minutes from 0.
"""

from typing import Any

from network import money
from tracking.evidence.closing import EndState
from tracking.evidence.fields import MAX_CHANNEL
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import CookieType, SoftRule, Verdict
from tracking.rule.reasons import ReportOutcome
from tracking.rule.slots import MAX_COOKIE_DAYS
from tracking.simulator.loading import load, shown
from tracking.simulator.problems import Fault, Place, ScenarioError
from tracking.simulator.scenario import (
    AMOUNT,
    CURRENCY,
    NOBODY,
    ClickStep,
    JourneyStep,
    LandingStep,
    ReportStep,
    SaleStep,
    Scenario,
    SessionEnd,
    Settings,
    Verification,
    Way,
)
from tracking.simulator.times import DAY, HOUR, MAX_DAYS, format_time
from tracking.simulator.values import Field

MAX_NAME = 200
MAX_PUBLISHER = 40
MAX_BROWSERS = 9
MAX_REPORTS = 20
MAX_WAITING_DAYS = 400


def read(text: str) -> list[Scenario]:
    """The scenarios in a YAML or JSON text. Raises :class:`ScenarioError`."""
    entries = load(text)
    if not isinstance(entries, list):
        raise ScenarioError(Fault.NO_LIST)
    return [_scenario(entry, number) for number, entry in enumerate(entries, 1)]


def _scenario(value: object, number: int) -> Scenario:
    entry = Field(value, Place(entry=number, name=_name_if_any(value)))
    fields = entry.keys(("name", "do", "sale"), ("settings",))
    steps = _steps(fields["do"])
    settings = _settings(fields["settings"]) if "settings" in fields else Settings()
    clicks = sum(isinstance(step, ClickStep) for step in steps)
    name = fields["name"].text(MAX_NAME)
    return Scenario(name, steps, _Sale(clicks, settings).read(fields["sale"]), settings)


def _name_if_any(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    return "" if name is None else shown(name)


def _settings(given: Field) -> Settings:
    found: dict[str, Any] = {}
    known = ("soft_rule", "soft_hours", "hard_days", "validation_days", "windows", *_BELIEF)
    fields = given.keys((), known)
    currency = _currency(fields["currency"]) if "currency" in fields else CURRENCY
    for key, value in fields.items():
        if key in _BELIEF:
            found[key] = _belief(key, value, currency)
        elif key == "soft_rule":
            found[key] = value.word(SoftRule)
        elif key == "soft_hours":
            found["soft_minutes"] = value.number(1, 720) * HOUR
        elif key == "hard_days":
            found["hard_minutes"] = value.number(1, MAX_COOKIE_DAYS) * DAY
        elif key == "validation_days":
            found["validation_minutes"] = value.number(0, MAX_DAYS) * DAY
        else:
            found[key] = {
                _publisher(value.inside(publisher, publisher)): window.minutes(1, MAX_COOKIE_DAYS)
                for publisher, window in value.mapping().items()
            }
    return Settings(**found)


_BELIEF = (
    "verification",
    "confirm_days",
    "conflict_days",
    "largest_order",
    "uncounted_channels",
    "currency",
)
"""Settings that say which sales are paid."""


def _belief(key: str, value: Field, currency: str) -> object:
    if key == "verification":
        return value.word(Verification)
    if key in ("confirm_days", "conflict_days"):
        return value.number(1, MAX_WAITING_DAYS)
    if key == "largest_order":
        return _amount(value, currency)
    if key == "uncounted_channels":
        return tuple(item.text(MAX_CHANNEL) for item in value.items())
    return currency


def _currency(given: Field) -> str:
    code = given.text(MAX_PUBLISHER).upper()
    if code not in money.currencies():
        raise given.error(Fault.NO_CURRENCY)
    return code


def _amount(given: Field, currency: str) -> str:
    return money.plain(given.amount(currency), currency)


def _steps(given: Field) -> tuple[JourneyStep, ...]:
    steps: list[JourneyStep] = []
    for item in given.items():
        step = _step(item, sum(isinstance(each, ClickStep) for each in steps))
        if steps and step.minute < steps[-1].minute:
            time, before = format_time(step.minute), format_time(steps[-1].minute)
            raise item.error(Fault.OUT_OF_ORDER, time=time, before=before)
        steps.append(step)
    return tuple(steps)


def _step(item: Field, clicks: int) -> JourneyStep:
    """A step after so many clicks."""
    kinds = item.keys((), ("click", "land", "end_session"))
    if len(kinds) != 1:
        raise item.error(Fault.NO_STEP)
    if "end_session" in kinds:
        fields = kinds["end_session"].keys(("at",), ("browser",))
        return SessionEnd(fields["at"].minutes(), _browser(fields))
    if "land" in kinds:
        fields = kinds["land"].keys(("at", "click"), ("browser",))
        if not clicks:
            raise fields["click"].error(Fault.NO_CLICK_ABOVE)
        click = fields["click"].number(1, clicks)
        return LandingStep(fields["at"].minutes(), click, _browser(fields))
    fields = kinds["click"].keys(("at", "by", "type"), ("partner", "browser"))
    return ClickStep(
        minute=fields["at"].minutes(),
        publisher=_publisher(fields["by"]),
        cookie_type=fields["type"].word(CookieType),
        partner=fields["partner"].truth() if "partner" in fields else True,
        browser=_browser(fields),
    )


def _browser(fields: dict[str, Field]) -> int:
    return fields["browser"].number(1, MAX_BROWSERS) if "browser" in fields else 1


def _publisher(given: Field) -> str:
    publisher = given.text(MAX_PUBLISHER)
    if publisher == NOBODY:
        raise given.error(Fault.MEANS_NOBODY)
    return publisher


def _worth(fields: dict[str, Field], currency: str) -> str:
    """What a report says that the order costs; empty for what is usual."""
    usual = money.plain(money.parse(AMOUNT, currency, drops_noise=True), currency)
    amount = _amount(fields["amount"], currency) if "amount" in fields else usual
    return "" if amount == usual else amount


class _Sale:
    """Reads a sale that comes after so many clicks, under these settings."""

    def __init__(self, clicks: int, settings: Settings) -> None:
        self._clicks = clicks
        self._currency = settings.currency

    def read(self, given: Field) -> SaleStep:
        known = ("present", "reports", "until", "paid", "verdicts", "state", "figures")
        fields = given.keys(("at",), known)
        if "present" in fields and "reports" in fields:
            raise fields["present"].error(Fault.BOTH_WAYS)
        minute = fields["at"].minutes()
        reports = self._reports(fields["reports"], minute) if "reports" in fields else ()
        verdicts = fields.get("verdicts")
        return SaleStep(
            minute=minute,
            presented=self._presented(fields["present"]) if "present" in fields else None,
            paid=fields["paid"].text(MAX_PUBLISHER) if "paid" in fields else None,
            verdicts=tuple(item.word(Verdict) for item in verdicts.items()) if verdicts else None,
            reports=reports,
            until=fields["until"].minutes() if "until" in fields else None,
            state=fields["state"].word(EndState) if "state" in fields else None,
            figures=fields["figures"].number(1, len(reports) or 1) if "figures" in fields else None,
        )

    def _reports(self, given: Field, minute: int) -> tuple[ReportStep, ...]:
        items = given.items()
        if not 0 < len(items) <= MAX_REPORTS:
            raise given.error(Fault.NO_REPORTS, most=MAX_REPORTS)
        return tuple(self._report(item, minute) for item in items)

    def _report(self, given: Field, minute: int) -> ReportStep:
        known = ("at", "arrives", "rank", "present", "browser", "way")
        fields = given.keys((), (*known, "amount", "currency", "channel", "outcome"))
        at = fields["at"].minutes() if "at" in fields else minute
        arrives = fields["arrives"].minutes() if "arrives" in fields else at
        if arrives < at:
            raise fields["arrives"].error(Fault.ARRIVES_EARLY, time=format_time(at))
        rank = fields["rank"].word(Rank) if "rank" in fields else Rank.TOKEN
        presented = self._brought(fields, rank)
        currency = _currency(fields["currency"]) if "currency" in fields else ""
        return ReportStep(
            minute=at,
            arrives=arrives,
            rank=rank,
            presented=presented,
            browser=_browser(fields),
            way=fields["way"].word(Way) if "way" in fields else Way.TAG,
            amount=_worth(fields, currency or self._currency),
            currency=currency,
            channel=fields["channel"].text(MAX_CHANNEL) if "channel" in fields else "",
            outcome=fields["outcome"].word(ReportOutcome) if "outcome" in fields else None,
        )

    def _brought(self, fields: dict[str, Field], rank: Rank) -> tuple[int, ...] | None:
        """What a report of this rank presents."""
        usual = () if rank in (Rank.KEYED, Rank.BARE) else None
        given = fields.get("present")
        presented = self._presented(given) if given else usual
        if given and rank is Rank.BARE and presented != ():
            raise given.error(Fault.BARE_PRESENTS)
        if given and rank is Rank.KEYED and presented is None:
            raise given.error(Fault.KEYED_COOKIES)
        for key in ("browser", "way"):
            if key in fields and presented is not None:
                raise fields[key].error(Fault.NO_BROWSER)
        return presented

    def _presented(self, given: Field) -> tuple[int, ...] | None:
        if given.value == "cookies":
            return None
        if given.value == "all":
            return tuple(range(1, self._clicks + 1))
        if not isinstance(given.value, list):
            raise given.error(Fault.NOT_PRESENTED)
        if not self._clicks and given.value:
            raise given.error(Fault.NO_CLICKS)
        return tuple(item.number(1, self._clicks) for item in given.items())

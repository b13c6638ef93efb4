"""A journey as it was written: what happens, the sale with its reports, and what is expected. Pure.

Times are whole minutes from 0. The format is described in ``docs/attribution.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from network import money
from tracking.evidence.closing import EndState
from tracking.evidence.ranks import Rank
from tracking.rule.attribution import CookieType, SoftRule, Verdict
from tracking.rule.reasons import ReportOutcome
from tracking.simulator.times import DAY

NOBODY = "nobody"
CURRENCY = "EUR"
AMOUNT = "50.00"


class Verification(StrEnum):
    """Whom the advertiser believes: only itself, or browsers too."""

    CONFIRMED = "confirmed"
    BROWSER = "browser"


class Way(StrEnum):
    """How a browser reports: by a script of the page, with or without a cookie of the tracking host
    that no script can read, or by a pixel with that cookie."""

    TAG = "tag"
    TAG_WITH_COOKIE = "tag_with_cookie"
    PIXEL = "pixel"


@dataclass(frozen=True, slots=True)
class Settings:
    """The advertiser's settings; ``windows`` is the hard window by publisher where it is not
    ``hard_minutes``."""

    soft_rule: SoftRule = SoftRule.FIRST
    soft_minutes: int = DAY
    hard_minutes: int = 30 * DAY
    validation_minutes: int = 0
    windows: Mapping[str, int] = field(default_factory=dict)
    verification: Verification = Verification.CONFIRMED
    confirm_days: int = 60
    conflict_days: int = 30
    largest_order: str = ""
    uncounted_channels: tuple[str, ...] = ()
    currency: str = CURRENCY

    @property
    def largest_minor(self) -> int | None:
        return money.parse(self.largest_order, self.currency) if self.largest_order else None

    def window_minutes(self, publisher: str, cookie_type: CookieType) -> int:
        if cookie_type is CookieType.SOFT:
            return self.soft_minutes
        return self.windows.get(publisher, self.hard_minutes)


@dataclass(frozen=True, slots=True)
class ClickStep:
    """A click; ``partner`` is False if the publisher was not an approved partner then."""

    minute: int
    publisher: str
    cookie_type: CookieType
    partner: bool = True
    browser: int = 1


@dataclass(frozen=True, slots=True)
class LandingStep:
    """The token of a click, by its number from 1, comes to a page of the shop, in this browser:
    somebody has kept it, or handed it round."""

    minute: int
    click: int
    browser: int = 1


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The browser is closed and opened again."""

    minute: int
    browser: int = 1


JourneyStep = ClickStep | LandingStep | SessionEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    """A report of the order: it says that this was placed at its ``minute``, and is received when
    it ``arrives``.

    ``presented`` are the numbers of the clicks, from 1, whose ids the merchant's server reports;
    None where the ``browser`` reports with its cookies. ``outcome`` is what is expected to become
    of it.
    """

    minute: int
    arrives: int
    rank: Rank = Rank.TOKEN
    presented: tuple[int, ...] | None = None
    browser: int = 1
    way: Way = Way.TAG
    amount: str = ""
    currency: str = ""
    channel: str = ""
    outcome: ReportOutcome | None = None

    @property
    def worth(self) -> str:
        """What it says that the order costs."""
        return self.amount or AMOUNT


@dataclass(frozen=True, slots=True)
class SaleStep:
    """The sale, and what is expected of it (None: nothing).

    Without ``reports`` there is one, which the shop confirms; it brings what is ``presented``, as a
    report does. How the sale stands is asked at ``until``; None: when nothing more can happen.
    ``figures`` is the number, from 1, of the report whose figures count.
    """

    minute: int
    presented: tuple[int, ...] | None = None
    paid: str | None = None
    verdicts: tuple[Verdict, ...] | None = None
    reports: tuple[ReportStep, ...] = ()
    until: int | None = None
    state: EndState | None = None
    figures: int | None = None

    @property
    def all_reports(self) -> Sequence[ReportStep]:
        alone = ReportStep(minute=self.minute, arrives=self.minute, presented=self.presented)
        return self.reports or (alone,)

    @property
    def expects(self) -> bool:
        """Whether anything is expected of it."""
        said = (self.paid, self.verdicts, self.state, self.figures)
        outcomes = (report.outcome for report in self.reports)
        return any(item is not None for item in (*said, *outcomes))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens at one advertiser, in one browser or several; ``steps`` are in time order."""

    name: str
    steps: tuple[JourneyStep, ...]
    sale: SaleStep
    settings: Settings = Settings()

    @property
    def expects(self) -> bool:
        """Whether it says what is to come out."""
        return self.sale.expects

    @property
    def clicks(self) -> tuple[ClickStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, ClickStep))

    @property
    def browsers(self) -> int:
        """How many browsers there are: the highest number of one."""
        numbers = [step.browser for step in (*self.steps, *self.sale.all_reports)]
        return max(numbers)

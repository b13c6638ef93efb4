"""Which partners deserve a look because of their cookie type: the rule and its thresholds. Pure.

``docs/figures.md`` tells readers the same. A suggestion decides nothing: it leads to the
confirmation, where staff see what the change would have done.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates

ENOUGH_SALES = 30
"""A partner that touched fewer sales in the days that the figures cover is judged by too few."""

SOFT_FROM_SHARE = 0.5
"""From this share after someone else on, soft is suggested for a hard partner, ..."""

SOFT_WITHIN = timedelta(minutes=10)
"""... if its median time from click to sale is shorter than this."""

HARD_BELOW_SHARE = 0.1
"""Below this share after someone else, hard is suggested for a soft partner."""


class Advice(IntEnum):
    """What the figures suggest, in the order in which the list sorts it."""

    TOO_FEW = 0
    NOTHING = 1
    HARD = 2
    SOFT = 3


ADVISED = (Advice.SOFT, Advice.HARD)
"""What there is something to do about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rule looks at: how a partnership stands, and its figures. ``is_changing`` if its
    cookie type is going to be the other one; no share and no median without sales touched."""

    is_soft: bool
    is_changing: bool
    is_approved: bool
    touched: int
    share_after_other: float | None
    median_seconds: float | None

    @property
    def advice(self) -> Advice:
        """Nothing for one that is not a partner now, or becomes what would be suggested anyway."""
        if self.touched < ENOUGH_SALES or self.share_after_other is None:
            return Advice.TOO_FEW
        if self.is_changing or not self.is_approved:
            return Advice.NOTHING
        if self.is_soft:
            is_late_seldom = self.share_after_other < HARD_BELOW_SHARE
            return Advice.HARD if is_late_seldom else Advice.NOTHING
        is_late = self.share_after_other >= SOFT_FROM_SHARE
        return Advice.SOFT if is_late and self._buys_soon else Advice.NOTHING

    def with_median(self, seconds: float | None) -> "Seen":
        return replace(self, median_seconds=seconds)

    @property
    def _buys_soon(self) -> bool:
        median = self.median_seconds
        return median is not None and median < SOFT_WITHIN.total_seconds()

    @property
    def title(self) -> str:
        """``Consider soft``; empty where nothing is suggested."""
        return str(_TITLES.get(self.advice, ""))

    @property
    def grounds(self) -> str:
        """``71% after someone else, median 40 s``; empty where nothing is suggested."""
        match self.advice:
            case Advice.SOFT:
                return _("%(share)s after someone else, median %(short_median)s") % {
                    "share": self._share,
                    "short_median": self._short_median,
                }
            case Advice.HARD:
                return _("%(share)s after someone else") % {"share": self._share}
        return ""

    def __str__(self) -> str:
        """As the list tells it; empty where nothing is suggested."""
        if self.advice is Advice.TOO_FEW:
            return _("Too few sales (%(touched)s)") % {"touched": self.touched}
        return f"{self.title}: {self.grounds}" if self.title else ""

    @property
    def why(self) -> str:
        """Whole sentences for the partner's own page; empty where nothing is suggested."""
        match self.advice:
            case Advice.SOFT:
                return _(
                    "%(share)s of the %(touched)s sales that it touched came after someone else, "
                    "whose cookie was live when it was clicked, and half of them within "
                    "%(median)s: it mostly reaches shoppers who are there already."
                ) % {"share": self._share, "touched": self.touched, "median": self._median}
            case Advice.HARD:
                return _(
                    "Only %(share)s of the %(touched)s sales that it touched came after someone "
                    "else: it mostly brings shoppers that no other partner brought."
                ) % {"share": self._share, "touched": self.touched}
        return ""

    @property
    def _share(self) -> str:
        """In whole per cent, never rounded up to the threshold that it lies below."""
        assert self.share_after_other is not None
        share = round(self.share_after_other, 2)
        if self.is_soft and share >= HARD_BELOW_SHARE:
            return _("under %(percent)s") % {"percent": _percent(HARD_BELOW_SHARE)}
        return _percent(share)

    @property
    def _median(self) -> str:
        assert self.median_seconds is not None
        return dates.about(timedelta(seconds=self.median_seconds))

    @property
    def _short_median(self) -> str:
        assert self.median_seconds is not None
        return dates.about(timedelta(seconds=self.median_seconds), length="short")


_TITLES = {Advice.SOFT: gettext_lazy("Consider soft"), Advice.HARD: gettext_lazy("Consider hard")}


def _percent(share: float) -> str:
    return f"{share:.0%}"

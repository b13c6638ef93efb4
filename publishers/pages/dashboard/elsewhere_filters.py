"""What *Sales that went elsewhere* and *Clicks that took no cookie* can be narrowed by."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from network.clock import to_ms
from network.people import access
from publishers.pages.dashboard.filters import ListFilter, OrderField
from publishers.pages.dashboard.paging import INVALID_POSITION
from tracking.explain.elsewhere import Wanted, has_reference
from tracking.explain.no_cookie import REASONS, without_cookie
from tracking.models import Click
from tracking.rule.tokens import lowest_id

USUAL = timedelta(days=90)
LONGEST = timedelta(days=400)
"""A search that names no days goes back so far: the one for an order further, as it is quick."""


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where an older page begins: at the sales of this moment, without the first ``skip``. No id
    of a sale stands in an address; a number that counts up would tell how much others sell."""

    at: datetime
    skip: int

    def __str__(self) -> str:
        return f"{int(self.at.timestamp())}.{self.at.microsecond:06}-{self.skip}"

    @classmethod
    def parse(cls, text: str) -> "PageStart":
        """Raises ValueError."""
        match = re.fullmatch(r"([0-9]{1,10})\.([0-9]{6})-([0-9]{1,4})", text)
        if not match:
            raise ValueError(text)
        seconds, microseconds, skip = map(int, match.groups())
        at = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        return cls(at, skip)


class BoundFilter(ListFilter):
    """Within some time, whatever is asked for: the last 90 days unless days are named."""

    def __init__(self, data: object, publisher_id: int, now: datetime) -> None:
        super().__init__(data, publisher_id)
        self.now = now

    @property
    def begins(self) -> datetime:
        since, least = self.since_at, self.ends - LONGEST
        return max(since, least) if since else self.ends - self._usual()

    @property
    def ends(self) -> datetime:
        return self.until_at or self.now

    def _usual(self) -> timedelta:
        return USUAL


class ElsewhereFilter(BoundFilter):
    field_order = ("order", "reference", "programme", "since", "until")

    order = OrderField()
    before = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_before(self) -> PageStart | None:
        text = self.cleaned_data["before"]
        if not text:
            return None
        try:
            return PageStart.parse(text)
        except ValueError:
            raise forms.ValidationError(INVALID_POSITION) from None

    def wanted(self) -> Wanted:
        """Only of a valid filter."""
        data = self.cleaned_data
        chosen = data["programme"]
        programmes = self.fields["programme"]
        assert isinstance(programmes, forms.ModelChoiceField)
        assert programmes.queryset is not None
        advertisers = [chosen.pk] if chosen else programmes.queryset.values_list("pk", flat=True)
        return Wanted(
            publisher=self.publisher_id,
            since=self.begins,
            until=self.ends,
            advertisers=list(advertisers),
            order=data["order"],
            reference=data["reference"],
        )

    def _usual(self) -> timedelta:
        return LONGEST if self.cleaned_data.get("order") else USUAL


class NoCookieFilter(BoundFilter):
    field_order = ("reason", "reference", "programme", "since", "until")

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        choices=[
            ("", gettext_lazy("All reasons")),
            *((str(key), label) for key, label in REASONS.items()),
        ],
    )
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self) -> QuerySet[Click]:
        """The publisher's clicks that took no cookie, newest first. Only of a valid filter."""
        data = self.cleaned_data
        clicks = access.for_publisher(Click.objects.all(), self.publisher_id)
        clicks = without_cookie(clicks, data["reason"]).filter(
            self._by_programme(),
            id__gte=lowest_id(to_ms(self.begins)),
            id__lt=lowest_id(to_ms(self.ends) + 1),
        )
        if data["reference"]:
            clicks = clicks.filter(has_reference(data["reference"]))
        before: UUID | None = data["before"]
        return clicks.filter(Q(id__lt=before) if before else Q()).order_by("-id")

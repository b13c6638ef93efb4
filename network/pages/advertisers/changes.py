"""Changing an advertiser's terms and what it pays, from a moment on: shown before, with whom it
tells what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from network import dates, money
from network.advertisers.terms import DEFAULT_GROUP
from network.advertisers.words import rate_text
from network.effective import rebasing, timeline
from network.effective.rows import FURTHEST, SPREAD, start_or_now
from network.effective.words import changed_in_words
from network.models import Advertiser, AttributionTerms, CommissionRate
from network.pages.advertisers.forms import RateForm, TermsForm
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView
from network.pages.site.columns import EMPTY
from network.pages.site.terms_form import TermsChangeView
from publishers.models import Partnership
from publishers.notices import forecast
from publishers.notices.forecast import Line, TermsFacts
from publishers.notices.writing import Preview, previews_of
from publishers.pages.notices import preview
from publishers.partnerships.reading import Reading, read
from publishers.policy import programme_terms
from tracking.figures.rates import paid_by

DAYS = 90
"""How far back a new commission is tried on sales."""

AfterLine = Callable[[Partnership, Reading], Line[TermsFacts]]


class ToldChange(ChangeView[Advertiser]):
    """A change that its partners read: the page shows beforehand what, and to how many. A subclass
    says what the terms become by what is typed: :meth:`after`."""

    template = "admin/network/advertiser/told_change.html"

    def after(self, typed: forms.Form, start: datetime) -> AfterLine | None:
        """None where nothing would be other than it is."""
        raise NotImplementedError

    def foresight(self, typed: forms.Form) -> str:
        """What it would have done; empty where that cannot be said."""
        return ""

    @cached_property
    def typed(self) -> forms.Form | None:
        """What stands in the form, where it can be read."""
        if self.request.method != "POST":
            return None
        data = self.request.POST.copy()
        data["reason"] = preview.reason_so_far(data.get("reason", ""))
        form = self.build_form(data)
        return form if form.is_valid() else None

    def context(self) -> Mapping[str, Any]:
        found = self._previews()
        shown = preview.shown(found or [], preview.names)
        return {
            "is_asked": found is not None,
            "previews": shown,
            "reach": preview.reach(found or []),
            "several_told": self.advertisers_partners > 1,
            "foresight": self.foresight(self.typed) if self.typed else "",
            "partners_number": self.advertisers_partners,
        }

    @cached_property
    def advertisers_partners(self) -> int:
        return self.about.partnerships.count()

    def _previews(self) -> list[Preview] | None:
        if self.typed is None:
            return None
        chosen: datetime | None = self.typed.cleaned_data["start"]
        if chosen is not None and not self.now < chosen <= self.now + FURTHEST:
            return None
        start = chosen or self.now + SPREAD
        line = self.after(self.typed, start)
        if line is None:
            return []
        partners = list(
            self.about.partnerships.select_related("publisher", "advertiser").order_by("pk")
        )
        reading = read(partners)
        return previews_of(
            partners,
            lambda row, before: replace(before, terms=line(row, reading)),
            self.now,
            reading=reading,
            made_by=person(self.request),
            reason=self.typed.cleaned_data["reason"],
        )


class AdvertiserTermsChange(ToldChange, TermsChangeView[Advertiser]):
    button = _("Change terms")
    form_class = TermsForm
    template = ToldChange.template

    @property
    def title(self) -> str:
        return gettext("Change the terms of %(advertiser)s") % {"advertiser": self.about}

    def row(self) -> AttributionTerms:
        return AttributionTerms(advertiser=self.about, starts_at=start_or_now(None, self.now))

    def after(self, typed: forms.Form, start: datetime) -> AfterLine:
        assert isinstance(typed, TermsForm)
        row = AttributionTerms(advertiser=self.about, starts_at=start, created_at=self.now)

        def line(partner: Partnership, reading: Reading) -> Line[TermsFacts]:
            shop = rebasing.timeline_with(row, typed.changes, reading.shops[self.about.pk])
            rates = reading.rates[self.about.pk].held
            return forecast.terms_line(reading.own[partner.pk].held, shop, rates, self.now)

        return line

    def foresight(self, typed: forms.Form) -> str:
        return gettext("What other windows or another soft rule would have done, What if replays.")

    def context(self) -> Mapping[str, Any]:
        what_if = f"{reverse('admin:whatif')}?advertiser={self.about.pk}"
        return {**super().context(), "what_if": what_if}

    def write(self, now: datetime, changes: dict[str, Any], **said: Any) -> str:
        made = programme_terms.change(self.about, changes, now, **said)
        terms = changed_in_words(AttributionTerms, self.form.initial, changes)
        logged = gettext("Terms: %(terms)s, from %(start)s") % {
            "terms": terms,
            "start": dates.zoned(made.starts_at),
        }
        self.model_admin.log_change(self.request, self.about, logged)
        done = gettext("The terms change on %(start)s. Clicks already made keep theirs.")
        return done % {"start": dates.zoned(made.starts_at)}


class RateChange(ToldChange):
    """What the ``DEFAULT`` group pays."""

    button = _("Change commission")
    changes_policy = True

    @property
    def title(self) -> str:
        return gettext("Change the commission of %(advertiser)s") % {"advertiser": self.about}

    @cached_property
    def rates(self) -> Sequence[CommissionRate]:
        """Those that there are, in order; read once."""
        rows = CommissionRate.objects.filter(advertiser=self.about, group__code=DEFAULT_GROUP)
        return list(rows.order_by("starts_at", "pk"))

    def build_form(self, data: QueryDict | None, **given: Any) -> forms.Form:
        before, currency = timeline.in_force(self.rates, self.now), self.about.currency
        fixed = before.fixed_minor if before else None
        held = {
            "percent": before.percent if before else None,
            "fixed": "" if fixed is None else money.plain(fixed, currency),
        }
        return RateForm(data, currency=currency, rates=self.rates, **{"initial": held, **given})

    def after(self, typed: forms.Form, start: datetime) -> AfterLine:
        data = typed.cleaned_data
        row = CommissionRate(
            percent=data["percent"], fixed_minor=data["fixed_minor"], starts_at=start
        )

        def line(partner: Partnership, reading: Reading) -> Line[TermsFacts]:
            rates = timeline.in_order([*reading.rates[self.about.pk].held, row])
            own, shop = reading.own[partner.pk].held, reading.shops[self.about.pk].held
            return forecast.terms_line(own, shop, rates, self.now)

        return line

    def context(self) -> Mapping[str, Any]:
        return {**super().context(), "is_tried": True}

    def foresight(self, typed: forms.Form) -> str:
        data, currency = typed.cleaned_data, self.about.currency
        since = self.now - timedelta(days=DAYS)
        found = paid_by(self.about, since, data["percent"], data["fixed_minor"])
        if not found.sales:
            return gettext(
                "There were no credited sales in the last %(days)s days to try it on."
            ) % {"days": DAYS}
        said = ngettext(
            "In the last %(days)s days %(count)d sale of %(sold)s earned %(paid)s of commission. "
            "With this commission it would have earned %(would)s: %(difference)s.",
            "In the last %(days)s days %(count)d sales of %(sold)s earned %(paid)s of commission. "
            "With this commission they would have earned %(would)s: %(difference)s.",
            found.sales,
        )
        difference = money.display(found.would_pay_minor - found.paid_minor, currency)
        return said % {
            "days": DAYS,
            "count": found.sales,
            "sold": money.display(found.sold_minor, currency),
            "paid": money.display(found.paid_minor, currency),
            "would": money.display(found.would_pay_minor, currency),
            "difference": difference if difference.startswith("-") else f"+{difference}",
        }

    def make(self, now: datetime) -> str:
        data = self.form.cleaned_data
        row = programme_terms.change_rate(
            self.about,
            now,
            made_by=person(self.request),
            percent=data["percent"],
            fixed_minor=data["fixed_minor"],
            reason=data["reason"],
            start=self.form.start_at,
        )
        logged = _rate_change(timeline.in_force(self.rates, row.starts_at), row, self.about)
        self.model_admin.log_change(self.request, self.about, logged)
        said = gettext("The commission changes on %(start)s. Its partners are told.")
        return said % {"start": dates.zoned(row.starts_at)}


def _rate_change(
    before: CommissionRate | None, after: CommissionRate, advertiser: Advertiser
) -> str:
    said = {
        "before": rate_text(before, advertiser) if before else EMPTY,
        "after": rate_text(after, advertiser),
        "start": dates.zoned(after.starts_at),
    }
    return gettext("Commission: %(before)s → %(after)s, from %(start)s") % said

"""Changing an advertiser's terms and what it pays, from a moment on."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import dates, money
from network.advertisers.terms import DEFAULT_GROUP, change_rate, rate_at
from network.effective.rows import start_or_now
from network.models import Advertiser, AttributionTerms, CommissionGroup, CommissionRate
from network.pages.advertisers.forms import RateForm, TermsForm
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView
from network.pages.site.terms_form import TermsChangeView
from publishers.policy import programme_terms


class AdvertiserTermsChange(TermsChangeView[Advertiser]):
    button = _("Change terms")
    form_class = TermsForm

    @property
    def title(self) -> str:
        return gettext("Change the terms of %(advertiser)s") % {"advertiser": self.about}

    def row(self) -> AttributionTerms:
        return AttributionTerms(advertiser=self.about, starts_at=start_or_now(None, self.now))

    def write(self, now: datetime, changes: dict[str, Any], **said: Any) -> str:
        made = programme_terms.change(self.about, changes, now, **said)
        logged = gettext("Terms: %(terms)s") % {"terms": made}
        self.model_admin.log_change(self.request, self.about, logged)
        done = gettext("The terms change on %(start)s. Clicks already made keep theirs.")
        return done % {"start": dates.zoned(made.starts_at)}


class RateChange(ChangeView[Advertiser]):
    """What the ``DEFAULT`` group pays."""

    button = _("Change commission")
    changes_policy = True

    @property
    def title(self) -> str:
        return gettext("Change the commission of %(advertiser)s") % {"advertiser": self.about}

    @cached_property
    def group(self) -> CommissionGroup:
        return self.about.commission_groups.get(code=DEFAULT_GROUP)

    def build_form(self, data: QueryDict | None, **given: Any) -> forms.Form:
        before, currency = rate_at(self.group, self.now), self.about.currency
        fixed = before.fixed_minor
        held = {
            "percent": before.percent,
            "fixed": "" if fixed is None else money.plain(fixed, currency),
        }
        return RateForm(data, currency=currency, **{"initial": held, **given})

    def make(self, now: datetime) -> str:
        row = change_rate(
            self.group,
            now,
            made_by=person(self.request),
            percent=self.form.cleaned_data["percent"],
            fixed_minor=self.form.cleaned_data["fixed_minor"],
            start=self.form.start_at,
        )
        logged = gettext("Commission: %(rate)s") % {"rate": rate_text(row, self.about)}
        self.model_admin.log_change(self.request, self.about, logged)
        said = gettext("The commission changes on %(start)s.")
        return said % {"start": dates.zoned(row.starts_at)}


def rate_text(rate: CommissionRate, advertiser: Advertiser) -> str:
    """``8%`` or ``£4.50 per sale``."""
    if rate.fixed_minor is None:
        return str(rate)
    return f"{money.display(rate.fixed_minor, advertiser.currency)} per sale"

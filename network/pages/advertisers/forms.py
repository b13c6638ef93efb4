"""What staff and operators fill in about an advertiser."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import clock, hostnames, money
from network.advertisers.terms import TERMS_FIELDS, NewAdvertiser
from network.effective import timeline
from network.hosts import tracking_hosts
from network.models import MOST_NOTICE_DAYS, Advertiser, AttributionTerms, CommissionRate
from network.pages.site.change_pages import ChangeForm
from network.pages.site.terms_form import TermsChangeForm
from tracking.clicks.targets import is_allowed

HARD_DAYS_HELP = _("1 to 400.")
SOFT_HOURS_HELP = _(
    "1 to 720. A soft cookie ends with the browser session, and then at the latest."
)
NOTICE_HELP = format_lazy(
    _(
        "0 to {most}: a hard partner becomes soft this long after the decision. A shorter notice "
        "counts only once the longer one has passed."
    ),
    most=MOST_NOTICE_DAYS,
)
VALIDATION_HELP = _("0 to 400: how long a sale may be returned. No commission is final earlier.")
FIRST_TERMS: Mapping[str, Any] = {
    "soft_rule": AttributionTerms.SoftRule.FIRST,
    "hard_days": 30,
    "soft_hours": 24,
    "validation_days": 0,
    "notice_days": 0,
}
"""What a new advertiser is offered to start with."""

CONSENT = (
    (
        Advertiser.ConsentDefault.STORE,
        _("Store: cookies are set, and the click counts."),
    ),
    (
        Advertiser.ConsentDefault.ASK,
        _(
            "Ask: the shop's banner decides. The click is handed over in the address of the page, "
            "and the shop's tag keeps it once the shopper agrees. Until then nothing is stored."
        ),
    ),
    (
        Advertiser.ConsentDefault.REFUSE,
        _("Do not store: no cookie is set, and the click does not count."),
    ),
)
VERIFICATION = (
    (
        Advertiser.Verification.CONFIRMED,
        _(
            "Only sales that the shop confirms are paid: by a report from its server, a signed "
            "report from its pages, an approval or a validation file. The rest stays unverified."
        ),
    ),
    (
        Advertiser.Verification.BROWSER,
        _(
            "Sales that only a browser reported are paid, too. Risk: anybody who follows a link "
            "can then report an order that does not exist, and it becomes final without anyone's "
            "approval."
        ),
    ),
)


class AdvertiserForm(forms.ModelForm[Advertiser]):
    """An advertiser's own row."""

    landing_url = forms.URLField(
        label=_("Landing page"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput({"class": "vURLField"}),
    )
    consent_default = forms.ChoiceField(
        label=_("When a link says nothing about consent"),
        choices=CONSENT,
        widget=forms.RadioSelect,
    )
    verification = forms.ChoiceField(
        label=_("Which sales are paid"), choices=VERIFICATION, widget=forms.RadioSelect
    )
    largest_order = forms.CharField(
        label=_("Largest plausible order"),
        required=False,
        max_length=20,
        help_text=_(
            "Such as 2000.00, in the advertiser's currency. A larger order is put on hold until "
            "staff approve it, whoever reported it."
        ),
    )
    confirm_days = forms.IntegerField(
        label=_("Days to confirm a sale"),
        min_value=1,
        max_value=400,
        initial=60,
        help_text=_(
            "1 to 400, counted from the end of its cookie windows. What is unverified until then "
            "is declined, and pending again if it is confirmed later."
        ),
    )
    conflict_days = forms.IntegerField(
        label=_("Days to settle a conflict"),
        min_value=1,
        max_value=400,
        initial=30,
        help_text=_("1 to 400. After that the earlier report decides. Partners see this date."),
    )
    own_hosts = forms.CharField(
        label=_("Own tracking hosts"),
        required=False,
        widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
        help_text=_(
            "One per line, such as go.shop.example: names below one of the shop's domains. Each is "
            "used once it is proven to be the shop's. Links, tag and pixel use the first of these."
        ),
    )

    class Meta:
        model = Advertiser
        exclude: ClassVar = ["created_at", "largest_order_minor"]
        labels: ClassVar = {
            "network_fee_percent": _("Network fee in percent"),
            "strip_click_parameter": _("Remove the click parameter"),
            "uncounted_channels": _("Channels to ignore"),
        }
        widgets: ClassVar = {
            "domains": forms.TextInput({"class": "vTextField"}),
            "uncounted_channels": forms.TextInput({"class": "vTextField"}),
        }
        help_texts: ClassVar = {
            "uncounted_channels": (
                _(
                    "Where the shop says by which paid channel a buyer came, these values do not "
                    "count, for example: email, direct. Separate them by commas."
                )
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            hosts = self.instance.own_hosts.values_list("host", flat=True)
            self.initial["own_hosts"] = "\n".join(hosts)
            largest = self.instance.largest_order_minor
            if largest is not None:
                self.initial["largest_order"] = money.plain(largest, self.instance.currency)

    def clean_own_hosts(self) -> list[str]:
        hosts = tracking_hosts.parse(self.cleaned_data["own_hosts"])
        try:
            tracking_hosts.refuse_taken(self.instance, hosts)
        except tracking_hosts.HostTaken as error:
            raise forms.ValidationError(str(error)) from error
        return hosts

    def clean_domains(self) -> list[str]:
        return [_domain(text) for text in self.cleaned_data["domains"]]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        domains, landing = data.get("domains"), data.get("landing_url")
        if domains and landing:
            host = urlsplit(landing).hostname or ""
            if not is_allowed(landing, domains):
                said = gettext(
                    "%(host)s is not on any of the domains given here, or the address has a user "
                    "name in it. Write the address of a page of the shop."
                )
                self.add_error("landing_url", said % {"host": host})
        if domains and "own_hosts" in data:
            self._keep_hosts_below(domains)
        self._read_largest_order(data.get("currency") or self.instance.currency)
        return data

    def _keep_hosts_below(self, domains: list[str]) -> None:
        try:
            hosts = self.cleaned_data["own_hosts"]
            tracking_hosts.refuse_outside(hosts, domains)
        except forms.ValidationError as error:
            self.add_error("own_hosts", error)

    def _read_largest_order(self, currency: str) -> None:
        """Put the amount onto the row, or an error onto the field."""
        text = self.cleaned_data.get("largest_order", "").strip()
        self.instance.largest_order_minor = None
        if not text or not currency:
            return
        try:
            largest = money.parse(text, currency)
        except money.AmountError as error:
            said = gettext("Expected %(expected)s.") % {"expected": error.expected}
            self.add_error("largest_order", said)
            return
        if largest < 1:
            self.add_error("largest_order", gettext("Give an amount above zero."))
        self.instance.largest_order_minor = largest


def _domain(text: str) -> str:
    """A shop's domain as browsers ask for it. Raises ValidationError."""
    try:
        domain = hostnames.ascii_host(text.strip())
    except ValueError:
        domain = ""
    if not tracking_hosts.is_domain_name(domain):
        said = gettext(
            "“%(domain)s” is not a valid domain. Write it like shop.example, without https:// or "
            "path."
        )
        raise forms.ValidationError(said % {"domain": text})
    if hostnames.is_public_suffix(domain):
        said = gettext(
            "Anybody can have a name below “%(domain)s”. Write the shop's own domain, such as "
            "shop.%(domain)s."
        )
        raise forms.ValidationError(said % {"domain": domain})
    return domain


class RateFields(forms.Form):
    """A commission: a percentage, or a fixed amount in the currency's usual notation."""

    percent = forms.DecimalField(
        label=_("Commission in percent"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=3,
        help_text=_("Of the sale, without tax and shipping. Either this or a fixed amount."),
    )
    fixed = forms.CharField(
        label=_("Commission, fixed"),
        required=False,
        max_length=20,
        help_text=_("Per sale, such as 4.50, in the advertiser's currency."),
    )

    def check_rate(self, currency: str) -> None:
        """Put ``fixed_minor`` beside ``percent``, or errors onto the fields."""
        percent, fixed = self.cleaned_data.get("percent"), self.cleaned_data.get("fixed", "")
        self.cleaned_data["fixed_minor"] = None
        if "percent" in self.errors:
            return
        if (percent is None) == (not fixed):
            self.add_error("percent", gettext("Give either a percentage or a fixed amount."))
        elif fixed:
            try:
                self.cleaned_data["fixed_minor"] = money.parse(fixed, currency)
            except money.AmountError as error:
                self.add_error(
                    "fixed", gettext("Expected %(expected)s.") % {"expected": error.expected}
                )


class TermsFields(forms.Form):
    """Windows and soft rule: what clicks are placed and paid on."""

    soft_rule = forms.ChoiceField(label=_("Soft rule"), choices=AttributionTerms.SoftRule.choices)
    hard_days = forms.IntegerField(
        label=_("Cookie period in days"), min_value=1, max_value=400, help_text=HARD_DAYS_HELP
    )
    soft_hours = forms.IntegerField(
        label=_("Soft cookie: hours at most"), min_value=1, max_value=720, help_text=SOFT_HOURS_HELP
    )
    validation_days = forms.IntegerField(
        label=_("Validation period in days"), min_value=0, max_value=400, help_text=VALIDATION_HELP
    )
    notice_days = forms.IntegerField(
        label=_("Notice before hard becomes soft, in days"),
        min_value=0,
        max_value=MOST_NOTICE_DAYS,
        help_text=NOTICE_HELP,
    )


class CurrencyField(forms.ChoiceField):
    """A currency that is in use somewhere, by its code in whatever case."""

    default_error_messages: ClassVar = {
        "invalid_choice": _("%(value)s is not an ISO 4217 currency code.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("", _("Choose one")), *money.names_in_use()], **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class NewAdvertiserForm(TermsFields, AdvertiserForm, RateFields):
    """Everything without which an advertiser cannot start."""

    currency = CurrencyField(label=_("Currency"))

    class Meta(AdvertiserForm.Meta):
        exclude: ClassVar = ["created_at", "largest_order_minor", "status"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["largest_order"].required = True
        for name, value in FIRST_TERMS.items():
            self.fields[name].initial = value

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "currency" in data:
            self.check_rate(data["currency"])
        return data

    def new_advertiser(self) -> NewAdvertiser:
        data = self.cleaned_data
        return NewAdvertiser(
            name=data["name"],
            currency=data["currency"],
            landing_url=data["landing_url"],
            domains=data["domains"],
            consent_default=data["consent_default"],
            percent=data["percent"],
            fixed_minor=data["fixed_minor"],
            network_fee_percent=data.get("network_fee_percent") or Decimal(0),
            verification=data["verification"],
            largest_order_minor=self.instance.largest_order_minor,
            confirm_days=data["confirm_days"],
            conflict_days=data["conflict_days"],
            terms={name: data[name] for name in TERMS_FIELDS},
        )


class TermsForm(TermsFields, TermsChangeForm):
    """Windows and soft rule, from a moment on."""

    reason = forms.CharField(
        label=_("Reason, shown to the partners"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )


class RateForm(ChangeForm, RateFields):
    """What the ``DEFAULT`` group pays, from a moment on; ``rates`` are those that there are, in
    order."""

    reason = forms.CharField(
        label=_("Reason, shown to the partners"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self, *args: Any, currency: str, rates: Sequence[CommissionRate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._currency, self._rates = currency, rates

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_rate(self._currency)
        if not self.errors:
            held = timeline.in_force(self._rates, data["start"] or clock.now())
            if held and (held.percent, held.fixed_minor) == (data["percent"], data["fixed_minor"]):
                raise forms.ValidationError(
                    gettext("Nothing to change: this is already the commission then.")
                )
        return data

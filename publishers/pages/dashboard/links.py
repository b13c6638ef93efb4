"""The deep-link builder: a publisher's own link, and what it would do if it were followed now."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock, hostnames
from network.hostnames import is_below
from network.hosts.tracking_hosts import base_urls
from network.models import Advertiser
from network.people import access
from network.wording import joined
from publishers.models import Partnership, Publisher
from publishers.pages.dashboard.frame import team_page
from tracking.clicks.keys import KEYS
from tracking.clicks.links import Link, Tried, try_out
from tracking.clicks.redirect import MAX_CAMPAIGN, MAX_REFERENCE
from tracking.clicks.snapshot import keeper
from tracking.clicks.targets import MAX_URL_LENGTH, is_allowed
from tracking.clicks.visits import REFERENCE_NAMES
from tracking.explain.sentences import CLICK_REASONS, target_text
from tracking.rule.reasons import ClickReason

REMEDIES = {
    ClickReason.NOT_PARTNER: gettext_lazy("Its clicks count once the advertiser has approved you."),
    ClickReason.NO_CONSENT: gettext_lazy(
        "This advertiser stores nothing unless the link says so: add consent=1 "
        "to it where the visitor has consented."
    ),
    ClickReason.ADVERTISER_CLOSED: gettext_lazy("Take the link down, or choose another programme."),
}


class LinkForm(forms.Form):
    """What a link is made of, as it stands in the address of the page."""

    programme = forms.ModelChoiceField(
        Advertiser.objects.none(),
        label=gettext_lazy("Programme"),
        empty_label=gettext_lazy("Choose one"),
        error_messages={
            "required": gettext_lazy("Choose the programme that the link is for."),
            "invalid_choice": gettext_lazy(
                "This is not one of your programmes. Choose one from the list."
            ),
        },
    )
    target = forms.CharField(
        label=gettext_lazy("Page to lead to"),
        required=False,
        help_text=gettext_lazy(
            "A page of the shop, as it stands in the address bar. Empty: the landing page."
        ),
        widget=forms.URLInput({"placeholder": "https://…"}),
    )

    def __init__(self, data: Any, publisher: Publisher) -> None:
        super().__init__(data, label_suffix="")
        choice = self.fields["programme"]
        assert isinstance(choice, forms.ModelChoiceField)
        own = access.for_publisher(Partnership.objects.all(), publisher.pk)
        choice.queryset = Advertiser.objects.filter(pk__in=own.values("advertiser"))
        for name in REFERENCE_NAMES:
            self.fields[name] = _text(_("Reference %(name)s") % {"name": name}, MAX_REFERENCE)
        self.fields["ref"].help_text = _("Your own words: they come back with clicks and sales.")
        self.fields["campaign"] = _text(_("Campaign"), MAX_CAMPAIGN)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        shop, target = data.get("programme"), data.get("target", "")
        if shop and target and not is_allowed(target, [item.lower() for item in shop.domains]):
            self.add_error("target", _what_is_wrong(target, shop))
        return data

    def link(self, publisher: Publisher) -> Link:
        """Only for a valid form."""
        data = self.cleaned_data
        shop: Advertiser = data["programme"]
        return Link(
            base=f"{base_urls([shop.pk])[shop.pk]}c/{publisher.pk}",
            target=data["target"],
            references={name: data[name] for name in REFERENCE_NAMES},
            campaign=data["campaign"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the page says about a link."""

    url: str
    tried: Tried
    why_not: str
    remedy: str
    why_elsewhere: str


@team_page
def links(request: HttpRequest, publisher: Publisher, context: dict[str, Any]) -> HttpResponse:
    form = LinkForm(request.GET if "programme" in request.GET else None, publisher)
    context |= {"form": form, "optional": [form[name] for name in REFERENCE_NAMES[1:]]}
    if form.is_valid():
        context["answer"] = _answer(form, publisher)
    status = 400 if form.errors else 200
    return render(request, "publishers/dashboard/links.html", context, status=status)


def _answer(form: LinkForm, publisher: Publisher) -> Answer | None:
    """None while the tracking host does not know the programme: for some seconds after it began."""
    url = form.link(publisher).url
    shop = keeper.current().advertisers.get(form.cleaned_data["programme"].pk)
    if shop is None:
        return None
    tried = try_out(url, publisher.pk, shop, KEYS, clock.now_ms())
    return Answer(
        url=url,
        tried=tried,
        why_not=str(CLICK_REASONS[tried.reason]) if tried.reason else "",
        remedy=str(REMEDIES.get(tried.reason, "")) if tried.reason else "",
        why_elsewhere=target_text(tried.target_reason or ""),
    )


def _text(label: str, limit: int) -> forms.CharField:
    message = _("Shorten it to %(limit_value)d characters; it has %(show_value)d.")
    return forms.CharField(
        label=label, max_length=limit, required=False, error_messages={"max_length": message}
    )


def _what_is_wrong(target: str, shop: Advertiser) -> str:
    """Why nobody is led there, and the remedy."""
    if len(target) > MAX_URL_LENGTH:
        return _("This address has %(length)s characters. Shorten it to %(most)s.") % {
            "length": len(target),
            "most": MAX_URL_LENGTH,
        }
    if not target.startswith(("https://", "http://")):
        return _("Start the address with https://, as the browser's address bar shows it.")
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:
        host = ""
    allowed = [item.lower() for item in shop.domains]
    if host and not is_below(_as_asked_for(host), allowed):
        text = _(
            "%(host)s is not a domain of %(shop)s. Use a page on one of its own (%(domains)s), or "
            "leave this empty for the landing page."
        )
        return text % {"host": host, "shop": shop, "domains": joined(shop.domains)}
    return _(
        "No link may lead there: an address must have no backslashes, line breaks or user names. "
        "Copy it from the browser's address bar."
    )


def _as_asked_for(host: str) -> str:
    try:
        return hostnames.ascii_host(host)
    except ValueError:
        return host

"""Closing an advertiser or a publisher in the admin, and opening it again: shown before, with whom
it concerns and what they read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network import money
from network.models import Advertiser
from network.pages.site.admin_site import ScopedAdmin, person
from network.pages.site.change_pages import ChangeView, Effects
from network.people import access
from network.wording import joined
from publishers.pages.notices import preview
from publishers.policy import closing
from tracking.commissions.transitions import OPEN
from tracking.models import Commission

LONGEST_REASON = 400


class CloseForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(
        label=gettext_lazy("Reason, shown to the partners"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
    )


class Closing(ChangeView[Any]):
    """To close what is open, or to open what is closed; for operators."""

    form_class = CloseForm
    template = "admin/publishers/close.html"

    @classmethod
    def is_open_to(cls, request: HttpRequest, model_admin: ScopedAdmin[Any], about: Any) -> bool:
        return access.access_of(request.user).operator

    @cached_property
    def closes(self) -> bool:
        """By what the page showed: what somebody else did meanwhile is refused."""
        said = self.request.POST.get("to", "")
        return said == "closed" if said else not closing.is_closed(self.about)

    @property
    def is_grave(self) -> bool:  # type: ignore[override]
        return self.closes

    @property
    def title(self) -> str:
        said = _("Close %(name)s") if self.closes else _("Open %(name)s again")
        return said % {"name": self.about}

    @property
    def button(self) -> str:  # type: ignore[override]
        return _("Close it") if self.closes else _("Open it again")

    def effects(self) -> Effects:
        if not self.closes:
            back = _("Clicks count again within seconds, on the terms that hold then.")
            return Effects(sentences=[back])
        sentences = (
            [
                _("Its links lead to its landing page, and clicks count nothing within seconds."),
                _("Its server's reports are refused, and publishers no longer find it."),
            ]
            if isinstance(self.about, Advertiser)
            else [_("Its clicks count at no advertiser within seconds; its links still lead on.")]
        )
        return Effects(sentences=[*sentences, self._pending(), _("It can be opened again.")])

    def _pending(self) -> str:
        side = "advertiser" if isinstance(self.about, Advertiser) else "publisher"
        rows = Commission.objects.filter(**{side: self.about}, status__in=OPEN, closed_at=None)
        sums = rows.values("currency").annotate(number=Count("pk"), sum=Sum("amount_minor"))
        found = list(sums.order_by("currency"))
        if not found:
            return _("Nothing is pending.")
        number = sum(row["number"] for row in found)
        said = ngettext(
            "%(count)d commission of %(amount)s stays pending and becomes final when its windows "
            "have closed.",
            "%(count)d commissions of %(amount)s stay pending and become final when their windows "
            "have closed.",
            number,
        )
        amounts = joined([money.display(row["sum"], row["currency"]) for row in found])
        return said % {"count": number, "amount": amounts}

    def context(self) -> Mapping[str, Any]:
        typed = str(self.form["reason"].value() or "")
        found = closing.previews(
            self.about,
            self.now,
            closes=self.closes,
            made_by=person(self.request),
            reason=preview.reason_so_far(typed),
        )
        names = preview.names if isinstance(self.about, Advertiser) else preview.shop_names
        return {
            "to": "closed" if self.closes else "active",
            "previews": preview.shown(found, names),
            "reach": preview.reach(found, names),
            "several_told": sum(len(one.partnerships) for one in found) > 1,
        }

    def make(self, now: datetime) -> str:
        told = closing.change(
            self.about,
            now,
            closes=self.closes,
            made_by=person(self.request),
            reason=self.form.cleaned_data["reason"],
        )
        said = _("%(name)s is closed.") if self.closes else _("%(name)s is open again.")
        who = ngettext("%(count)d partner is told.", "%(count)d partners are told.", told)
        return f"{said % {'name': self.about}} {who % {'count': told}}"

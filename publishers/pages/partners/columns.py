"""The columns of the admin's list of partners; their figures cover :data:`DAYS` days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates, money
from network.pages.figures.definitions import Figure, heading
from network.pages.site.columns import EMPTY
from publishers.models import CookieTypeChoice, Partnership
from publishers.partnerships.standing import standing_of
from publishers.partnerships.suggestions import ADVISED, Advice, Seen
from tracking.figures.queries import PartnerFigures, Period, partner_figures

DAYS = 90
"""What the figures of partners cover."""

MONEY = frozenset({"commission_minor", "taken_over_minor"})
"""Columns that compare only within a currency."""


def period(now: datetime) -> Period:
    return Period.up_to(now, timedelta(days=DAYS))


class PartnerColumns:
    """Each column of a partnership that has its standing and its figures."""

    @admin.display(description=gettext_lazy("Partner"), ordering="publisher__name")
    def partner(self, row: Partnership) -> str:
        standing = standing_of(row)
        address = reverse("admin:publishers_partnership_change", args=[row.pk])
        status = (
            SafeString()
            if standing.is_approved
            else format_html(
                '<span class="badge {}">{}</span>', standing.status_tone, standing.status
            )
        )
        return format_html(
            '<a href="{}"><strong>{}</strong></a> <small>{} · {}</small> {}',
            address,
            row.publisher.name,
            row.publisher_id,
            standing.model_type,
            status,
        )

    @admin.display(description=gettext_lazy("Advertiser"), ordering="advertiser__name")
    def advertiser(self, row: Partnership) -> str:
        return row.advertiser.name

    @admin.display(description=gettext_lazy("Cookie type"), ordering="cookie_type_now")
    def cookie_type(self, row: Partnership) -> str:
        standing = standing_of(row)
        lines = [standing.source, *([str(standing.coming)] if standing.coming else [])]
        return format_html(
            '<span class="badge {}">{}</span> {}',
            standing.kind.cookie_type,
            standing.type_label,
            format_html_join(" ", "<small>{}</small>", ([line] for line in lines)),
        )

    @admin.display(description=heading("sales_touched"), ordering="touched")
    def touched(self, row: Partnership) -> str:
        return _sales(row, "touched", _of(row).touched)

    @admin.display(description=heading("paid_sales"), ordering="paid_sales")
    def paid_sales(self, row: Partnership) -> str:
        return _sales(row, "paid", _of(row).paid_sales)

    @admin.display(description=heading("commission"), ordering="commission_minor")
    def commission(self, row: Partnership) -> str:
        return money.display(_of(row).commission_minor, row.advertiser.currency)

    @admin.display(
        description=heading("after_someone_else"),
        ordering="share_after_other",
        empty_value=EMPTY,
    )
    def after_someone_else(self, row: Partnership) -> str | None:
        figures = _of(row)
        if figures.share_after_other is None:
            return None
        share = format_html("{}%", round(figures.share_after_other * 100))
        number = _sales(row, "after_other", figures.after_other)
        return format_html(
            _("{share} <small>{number} of {touched}</small>"),
            share=share,
            number=number,
            touched=figures.touched,
        )

    @admin.display(description=heading("taken_over"), ordering="taken_over_minor")
    def taken_over(self, row: Partnership) -> str:
        figures, soft = _of(row), standing_of(row).is_soft
        lines = []
        if figures.taken_over_sales or not soft:
            lines.append(_taken_over(row, figures))
        if figures.stood_down_sales or soft:
            stood_down = _sales(row, "stood_down", figures.stood_down_sales)
            lines.append(format_html(_("Stood down {number}"), number=stood_down))
        return format_html_join(" ", "<span>{}</span>", ([line] for line in lines))

    @admin.display(
        description=heading("click_to_sale"), ordering="median_seconds", empty_value=EMPTY
    )
    def click_to_sale(self, row: Partnership) -> str | None:
        seconds = _of(row).median_seconds
        return None if seconds is None else dates.about(timedelta(seconds=seconds))

    @admin.display(description=heading("suggestion"), ordering="suggestion", empty_value=EMPTY)
    def suggestion(self, row: Partnership) -> str | None:
        """Leads those to the confirmation who may make the change."""
        seen = seen_of(row)
        if seen.advice not in ADVISED:
            return format_html("<span>{}</span>", seen) if str(seen) else None
        title = seen.title
        if row.__dict__.get("may_manage"):
            title = format_html('<a href="{}">{}</a>', confirmation(row, seen.advice), title)
        return format_html("{}: <small>{}</small>", title, seen.grounds)


def seen_of(row: Partnership) -> Seen:
    """What the rule of suggestions looks at; of a row that has its standing and its figures."""
    standing, figures = standing_of(row), _of(row)
    return Seen(
        is_soft=standing.is_soft,
        is_changing=standing.coming is not None,
        is_approved=standing.is_approved,
        touched=figures.touched,
        share_after_other=figures.share_after_other,
        median_seconds=figures.median_seconds,
    )


def confirmation(row: Partnership, advice: Advice) -> str:
    """The address of the confirmation of what is advised."""
    to = CookieTypeChoice.SOFT if advice is Advice.SOFT else CookieTypeChoice.HARD
    return f"{reverse('admin:publishers_partnership_cookie_type')}?to={to.value}&partners={row.pk}"


COLUMNS = (
    "partner",
    "advertiser",
    "cookie_type",
    "touched",
    "paid_sales",
    "commission",
    "after_someone_else",
    "taken_over",
    "click_to_sale",
    "suggestion",
)
"""In the order of the list: who it is, its figures, and what they suggest."""

FIGURES, SUGGESTION = COLUMNS[3:-1], COLUMNS[-1]


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as a page shows it: its heading and what it says."""

    heading: Figure
    value: str


def figures_shown(row: Partnership) -> list[ShownFigure]:
    """The figures of a partnership that has its standing and its figures."""
    columns = PartnerColumns()
    methods = (getattr(columns, name) for name in FIGURES)
    return [ShownFigure(method.short_description, method(row) or EMPTY) for method in methods]


def _of(row: Partnership) -> PartnerFigures:
    return partner_figures(row)


def _taken_over(row: Partnership, figures: PartnerFigures) -> SafeString:
    sales = _sales(row, "taken_over", figures.taken_over_sales)
    if not figures.taken_over_sales:
        return sales
    amount = money.display(figures.taken_over_minor, row.advertiser.currency)
    return format_html('{}<span class="dot"> · </span>{}', amount, sales)


def _sales(row: Partnership, part: str, number: int) -> SafeString:
    """A number of sales that leads to them; nothing to see behind a zero."""
    if not number:
        return format_html("{}", 0)
    address = reverse("admin:tracking_conversion_changelist")
    query = f"advertiser={row.advertiser_id}&partner={row.publisher_id}-{part}"
    return format_html('<a href="{}?{}">{}</a>', address, query, number)

"""URLs of a publisher's pages, below its id."""

from django.urls import path

from publishers import (
    dashboard_page,
    elsewhere_views,
    link_page,
    notice_page,
    programme_pages,
    team_page,
    views,
)

urlpatterns = [
    path("", dashboard_page.dashboard, name="dashboard"),
    path("programmes/", programme_pages.joined, name="programmes"),
    path("programmes/find/", programme_pages.find, name="find_programmes"),
    path("programmes/applied/", programme_pages.applied, name="applied_programmes"),
    path("programmes/<int:advertiser>/apply/", programme_pages.apply, name="apply"),
    path("links/", link_page.links, name="links"),
    path("notices/", notice_page.notices, name="notices"),
    path("team/", team_page.team, name="team"),
    path("clicks/", views.clicks, name="clicks"),
    path("clicks/no-cookie/", elsewhere_views.clicks, name="clicks_without_cookie"),
    path("sales/", views.sales, name="sales"),
    path("sales/elsewhere/", elsewhere_views.sales, name="sales_elsewhere"),
    path("sales/<int:commission>/", views.sale, name="sale"),
]

"""URLs of a publisher's pages, below its id."""

from django.urls import path

from publishers.pages.dashboard import elsewhere, programmes
from publishers.pages.dashboard import home as dashboard_page
from publishers.pages.dashboard import links as link_page
from publishers.pages.dashboard import lists as views
from publishers.pages.notices import list as notice_page
from publishers.pages.teams import team as team_page

urlpatterns = [
    path("", dashboard_page.dashboard, name="dashboard"),
    path("programmes/", programmes.joined, name="programmes"),
    path("programmes/find/", programmes.find, name="find_programmes"),
    path("programmes/applied/", programmes.applied, name="applied_programmes"),
    path("programmes/<int:advertiser>/apply/", programmes.apply, name="apply"),
    path("programmes/<int:advertiser>/answer/", programmes.answer, name="answer"),
    path("links/", link_page.links, name="links"),
    path("notices/", notice_page.notices, name="notices"),
    path("team/", team_page.team, name="team"),
    path("clicks/", views.clicks, name="clicks"),
    path("clicks/no-cookie/", elsewhere.clicks, name="clicks_without_cookie"),
    path("sales/", views.sales, name="sales"),
    path("sales/elsewhere/", elsewhere.sales, name="sales_elsewhere"),
    path("sales/<int:commission>/", views.sale, name="sale"),
]

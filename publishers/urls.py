"""URLs of a publisher's pages, below its id."""

from django.urls import path

from publishers import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("programmes/", views.programmes, name="programmes"),
    path("clicks/", views.clicks, name="clicks"),
    path("sales/", views.sales, name="sales"),
    path("sales/<int:commission>/", views.sale, name="sale"),
]

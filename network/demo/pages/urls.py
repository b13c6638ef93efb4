"""URLs of the demo's shop and publishers; each page belongs to one host."""

from django.urls import path

from network.demo.pages import controls, places, views
from network.pages.site.errors import failed as handler500
from tracking.urls import handler404

__all__ = ["handler404", "handler500", "urlpatterns"]

at_shop = views.at(places.SHOP)
urlpatterns = [
    path("", views.front),
    path("product/<slug:slug>", views.product, name="demo-product"),
    path("checkout", views.checkout, name="demo-checkout"),
    path("thank-you/<slug:number>", views.thank_you, name="demo-thank-you"),
    path("demo/strip", views.show_strip, name="demo-strip"),
    path("demo/skip", at_shop(controls.skip), name="demo-skip"),
    path("demo/look", at_shop(controls.look), name="demo-look"),
    path("demo/end-session", at_shop(controls.end_shop_session), name="demo-end-session"),
    path("static/<path:path>", views.static_file),
]

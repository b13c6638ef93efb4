"""The tracking host's URLs in the demo: its own, and one that ends the browser session there."""

from django.urls import path

from network.demo.pages import controls
from tracking.urls import handler404, handler500
from tracking.urls import urlpatterns as tracking_patterns

__all__ = ["handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *tracking_patterns,
    path("t/<int:advertiser>/demo/end-session", controls.end_tracking_session),
]

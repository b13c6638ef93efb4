"""URLs of the tracking host: no sign-in, no session, no CSRF cookie."""

from django.urls import path, re_path

from tracking.wire import clicks, compatible, scripts, withdrawal
from tracking.wire import native as views

click = path("t/<int:advertiser>/c/<int:publisher>", clicks.click, name="click")
urlpatterns = [
    click,
    path("t/<int:advertiser>/a/<int:publisher>", clicks.activate, name="activate"),
    path("t/<int:advertiser>/l", views.landing, name="landing"),
    path("t/<int:advertiser>/tag.js", scripts.tag_script, name="tag"),
    path("t/<int:advertiser>/debug.js", scripts.debug_script, name="debug"),
    path("t/<int:advertiser>/sale", views.sale, name="sale"),
    path("t/<int:advertiser>/forget", withdrawal.forget, name="forget"),
    path("t/<int:advertiser>/pixel.gif", views.pixel, name="pixel"),
    re_path(
        r"^t/(?P<advertiser>[1-9][0-9]{0,9})/c(?P<rest>\W(?s:.*)|)$",
        clicks.damaged_click,
        name="damaged_click",
    ),
    re_path(
        r"^t/(?P<advertiser>[1-9][0-9]{0,9})/pixel\.gif(?P<rest>\W(?s:.*))$",
        views.damaged_pixel,
        name="damaged_pixel",
    ),
    path("t/page.css", views.page_style, name="page_style"),
    re_path(r"^(?P<kind>cread|awclick|pclick)\.php$", compatible.link, name="compatible_link"),
    re_path(
        r"^(?P<advertiser>[1-9][0-9]{0,9})\.js$",
        compatible.script,
        name="compatible_tag",
    ),
    path("sread.img", compatible.pixel, name="compatible_pixel"),
    path("sread.php", compatible.report, name="compatible_report"),
]
handler404 = views.not_found
handler500 = views.failed

"""The site's URLs in the demo: its own, a sign-in by one click, and a mailbox.

Loading them fails unless every host is ``*.localhost``: nobody else's browser may ever reach them.
"""

from django.urls import path

from network.demo.pages import mailbox, people
from network.demo.story import conditions
from network.urls import handler403, handler404, handler500
from network.urls import urlpatterns as site_patterns

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

conditions.check_hosts()

urlpatterns = [
    path("sign-in/", people.DemoSignIn.as_view()),
    path("demo/", people.page, name="demo"),
    path("demo/sign-in/", people.sign_in, name="demo_sign_in"),
    path("demo/mail/", mailbox.page, name="demo_mailbox"),
    path("demo/mail/<str:name>/", mailbox.mail, name="demo_mail"),
    *site_patterns,
]

"""URLs at the site's root that are about publishers' and advertisers' people."""

from django.urls import path

from publishers.pages.notices import emails
from publishers.pages.teams import invitation as invitation_page

urlpatterns = [
    path("account/emails/", emails.emails, name="own_emails"),
    path("invitation/<str:token>/", invitation_page.invitation, name="invitation"),
]

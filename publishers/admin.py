"""Where Django looks for the admin's pages of this app: which model has which."""

from django.contrib import admin

from network.pages.site.admin_site import OwnPage, add_page
from publishers.models import (
    Invitation,
    LedgerAccount,
    LedgerTransaction,
    ModelTypeCookieType,
    NoticeMail,
    Partnership,
    Publisher,
    Team,
)
from publishers.pages.cookie_types.cancelling import cancel_view
from publishers.pages.cookie_types.defaults_admin import ModelTypeCookieTypeAdmin
from publishers.pages.ledger.admin import LedgerAccountAdmin, LedgerTransactionAdmin
from publishers.pages.notices.admin import NoticeMailAdmin
from publishers.pages.partners.admin import PartnerAdmin
from publishers.pages.partners.applications import applications
from publishers.pages.publishers.admin import PublisherAdmin
from publishers.pages.teams.invitation_admin import InvitationAdmin
from publishers.pages.teams.staff import own_staff, staff
from publishers.pages.teams.team_admin import TeamAdmin

admin.site.register(Publisher, PublisherAdmin)
admin.site.register(Partnership, PartnerAdmin)
admin.site.register(ModelTypeCookieType, ModelTypeCookieTypeAdmin)
admin.site.register(NoticeMail, NoticeMailAdmin)
admin.site.register(Team, TeamAdmin)
admin.site.register(Invitation, InvitationAdmin)
admin.site.register(LedgerAccount, LedgerAccountAdmin)
admin.site.register(LedgerTransaction, LedgerTransactionAdmin)

add_page(OwnPage("coming/<str:kind>/<int:pk>/cancel/", cancel_view, "cancel_change"))
add_page(OwnPage("applications/", applications, "applications"))
add_page(OwnPage("team/", own_staff, "own_staff"))
add_page(OwnPage("team/<int:advertiser>/", staff, "staff"))

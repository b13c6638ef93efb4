"""Where Django looks for the admin's pages of this app: which model has which."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from network.models import Advertiser, User
from network.pages.advertisers.admin import AdvertiserAdmin
from network.pages.people.admin import AuditLogAdmin, UserAdmin

admin.site.register(Advertiser, AdvertiserAdmin)
admin.site.register(User, UserAdmin)
admin.site.register(LogEntry, AuditLogAdmin)

"""Where Django looks for the admin's pages of this app: which model has which."""

from django.contrib import admin

from network.pages.site.admin_site import NetworkAdminSite, OwnPage, add_page
from network.saved_reports.sending import add_composer
from tracking.models import (
    Click,
    Commission,
    Conversion,
    Report,
    SetAside,
    SpoolHost,
    UnattributedSales,
)
from tracking.pages.clicks.admin import ClickAdmin
from tracking.pages.find.admin import find
from tracking.pages.home import home
from tracking.pages.home.health import SetAsideAdmin, SpoolHostAdmin
from tracking.pages.integration.page import integration
from tracking.pages.performance import saving as performance_saving
from tracking.pages.performance.page import performance
from tracking.pages.sales.admin import (
    CommissionAdmin,
    ConversionAdmin,
    ReportAdmin,
)
from tracking.pages.sales.unattributed import UnattributedSalesAdmin
from tracking.pages.simulator.page import simulator
from tracking.pages.whatif import ask as whatif

NetworkAdminSite.home = staticmethod(home.page)

admin.site.register(Conversion, ConversionAdmin)
admin.site.register(Commission, CommissionAdmin)
admin.site.register(Report, ReportAdmin)
admin.site.register(Click, ClickAdmin)
admin.site.register(UnattributedSales, UnattributedSalesAdmin)
admin.site.register(SpoolHost, SpoolHostAdmin)
admin.site.register(SetAside, SetAsideAdmin)

add_page(OwnPage("find/", find, "find"))
add_page(OwnPage("integration/<int:pk>/", integration, "integration"))
add_page(OwnPage("performance/", performance, "performance"))
add_composer(performance_saving.PAGE, performance_saving.compose)
add_page(OwnPage("simulator/", simulator, "simulator"))
add_page(OwnPage("whatif/", whatif.ask, "whatif"))
add_page(OwnPage("whatif/<uuid:pk>/", whatif.run_page, "whatif_run"))
add_page(OwnPage("whatif/<uuid:pk>/<str:table>.csv", whatif.run_csv, "whatif_csv"))

"""URLs of the site host: what people sign in to. Sign-in, passwords and second factors are
django-allauth's pages, under its names, at our addresses; nobody signs up."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

from network.pages.people import account as own_account
from network.pages.people import email, first, sessions, sign_in
from network.pages.people import home as views
from network.pages.site.config import load_pages

load_pages()
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/again/code/", sign_in.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-out/", require_POST(account.logout), name="account_logout"),
    path("account/", own_account.account, name="own_account"),
    path("account/email/", email.change_email, name="change_email"),
    path("account/email/<str:token>/", email.confirm_email, name="confirm_email"),
    path("account/sessions/", sessions.own_sessions, name="own_sessions"),
    path("account/sessions/others/", sessions.end_others, name="end_other_sessions"),
    path("account/sessions/<int:session>/", sessions.end_one, name="end_session"),
    path("first/<str:token>/", first.first, name="first_operator"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/first/", account.password_set, name="account_set_password"),
    path("password/forgotten/", account.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("second-factor/", sign_in.Overview.as_view(), name="mfa_index"),
    path(
        "second-factor/set-up/", login_required(sign_in.SetUp.as_view()), name="mfa_activate_totp"
    ),
    path("second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "second-factor/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"
    ),
    path(
        "second-factor/codes/new/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("", include("publishers.site_urls")),
    path("dashboard/", views.publisher_home, name="publisher_home"),
    path("dashboard/<int:publisher>/", include("publishers.urls")),
    path("admin/", admin.site.urls),
]
handler403 = "network.pages.site.errors.not_allowed"
handler404 = "network.pages.site.errors.not_found"
handler500 = "network.pages.site.errors.failed"

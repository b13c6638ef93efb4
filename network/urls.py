"""URLs of the site host: what people sign in to."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from network import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", views.ChangePassword.as_view(), name="change_password"),
    path("password/forgotten/", views.ResetPassword.as_view(), name="password_reset"),
    path("password/forgotten/sent/", views.ResetPasswordDone.as_view(), name="password_reset_done"),
    path(
        "password/new/<uidb64>/<token>/",
        views.ChooseNewPassword.as_view(),
        name="password_reset_confirm",
    ),
    path("password/new/", views.NewPasswordChosen.as_view(), name="password_reset_complete"),
    path("dashboard/", views.publisher_home, name="publisher_home"),
    path("dashboard/<int:publisher>/", include("publishers.urls")),
    path("admin/", admin.site.urls),
]

"""URLs of the account pages; those of signing in are allauth's."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("again/", views.sign_in_again, name="sign-in-again"),
    path("sign-up/", views.sign_up_code, name="sign-up-code"),
]

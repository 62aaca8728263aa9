"""URLs of the pages where users link accounts for tools."""

from django.urls import path

from accounts.upstream import views

app_name = "upstream"

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("<slug:provider_id>/link/", views.link, name="link"),
    path("<slug:provider_id>/unlink/", views.unlink, name="unlink"),
    path("for/<str:reference>/", views.requested, name="requested"),
]

"""URLs of the authorization server."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""The admin's front page and sidebar: what an operator comes for stands first."""

from django.contrib import admin
from django.test import RequestFactory

from accounts.models import User


def test_sections_of_this_site_come_first(rf: RequestFactory, db: None) -> None:
    request = rf.get("/admin/")
    request.user = User.objects.create_superuser("operator")
    labels = [section["app_label"] for section in admin.site.get_app_list(request)]
    assert labels[:5] == ["oauth_bridge", "mcp_endpoint", "mcpsite", "accounts", "oauth2_provider"]
    assert {"auth", "demo_tools"} <= set(labels[5:])
    assert [section["app_label"] for section in admin.site.get_app_list(request, "accounts")] == ["accounts"]

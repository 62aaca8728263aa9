"""The admin's pages that are no model's own: its front page and sidebar, and the question before a deletion."""

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.test import RequestFactory

from accounts.models import User

LIST = "/admin/auth/group/"


@pytest.fixture
def operator(db: None) -> Browser:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("operator"))
    return browser


def test_sections_of_this_site_come_first(rf: RequestFactory, db: None) -> None:
    request = rf.get("/admin/")
    request.user = User.objects.create_superuser("operator")
    labels = [section["app_label"] for section in admin.site.get_app_list(request)]
    assert labels[:5] == ["oauth_bridge", "mcp_endpoint", "mcpsite", "accounts", "oauth2_provider"]
    assert {"auth", "demo_tools"} <= set(labels[5:])
    assert [section["app_label"] for section in admin.site.get_app_list(request, "accounts")] == ["accounts"]


class TestDeletion:
    """Of whatever has no page of its own for it."""

    def back(self, page: bytes) -> str:
        link = BeautifulSoup(page, "html.parser").find("a", class_="cancel-link")
        assert link is not None, page
        return str(link["href"])

    def test_of_one_leads_back_without_a_script(self, operator: Browser) -> None:
        group = Group.objects.create(name="guests")
        asked = operator.get(f"{LIST}{group.pk}/delete/")
        assert self.back(asked.content) == f"{LIST}{group.pk}/change/"
        assert operator.post(f"{LIST}{group.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not Group.objects.filter(pk=group.pk).exists()

    def test_of_several_leads_back_without_a_script(self, operator: Browser) -> None:
        groups = [Group.objects.create(name=name) for name in ("guests", "friends")]
        form = {"action": "delete_selected", "_selected_action": [group.pk for group in groups]}
        asked = operator.post(LIST, form)
        assert "Delete 2 groups" in asked.content.decode()
        assert self.back(asked.content) == LIST
        assert operator.post(LIST, {**form, "post": "yes"}).status_code == 302
        assert not Group.objects.filter(name__in=("guests", "friends")).exists()

    def test_that_would_take_what_one_may_not_delete_says_so(
        self, operator: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        group = Group.objects.create(name="guests")
        registered = admin.site.get_model_admin(Group)
        monkeypatch.setattr(registered, "get_deleted_objects", lambda *_: ([], {}, {"memberships"}, []))
        page = operator.get(f"{LIST}{group.pk}/delete/").content.decode()
        assert "You may not delete what would go with it" in page
        assert "memberships" in page
        assert '<form method="post"' not in page.partition('id="content-main"')[2]

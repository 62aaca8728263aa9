"""What an operator does in Django admin, and people of the staff who may do less."""

from typing import Any

from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User


def superuser() -> Browser:
    """A superuser's browser."""
    return _browser(User.objects.create_superuser("operator", "operator@example.org", "secret"))


def clerk(*codenames: str) -> Browser:
    """The browser of one of the staff with these permissions alone."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return _browser(user)


def url_of(model: type[Model], page: str, *arguments: Any) -> str:
    """URL of `changelist`, `add`, `change`, `delete` or `history`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def act(browser: Browser, model: Any, action: str, *keys: Any, **fields: Any) -> Any:
    """The answer to an action on these rows, or on every one; where the admin asks whether it is meant, it is."""
    page = ask(browser, model, action, *keys, **fields)
    return confirm(browser, page) if "has_changed" in (page.context or {}) else page


def ask(browser: Browser, model: Any, action: str, *keys: Any, **fields: Any) -> Any:
    """The first answer to an action: the page that asks, if it asks."""
    chosen = [str(pk) for pk in keys or model.objects.values_list("pk", flat=True)]
    form = {"action": action, "_selected_action": chosen, **fields}
    return browser.post(url_of(model, "changelist"), form, follow=True)


def confirm(browser: Browser, page: Any, **changes: Any) -> Any:
    """The answer to the button of a page that asks whether an action is meant."""
    document = BeautifulSoup(page.content, "html.parser")
    form = document.select_one("#content form[method=post]")
    assert form is not None, page.content.decode()
    sent: dict[str, Any] = {}
    for field in form.select("input[type=hidden]"):
        sent.setdefault(str(field["name"]), []).append(str(field["value"]))
    return browser.post(page.request["PATH_INFO"], {**sent, **changes}, follow=True)


def offered(browser: Browser, model: Any) -> set[str]:
    """Names of the actions that the list offers."""
    page = BeautifulSoup(browser.get(url_of(model, "changelist")).content, "html.parser")
    return {str(option["value"]) for option in page.select("select[name=action] option") if option["value"]}


def history(row: Model) -> list[str]:
    """What stands in the history of a row, the oldest first."""
    kind = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).order_by("pk")
    return [f"{entry.user}: {entry.get_change_message()}" for entry in entries]


def listed(browser: Browser, model: Any, **query: Any) -> int:
    """How many rows a list shows."""
    page = browser.get(url_of(model, "changelist"), query)
    assert page.status_code == 200, page
    return len(page.context["cl"].result_list)


def words(page: Any) -> str:
    """The text of a page."""
    return " ".join(BeautifulSoup(page.content, "html.parser").get_text(" ").split())


def _browser(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser

"""The look of the site's pages: sign-in, errors, headers and contrast."""

import re
from pathlib import Path

import pytest
from allauth.socialaccount.models import SocialApp
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import server_error
from pytest_django import Settings

from mcpsite.headers import content_security_policy

STYLESHEET = Path(__file__).resolve().parent.parent.parent / "static" / "site.css"


def soup(response: HttpResponse) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


@pytest.mark.django_db
def test_the_sign_in_page_has_a_form_whose_fields_have_labels(client: Client) -> None:
    page = soup(client.get("/accounts/login/"))
    form = page.select_one("main form")
    assert form is not None
    labelled = {label["for"] for label in form.select("label")}
    assert {field["id"] for field in form.select("input:not([type=hidden])")} == labelled


@pytest.mark.django_db
def test_the_sign_in_page_offers_the_providers_that_are_configured(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "id", "secret": "secret"}]}}
    page = soup(client.get("/accounts/login/"))
    assert [link.get_text(strip=True) for link in page.select(".providers button")] == ["Continue with GitHub"]


@pytest.mark.django_db
def test_the_sign_in_page_offers_no_provider_by_default(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert SocialApp.objects.count() == 0
    assert soup(client.get("/accounts/login/")).select(".providers") == []


@pytest.mark.django_db
@pytest.mark.parametrize(("policy", "offered"), [("open", True), ("closed", False)])
def test_sign_up_is_offered_where_it_is_open(client: Client, settings: Settings, policy: str, offered: bool) -> None:
    settings.SIGN_UP = policy
    page = soup(client.get("/accounts/login/"))
    assert bool(page.select('main a[href^="/accounts/signup/"]')) is offered


@pytest.mark.django_db
def test_wrong_passwords_are_said_beside_the_form(client: Client) -> None:
    page = soup(client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}))
    assert "not correct" in page.select_one("main .errorlist").get_text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("backend", "offered"), [("django.core.mail.backends.dummy.EmailBackend", False), ("x.smtp.EmailBackend", True)]
)
def test_a_password_reset_is_offered_where_mail_is_sent(
    client: Client, settings: Settings, backend: str, offered: bool
) -> None:
    settings.EMAIL_BACKEND = backend
    page = soup(client.get("/accounts/password/reset/"))
    assert bool(page.select("main form")) is offered


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/logout/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/login/cancelled/",
        "/accounts/3rdparty/login/error/",
        "/accounts/password/change/",
    ],
)
def test_every_page_of_signing_in_has_the_site_around_it(client: Client, settings: Settings, path: str) -> None:
    settings.SIGN_UP = "open"
    if path not in ("/accounts/login/", "/accounts/signup/"):
        client.force_login(get_user_model().objects.create_user("alice", password="secret"))
    page = soup(client.get(path))
    assert page.select_one("header.site .site-title") is not None
    assert page.select_one("main .card h1") is not None


@pytest.mark.django_db
def test_the_header_says_who_is_signed_in_and_signs_out_by_post(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("alice", password="secret"))
    header = soup(client.get("/accounts/logout/")).select_one("header.site")
    assert header is not None
    assert "alice" in header.get_text()
    form = header.form
    assert form is not None
    assert (form["method"], form["action"]) == ("post", "/accounts/logout/")
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_gets_a_page_of_the_site(client: Client) -> None:
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert soup(response).h1.get_text() == "There is no such page"


def test_a_failure_gets_a_page_that_needs_nothing_to_work(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert soup(response).h1.get_text() == "Something went wrong here"


def test_a_foreign_host_gets_a_page_of_the_site(client: Client) -> None:
    response = client.get("/accounts/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil" not in response.content.decode()


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "500.html"])
def test_error_pages_render_without_a_request(template: str) -> None:
    assert "<h1>" in render_to_string(template)


def test_pages_forbid_scripts_and_frames_of_others(client: Client) -> None:
    policy = client.get("/no/such/page").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_with_a_policy_of_its_own_keeps_it(rf: RequestFactory) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x", headers={"Content-Security-Policy": "default-src 'self'"})

    assert content_security_policy(view)(rf.get("/")).headers["Content-Security-Policy"] == "default-src 'self'"


@pytest.mark.parametrize("content_type", ["application/json", "text/css"])
def test_what_is_no_page_gets_no_policy(rf: RequestFactory, content_type: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x", content_type=content_type)

    assert "Content-Security-Policy" not in content_security_policy(view)(rf.get("/")).headers


@pytest.mark.django_db
def test_the_admin_keeps_its_own_look(client: Client) -> None:
    assert "Content-Security-Policy" not in client.get("/admin/login/").headers


def test_nothing_on_the_pages_needs_inline_script_or_style() -> None:
    data = '[type="application/json"]'  # runs nowhere, so the policy lets it be
    for template in (STYLESHEET.parent.parent / "templates").rglob("*.html"):
        page = BeautifulSoup(template.read_text(), "html.parser")
        assert not page.select(f"style, [style], [onclick], script:not([src], {data})"), template


def themes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLESHEET.read_text(), re.DOTALL)
    return {
        name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))
        for name, text in (("light", light), ("dark", dark))
    }


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["background", "surface", "sunken", "note"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "danger"])
def test_text_can_be_read(theme: str, ground: str, ink: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    colours = themes()[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["accent", "danger"])
def test_text_on_buttons_can_be_read(theme: str, name: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[name], colours[f"on-{name}"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["background", "surface", "sunken"])
def test_the_edge_of_a_control_can_be_seen(theme: str, ground: str) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1."""
    colours = themes()[theme]
    assert contrast(colours["control"], colours[ground]) >= 3

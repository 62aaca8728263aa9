"""Every list and page of the operator's: what it shows, what it hides, and what nonsense gets."""

from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.models import Client, Connection, DeviceAuthorization, PersonalToken
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import protected_resources
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, register
from tests.oauth_bridge.operator import act, clerk, history, listed, superuser, url_of

MODELS = [Client, Connection, AccessToken, RefreshToken, Grant, DeviceAuthorization, PersonalToken, User]


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


@pytest.fixture
def busy(flow: Flow, alice: User) -> list[str]:
    """A site with a row of everything; its usable values."""
    tokens = flow.tokens()
    code = flow.code()
    device = Device.start(flow.browser, register_device(flow.browser))
    _, personal = create(alice, "Script", protected_resources()[0], ["mcp"], 7)
    codes = [device.answer["device_code"], device.answer["user_code"]]
    return [tokens["access_token"], tokens["refresh_token"], code, personal, *codes]


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens_and_shows_nothing_that_could_be_used(
    operator: Browser, busy: list[str], model: Any
) -> None:
    pages = [operator.get(url_of(model, "changelist"), {"q": "e"})]
    pages += [operator.get(url_of(model, "change", row.pk)) for row in model.objects.all()]
    assert {page.status_code for page in pages} == {200}
    content = b"".join(page.content for page in pages)
    for value in busy:
        assert value.encode() not in content


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (AccessToken, ["token", "token_checksum"]),
        (RefreshToken, ["token", "token_checksum"]),
        (Grant, ["code", "code_challenge"]),
        (DeviceAuthorization, ["device_code", "user_code"]),
        (Client, ["client_secret", "registration_token"]),
    ],
)
def test_nor_do_they_show_what_is_stored_of_it(
    operator: Browser, busy: list[str], model: Any, fields: list[str]
) -> None:
    for row in model.objects.all():
        page = operator.get(url_of(model, "change", row.pk))
        for field in fields:
            value = getattr(row, field)
            assert not value or value.encode() not in page.content


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "query",
    [{"state__exact": "nonsense"}, {"created__gte": "nonsense"}, {"nonsense": "1"}, {"id__exact": "x"}],
)
def test_a_filter_with_nonsense_finds_nothing(
    operator: Browser, busy: list[str], model: Any, query: dict[str, str]
) -> None:
    assert listed(operator, model, **query) == 0


@pytest.mark.parametrize("model", [AccessToken, RefreshToken, Grant, DeviceAuthorization])
@pytest.mark.parametrize("page", ["add", "delete"])
def test_credentials_are_neither_made_nor_deleted_there(
    operator: Browser, busy: list[str], model: Any, page: str
) -> None:
    arguments = [model.objects.first().pk] if page == "delete" else []
    assert operator.get(url_of(model, page, *arguments)).status_code == 403


def test_a_name_with_markup_is_text_everywhere(operator: Browser, browser: Browser) -> None:
    markup = "<script>alert(1)</script><b onmouseover=x>"
    flow = Flow(browser, register(browser, client_name=markup).json()["client_id"])
    flow.tokens()
    flow.code()
    client = Client.objects.get()
    answers = [act(operator, Client, "approve"), act(operator, Connection, "pause")]
    for model in MODELS:
        answers.append(operator.get(url_of(model, "changelist")))
        for row in model.objects.all():
            answers += [operator.get(url_of(model, page, row.pk)) for page in ("change", "history")]
    answers.append(operator.get(url_of(Client, "delete", client.pk)))
    answers.append(operator.get("/admin/"))
    assert b"<script>alert" not in b"".join(answer.content for answer in answers)
    assert b"<b onmouseover" not in b"".join(answer.content for answer in answers)
    assert sum(b"&lt;script&gt;alert(1)" in answer.content for answer in answers) >= 8


def test_a_page_shows_no_section_of_what_its_reader_may_not_see(busy: list[str], alice: User) -> None:
    page = clerk("view_user").get(url_of(User, "change", alice.pk))
    assert [section.title for section in page.context["sections"]] == ["Sign-in methods"]


def test_an_action_on_a_page_leads_back_to_it_and_is_in_its_history(operator: Browser, flow: Flow) -> None:
    flow.tokens()
    paused = Connection.objects.get()
    page = act(operator, Connection, "pause", paused.pk, from_page="1")
    assert page.redirect_chain[-1][0] == url_of(Connection, "change", paused.pk)
    assert history(paused) == ["operator: Paused."]

"""What a user is told by e-mail, by the running site and through a real mail server."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup

from tests.clients.app import App
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person
from tests.smtp_sink import SmtpSink

ADDRESS = "alice@example.org"
GIVE_ADDRESS = f"from accounts.models import User; User.objects.filter(username='alice').update(email='{ADDRESS}')"


@pytest.fixture(scope="module")
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture(scope="module")
def site(sink: SmtpSink) -> Iterator[LiveServer]:
    """The site under uvicorn, which mails for real and takes no refresh token back that was used."""
    env = {"EMAIL_URL": sink.url, "OAUTH_REFRESH_GRACE": "0"}
    with LiveServer("uvicorn", settings="tests.clients.settings", env=env, users=USERS) as running:
        running.manage("shell", "--no-imports", "-c", GIVE_ADDRESS)
        yield running


@pytest.fixture
def alice(site: LiveServer) -> Iterator[Person]:
    somebody = Person(site.url, "alice", PASSWORD)
    with closing(somebody.browser):
        yield somebody


@pytest.fixture
def app(site: LiveServer) -> Iterator[App]:
    with ExitStack() as held:
        made = App(site.url, f"App {secrets.token_hex(4)}")
        held.enter_context(closing(made.http))
        yield made


def letters_since(sink: SmtpSink, before: int, count: int) -> list[EmailMessage]:
    """The letters that came after the first `before`."""
    return sink.wait_for(before + count)[before:]


def test_the_first_connection_of_a_client_is_told(sink: SmtpSink, site: LiveServer, alice: Person, app: App) -> None:
    before = len(sink.letters)
    app.connect(alice)
    (letter,) = letters_since(sink, before, 1)
    assert letter["To"] == ADDRESS
    assert "App " in letter["Subject"]
    page = alice.open(link_in(letter, site))
    assert page.status_code == 200
    assert "Revoke" in page.text
    assert_no_secret(letter, app)


def test_a_refresh_token_used_twice_is_told(sink: SmtpSink, site: LiveServer, alice: Person, app: App) -> None:
    before = len(sink.letters)
    app.connect(alice)
    spent = app.tokens["refresh_token"]
    app.refresh()
    again = app.http.post(
        "/token", data={"grant_type": "refresh_token", "refresh_token": spent, "client_id": app.client_id}
    )
    assert again.json()["error"] == "invalid_grant"
    told = [letter for letter in letters_since(sink, before, 2) if "signed out" in letter["Subject"]]
    (letter,) = told
    assert letter["To"] == ADDRESS
    assert alice.open(link_in(letter, site)).status_code == 200
    assert_no_secret(letter, app)


def test_a_new_personal_token_is_told(sink: SmtpSink, site: LiveServer, alice: Person) -> None:
    page = alice.open("/account/tokens/")
    resource = BeautifulSoup(page.text, "html.parser").find("input", {"name": "resource"})
    assert resource is not None, page.text
    form = resource.find_parent("form")
    scopes = [str(box["value"]) for box in form.find_all("input", {"name": "scopes"})]
    token = str(form.find("input", {"name": "csrfmiddlewaretoken"})["value"])
    chosen = {"resource": str(resource["value"]), "scopes": scopes[:1], "name": "Backup script", "days": "30"}
    before = len(sink.letters)
    made = alice.browser.post(
        "/account/tokens/",
        data={**chosen, "csrfmiddlewaretoken": token},
        headers={"Origin": site.url, "Referer": str(page.url)},
    )
    assert made.status_code == 200
    assert "mcp_pat_" in made.text
    (letter,) = letters_since(sink, before, 1)
    assert letter["To"] == ADDRESS
    assert "Backup script" in letter.get_content()
    assert "mcp_pat_" not in letter.as_string()
    assert alice.open(link_in(letter, site)).status_code == 200


def link_in(letter: EmailMessage, site: LiveServer) -> str:
    """The one link of this site's account pages."""
    (link,) = [word for word in letter.get_content().split() if word.startswith(f"{site.url}/account/")]
    return link


def assert_no_secret(letter: EmailMessage, app: App) -> None:
    assert not [secret for secret in app.secrets if secret in letter.as_string()]

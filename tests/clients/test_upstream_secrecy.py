"""After a full run with every logger at its loudest, no token of a provider is anywhere in clear.

The run links, uses, refreshes, fails in every way, signs in, links again and unlinks, at GitHub and at an OpenID
provider. Then every response that a browser or a client saw, the whole log, every column of every table, what sessions
hold, and the bytes of the database's files are searched for every token that the providers ever gave, and for this
site's secrets there.
"""

import base64
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.clients.app import App
from tests.clients.conftest import eventually
from tests.clients.linking import ACCEPT, CALL, PAGE, URL_MODE, agree, ask, press, return_from_provider, url_of
from tests.clients.wire import Wire, events
from tests.conftest import PASSWORD, USERS
from tests.fake_github import FakeGitHub
from tests.identity_provider import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.live import LiveServer
from tests.person import Person

SESSIONS = """
import json
from django.contrib.sessions.models import Session
print(json.dumps([session.get_decoded() for session in Session.objects.all()]))
"""


class Transcript:
    """Everything that parties outside of the site were sent, and what the site keeps."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.seen: list[str] = []
        self.kept: list[str] = []
        self.raw = b""

    def listen(self, client: httpx.Client) -> None:
        """Write down all that this client is sent from now on."""
        client.event_hooks["response"].append(self._hear)

    def _hear(self, response: httpx.Response) -> None:
        self.seen.append(f"{response.status_code} {response.headers.raw}")
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            self.seen.append(response.read().decode())

    def look_into_the_database(self) -> None:
        """Write down what is stored now."""
        url = self.live.environment()["DATABASE_URL"]
        if url.startswith("sqlite"):
            path = Path(urlsplit(url).path)
            self.raw += b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
            with closing(sqlite3.connect(path)) as connection:
                names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                rows = [row for (name,) in names for row in connection.execute(f'SELECT * FROM "{name}"')]
        else:
            with psycopg.connect(url) as connection:
                names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                rows = [
                    row
                    for (name,) in names
                    for row in connection.execute(f'SELECT * FROM "{name}"')  # type: ignore[call-overload]
                ]
        self.kept += [str(value) for row in rows for value in row]
        self.kept.append(self.live.manage("shell", "--no-imports", "-c", SESSIONS))

    def search(self, text: str) -> set[str]:
        """Where a text is found, in clear, in base64 at any offset, or in hexadecimal digits."""
        forms = [text, text.encode().hex(), *(form.decode() for form in _base64_forms(text))]
        places = {
            "responses": "\n".join(self.seen),
            "log": self.live.log_text(),
            "columns": "\n".join(self.kept),
            "files": self.raw.decode("latin-1"),
        }
        return {place for place, content in places.items() if any(form in content for form in forms)}


def _base64_forms(text: str) -> Iterator[bytes]:
    """What the middle of the text looks like in base64, wherever in the encoded text it begins."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + text.encode())
        yield encoded[4:-4]


class RecordingProvider(IdentityProvider):
    """An OpenID provider that remembers every token it gave, ID tokens too."""

    def __init__(self, **claims: Any) -> None:
        super().__init__(**claims)
        self.all_given: list[str] = []

    def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        """As ever, but for an access token that can be told from any other text."""
        answer = super().tokens(form)
        if answer.get("access_token") == ACCESS_TOKEN:
            answer["access_token"] = secrets.token_urlsafe(24)
        self.all_given += [answer[name] for name in ("access_token", "refresh_token", "id_token") if name in answer]
        return answer


@pytest.fixture(scope="module")
def openid() -> Iterator[RecordingProvider]:
    with RecordingProvider(email="ada@example.org", email_verified=True, name="Ada Lovelace") as running:
        yield running


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def transcript(request: pytest.FixtureRequest, github: FakeGitHub, openid: RecordingProvider) -> Iterator[Transcript]:
    """Of a full run."""
    registration = {"OIDC_ISSUER": openid.url, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    env = {
        **github.settings(),
        **registration,
        "OIDC_API_URL": f"{openid.url}/api",
        "SIGN_UP": "open",
        "DEBUG": "true",
        "MCP_ASK_TIMEOUT": "20",
    }
    settings = "tests.clients.loud_settings"
    with LiveServer(request.param, settings=settings, env=env, users=USERS) as live:
        live.create_user("root", PASSWORD, is_staff=True, is_superuser=True)
        written = Transcript(live)
        alice, root = Person(live.url, "alice", PASSWORD), Person(live.url, "root", PASSWORD)
        app = App(live.url)
        with closing(alice.browser), closing(root.browser), closing(app.http):
            wire = Wire(live.url, app.connect(alice))
            with closing(wire.http):
                for client in (alice.browser, root.browser, app.http, wire.http):
                    written.listen(client)
                run(written, github, wire, alice, root)
        written.look_into_the_database()
        yield written


def run(written: Transcript, github: FakeGitHub, wire: Wire, alice: Person, root: Person) -> None:
    """Do everything that there is to do with an account."""
    agree(alice, url_of(ask(wire)))
    assert ask(wire)["structuredContent"]["login"] == "octocat"
    assert "octocat" in alice.open(PAGE).text
    assert "octocat" in root.open("/admin/accounts/upstreamaccount/").text
    written.look_into_the_database()

    for path in ("/user", "/moved", "/missing", "/leave", "https://example.org/", "http://127.0.0.1:9/"):
        wire.call("stumble", path=path)
    github.expires_in = 2
    github.forget_access_tokens()
    assert ask(wire)["structuredContent"]["login"] == "octocat"
    refreshed = github.refreshes
    assert eventually(lambda: bool(ask(wire)) and github.refreshes > refreshed)
    github.down = True
    github.forget_access_tokens()
    ask(wire)
    github.down = False
    wire.call("github_login")

    github.forget_everything()
    session = wire.session(capabilities=URL_MODE)
    with wire.stream(wire.body("tools/call", CALL), session.headers) as response:
        for event in events(response):
            written.seen.append(event.data)
            if event.message.get("method") == "elicitation/create":
                answer = {"jsonrpc": "2.0", "id": event.message["id"], "result": ACCEPT}
                wire.post(answer, session.headers)
                agree(alice, event.message["params"]["url"])
    github.denies = True
    press(alice, alice.open(PAGE), "/github/unlink/")
    return_from_provider(alice, press(alice, alice.open(PAGE), "/github/link/"))
    github.denies, github.nameless = False, True
    return_from_provider(alice, press(alice, alice.open(PAGE), "/github/link/"))
    github.nameless = False
    agree(alice)
    return_from_provider(alice, press(alice, alice.open(PAGE), "/oidc/link/"))
    assert "Unlink OpenID Connect" in alice.open(PAGE).text
    for provider in ("github", "oidc/oidc"):
        sign_in_by_provider(written, provider)
    written.look_into_the_database()
    press(alice, alice.open(PAGE), "/oidc/unlink/")


def sign_in_by_provider(written: Transcript, provider: str) -> None:
    """Somebody whom the site does not know comes by way of a provider."""
    stranger = Person(written.live.url, "stranger", "")
    with closing(stranger.browser) as browser:
        written.listen(browser)
        page = browser.get("/accounts/login/")
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        headers = {"Origin": written.live.url, "Referer": str(page.url)}
        return_from_provider(stranger, browser.post(f"/accounts/{provider}/login/", data=form, headers=headers))


def test_the_run_was_seen_in_every_place(transcript: Transcript) -> None:
    assert transcript.search("octocat") >= {"responses", "columns"}
    assert transcript.search("/api/v3/user") >= {"log"}
    assert transcript.search("gAAAAA") >= {"columns"}


def test_the_provider_gave_tokens_of_both_kinds(transcript: Transcript, github: FakeGitHub) -> None:
    assert len(github.given) > 8
    assert {token[:4] for token in github.given} == {"ghu_", "ghr_"}


def test_the_openid_provider_gave_tokens_of_all_three_kinds(transcript: Transcript, openid: RecordingProvider) -> None:
    assert len(openid.all_given) > 4
    assert any(token.count(".") == 2 for token in openid.all_given)
    assert set(openid.given) & set(openid.all_given)


def test_a_token_would_be_found(transcript: Transcript) -> None:
    """The search finds what it looks for in each place, in base64 too."""
    other = Transcript(transcript.live)
    token = "ghu_" + "0" * 40
    other.seen.append(json.dumps({"token": token}))
    other.kept.append(base64.b64encode(f"x{token}".encode()).decode())
    other.raw = token.encode()
    assert other.search(token) == {"responses", "columns", "files"}


def test_no_token_is_anywhere_in_clear(transcript: Transcript, github: FakeGitHub, openid: RecordingProvider) -> None:
    given = [*github.given, *openid.all_given]
    assert {token[:8]: transcript.search(token) for token in given if transcript.search(token)} == {}


def test_nor_are_the_secrets_of_this_site_there(transcript: Transcript, github: FakeGitHub) -> None:
    for secret in (github.settings()["GITHUB_CLIENT_SECRET"], CLIENT_SECRET):
        assert transcript.search(secret) == set()

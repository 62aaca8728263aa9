"""Clients bound to one API: the token goes to its host alone, and is shown to nobody."""

import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mcp_endpoint.upstream import bound
from mcp_endpoint.upstream.bound import ForeignHostError
from tests.fake_github import FakeGitHub


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture(scope="module")
def other() -> Iterator[FakeGitHub]:
    """A host that must never see the token."""
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def token(github: FakeGitHub) -> str:
    given: str = github.issue()["access_token"]
    return given


@pytest.fixture
def client(github: FakeGitHub, token: str) -> Iterator[httpx2.Client]:
    with bound.client(github.api_url, lambda refused: token) as made:
        yield made


def test_it_carries_the_token_to_the_api(client: httpx2.Client) -> None:
    assert client.get("/user").json()["login"] == "octocat"


async def test_so_does_the_asynchronous_one(github: FakeGitHub, token: str) -> None:
    async def credential(refused: str) -> str:
        return token

    async with bound.async_client(github.api_url, credential) as client:
        assert (await client.get("/user")).json()["login"] == "octocat"
        with pytest.raises(ForeignHostError):
            await client.get("http://example.org/")


def test_a_whole_url_of_the_api_will_do(client: httpx2.Client, github: FakeGitHub) -> None:
    assert client.get(f"{github.api_url}/user").status_code == 200


def test_a_redirect_on_its_host_is_followed(client: httpx2.Client) -> None:
    assert client.get("/moved").json()["login"] == "octocat"


@pytest.mark.parametrize(
    "url",
    [
        "{other}/api/v3/user",
        "https://127.0.0.1:{port}/api/v3/user",
        "http://localhost:{port}/api/v3/user",
        "http://127.0.0.1:{port}@example.org/",
        "ftp://127.0.0.1:{port}/",
    ],
)
def test_other_hosts_ports_and_schemes_are_refused_unsent(
    client: httpx2.Client, github: FakeGitHub, other: FakeGitHub, url: str
) -> None:
    before = len(github.seen)
    port = github.url.rpartition(":")[2]
    with pytest.raises(ForeignHostError):
        client.get(url.format(other=other.url, port=port))
    assert (other.seen, len(github.seen)) == ([], before)


def test_a_redirect_that_leaves_is_refused(client: httpx2.Client, github: FakeGitHub, other: FakeGitHub) -> None:
    github.elsewhere = f"{other.url}/api/v3/user"
    with pytest.raises(ForeignHostError, match="gets no request"):
        client.get("/leave")
    assert other.seen == []


def test_a_header_of_the_tools_own_does_not_stand(client: httpx2.Client, github: FakeGitHub, token: str) -> None:
    client.get("/user", headers={"Authorization": "Bearer mine", "Host": "example.org"})
    assert github.seen[-1] == ("/api/v3/user", f"Bearer {token}")


def test_what_would_show_or_divert_a_request_below_the_client_is_dropped(
    client: httpx2.Client, github: FakeGitHub
) -> None:
    shown: list[Any] = []
    extensions = {"trace": lambda name, info: shown.append(info), "target": b"http://example.org/user"}
    assert client.get("/user", extensions=extensions).status_code == 200
    assert shown == []


def test_the_token_is_in_nothing_that_a_tool_can_read(
    client: httpx2.Client, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    hooked: list[str] = []
    client.event_hooks = {
        "request": [lambda request: hooked.append(str(request.headers.raw))],
        "response": [lambda response: hooked.append(str(response.request.headers.raw))],
    }
    with caplog.at_level(logging.DEBUG):
        response = client.get("/moved")
        with pytest.raises(ForeignHostError) as refused:
            client.get("http://example.org/")
    shown = [
        *hooked,
        repr(client),
        str(client.headers.raw),
        str(client.auth),
        repr(response),
        str(response.headers.raw),
        str([step.request.headers.raw for step in (*response.history, response)]),
        str(response.extensions),
        "".join(traceback.format_exception(refused.value)),
        repr(refused.value.request.headers.raw),
        *(str(getattr(client, name)) for name in dir(client) if not name.startswith("_")),
    ]
    assert caplog.text
    assert not [text for text in (*shown, caplog.text) if token in text]


def test_it_is_not_pickled(client: httpx2.Client) -> None:
    with pytest.raises((TypeError, AttributeError)):
        pickle.dumps(client)


@pytest.mark.parametrize("body", [None, b"content"])
def test_a_token_that_is_refused_is_renewed_once(github: FakeGitHub, token: str, body: bytes | None) -> None:
    asked: list[str] = []

    def credential(refused: str) -> str:
        asked.append(refused)
        return token if refused else "ended"

    with bound.client(github.api_url, credential) as client:
        response = client.request("GET" if body is None else "POST", "/user", content=body)
    assert response.status_code == 200
    assert asked == ["", "ended"]


def test_one_that_is_refused_again_is_the_tools_answer(github: FakeGitHub) -> None:
    with bound.client(github.api_url, lambda refused: "wrong") as client:
        assert client.get("/user").status_code == 401


def test_a_stream_that_cannot_be_sent_twice_is_not(github: FakeGitHub) -> None:
    asked: list[str] = []

    def credential(refused: str) -> str:
        asked.append(refused)
        return "ended"

    with bound.client(github.api_url, credential) as client:
        response = client.post("/user", content=iter([b"once"]), headers={"Content-Length": "4"})
    assert (response.status_code, asked) == (401, [""])


def test_the_api_has_only_so_long_to_answer(client: httpx2.Client) -> None:
    timeout = client.timeout
    assert None not in (timeout.connect, timeout.read, timeout.write, timeout.pool)

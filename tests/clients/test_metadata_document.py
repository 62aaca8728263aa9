"""Clients that never register: their client_id is the URL of a document about them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlencode

import pytest

from tests.clients.app import CALLBACK, Pkce
from tests.clients.metadata_host import MetadataHost
from tests.clients.sdk import ERAS, Era, Installation
from tests.conftest import USERS, PersonOf
from tests.live import LiveServer
from tests.person import Person, StuckError


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetadataHost]:
    """Where the clients' documents are."""
    with MetadataHost(tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that may fetch from this machine."""
    with LiveServer(request.param, settings="tests.clients.loopback_settings", users=USERS) as server:
        yield server


def authorize_url(live: LiveServer, client_id: str, redirect_uri: str = CALLBACK) -> str:
    """Where a client with that id sends a person."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code_challenge": Pkce().challenge,
        "code_challenge_method": "S256",
        "state": "state",
    }
    return f"{live.url}/authorize?{urlencode(query)}"


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_with_a_document_calls_a_tool_without_registering(
    person: PersonOf, host: MetadataHost, era: Era
) -> None:
    installation = Installation(person(), metadata_url=host.publish(f"sdk-{era}.json"))

    async with installation.connect(era) as client:
        greeting = await client.call_tool("greet", {"name": "Ada"})

    assert greeting.structured_content == {"result": "Hello, Ada!"}
    assert not installation.asked("/register")


async def test_the_client_is_known_by_the_name_in_its_document(person: PersonOf, host: MetadataHost) -> None:
    installation = Installation(person(), metadata_url=host.publish("named.json", client_name="Named client"))

    async with installation.connect("2026-07-28") as client:
        caller = (await client.call_tool("whoami")).structured_content

    assert caller is not None
    assert caller["client"] == "Named client"


def test_the_document_is_not_fetched_again_while_it_is_fresh(
    person: PersonOf, live: LiveServer, host: MetadataHost
) -> None:
    client_id = host.publish(f"fresh-{live.port}.json")

    for _ in range(2):
        person().visit(authorize_url(live, client_id))

    assert host.requests.count(f"/fresh-{live.port}.json") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "https://elsewhere.example/client.json"},
        {"redirect_uris": []},
        {"redirect_uris": ["https://elsewhere.example/callback"]},
        {"redirect_uris": "http://127.0.0.1:49152/callback"},
        {"client_secret": "secret"},
    ],
)
def test_a_document_that_does_not_fit_leads_nowhere(
    person: PersonOf, live: LiveServer, host: MetadataHost, changes: dict[str, object]
) -> None:
    client_id = host.publish(f"unfit-{live.port}-{abs(hash(str(changes)))}.json", **changes)

    with pytest.raises(StuckError, match=r"^400 "):
        person().visit(authorize_url(live, client_id))


def test_a_document_that_is_not_there_leads_nowhere(person: PersonOf, live: LiveServer, host: MetadataHost) -> None:
    missing = host.publish("there.json").replace("there", "not-there")

    with pytest.raises(StuckError, match=r"^400 "):
        person().visit(authorize_url(live, missing))


@pytest.mark.parametrize(
    "client_id", ["https://[bad", "https://", "https://a.example:99999/x", "https://a.example/../x"]
)
def test_a_client_id_that_is_no_url_leads_nowhere_and_leaves_no_traceback(
    person: PersonOf, live: LiveServer, client_id: str
) -> None:
    before = len(live.log_text())

    with pytest.raises(StuckError, match=r"^400 "):
        person().visit(authorize_url(live, client_id))

    assert "Traceback" not in live.log_text()[before:]


def test_nothing_is_fetched_before_somebody_signs_in(live: LiveServer, host: MetadataHost) -> None:
    client_id = host.publish(f"unseen-{live.port}.json")

    with ExitStack() as browsers:
        nobody = Person(live.url, "nobody", "no password")
        browsers.enter_context(closing(nobody.browser))
        nobody.browser.get(authorize_url(live, client_id))

    assert f"/unseen-{live.port}.json" not in host.requests

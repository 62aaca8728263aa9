"""One site with an https address, and nginx in front of it as each test wants it."""

import random
import socket
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pytest

from mcpsite.doctor import Finding
from mcpsite.doctor.site import Site
from tests.conftest import USERS
from tests.live import LiveServer
from tests.mcpsite.doctor.nginx import FORWARDED, Certificate, Nginx

PREPARATION = """
from accounts.models import User
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import protected_resources
User.objects.filter(username="carol").update(is_staff=True, is_superuser=True)
print(create(User.objects.get(username="alice"), "doctor", protected_resources()[0], ["mcp"], 1)[1])
"""


class Behind(Protocol):
    """Puts nginx in front: what goes into its server and location blocks, and what it tells the site."""

    def __call__(self, location: str = "", server: str = "", told: str = FORWARDED) -> AbstractContextManager[Site]: ...


def named(findings: Iterable[Finding]) -> set[str]:
    """What was found wrong."""
    return {finding.check for finding in findings if finding.level in ("failure", "warning")}


def only(findings: Iterable[Finding], check: str) -> Finding:
    """The first finding of that name."""
    found = list(findings)
    return next((finding for finding in found if finding.check == check), None) or pytest.fail(f"{check}: {found}")


def reserved_port() -> int:
    """A free port that nobody gets by asking for any (those begin at 32768)."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One that the doctor trusts in these tests."""
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    """The doctor, here and in commands, trusts this certificate and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


@pytest.fixture(scope="session")
def public_port() -> int:
    """Of the site's public address."""
    return reserved_port()


@pytest.fixture(scope="session")
def site(public_port: int, certificate: Certificate) -> Iterator[LiveServer]:
    """The site that all of these proxies stand in front of."""
    public = {
        "PUBLIC_URL": f"https://localhost:{public_port}",
        "SSL_CERT_FILE": str(certificate.file),
        "MCP_KEEP_ALIVE": "1",
    }
    with LiveServer("uvicorn", settings="tests.clients.settings", env=public, users=USERS) as server:
        yield server


@pytest.fixture(scope="session")
def token(site: LiveServer) -> str:
    """A personal token of alice's. From then on carol is an operator."""
    return site.manage("shell", "--no-imports", "-c", PREPARATION).split()[-1]


@pytest.fixture
def behind(site: LiveServer, public_port: int, certificate: Certificate) -> Behind:
    """The site at its public address, through a proxy."""

    @contextmanager
    def start(location: str = "", server: str = "", told: str = FORWARDED) -> Iterator[Site]:
        block = f"{server}\nlocation / {{ proxy_pass http://127.0.0.1:{site.port}; {told} {location} }}"
        with Nginx(public_port, block, certificate):
            yield Site(f"https://localhost:{public_port}/mcp")

    return start

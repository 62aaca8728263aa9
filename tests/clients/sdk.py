"""The official Python SDK client with its own OAuth provider; a `Person` is the browser it opens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from tests.clients.app import CALLBACK
from tests.live import NO_AUTHORITIES
from tests.person import Person

Era = Literal["2026-07-28", "2025-11-25", "2024-11-05"]
ERAS: tuple[Era, ...] = ("2026-07-28", "2025-11-25", "2024-11-05")


class Storage:
    """What the provider keeps between runs, in memory."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Installation:
    """The SDK's client as a person installed it: its storage, its requests so far, and how it signs in."""

    def __init__(self, person: Person, metadata_url: str | None = None, storage: Storage | None = None) -> None:
        self.person = person
        self.storage = storage or Storage()
        self.requests: list[tuple[str, str, int]] = []
        """Method, path and status of every HTTP exchange, the OAuth ones included."""
        self.url = f"{person.base_url}/mcp"
        self._metadata_url = metadata_url
        self._came_back: asyncio.Queue[str] = asyncio.Queue()

    @asynccontextmanager
    async def connect(self, era: Era, **options: Any) -> AsyncIterator[Client]:
        """A connected client of that era; `options` are those of `mcp.Client`."""
        mode = "auto" if era == "2026-07-28" else "legacy"
        if era == "2024-11-05":
            transport = sse_client(
                f"{self.person.base_url}/sse", auth=self._provider("/sse"), httpx_client_factory=self._http
            )
            async with Client(transport, mode=mode, **options) as client:
                yield client
        else:
            async with (
                self._http(auth=self._provider()) as http,
                Client(streamable_http_client(self.url, http_client=http), mode=mode, **options) as client,
            ):
                yield client

    def asked(self, path: str) -> bool:
        """Whether the client made a request for that path."""
        return any(seen == path for _, seen, _ in self.requests)

    def statuses(self, path: str) -> list[int]:
        """Statuses of all requests for that path, in order."""
        return [status for _, seen, status in self.requests if seen == path]

    def lose_access_token(self) -> None:
        """Keep only the refresh token, as after a long pause."""
        assert self.storage.tokens is not None
        self.storage.tokens.access_token = "expired"
        self.storage.tokens.expires_in = -1

    def _provider(self, path: str = "/mcp") -> OAuthClientProvider:
        metadata = OAuthClientMetadata(
            client_name="SDK test client",
            redirect_uris=[AnyUrl(CALLBACK)],
            grant_types=["authorization_code", "refresh_token"],
        )
        return OAuthClientProvider(
            self.person.base_url + path,
            metadata,
            self.storage,
            redirect_handler=self._open_browser,
            callback_handler=self._wait_for_callback,
            client_metadata_url=self._metadata_url,
        )

    async def _open_browser(self, url: str) -> None:
        await self._came_back.put(await asyncio.to_thread(self.person.visit, url))

    async def _wait_for_callback(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(await self._came_back.get()).query)
        return AuthorizationCodeResult(**{name: query[name][0] for name in ("code", "state", "iss") if name in query})

    def _http(
        self,
        headers: dict[str, Any] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            headers=headers,
            timeout=timeout or httpx2.Timeout(30),
            auth=auth,
            verify=NO_AUTHORITIES,
            event_hooks={"response": [self._remember]},
        )

    async def _remember(self, response: httpx2.Response) -> None:
        request = response.request
        self.requests.append((request.method, request.url.path, response.status_code))

"""HTTP clients that carry a token to one host and nowhere else, and show it to nobody.

The token is added below the client, to a copy of the request: neither the client, nor its requests and responses, nor
what they log or raise has it.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx2

Credential = Callable[[str], Awaitable[str]]
"""Gives the token; called with one that the API refused, gives another."""
BlockingCredential = Callable[[str], str]

TIMEOUT = httpx2.Timeout(20, connect=5)
DEFAULT_PORTS = {"https": 443, "http": 80}


class ForeignHostError(httpx2.RequestError):
    """A request, or a redirect, to somewhere else than the provider's API. It was not sent."""


@cache
def _tls() -> SSLContext:
    return httpx2.create_ssl_context()  # slow to make, and the same for all


def async_client(api_url: str, credential: Credential) -> httpx2.AsyncClient:
    """A client for the API at this URL. Relative URLs are below it; redirects are followed on its host."""
    transport = _AsyncBound(api_url, credential, httpx2.AsyncHTTPTransport(verify=_tls()))
    return httpx2.AsyncClient(base_url=api_url, transport=transport, timeout=TIMEOUT, follow_redirects=True)


def client(api_url: str, credential: BlockingCredential) -> httpx2.Client:
    """The same for `def` functions."""
    transport = _Bound(api_url, credential, httpx2.HTTPTransport(verify=_tls()))
    return httpx2.Client(base_url=api_url, transport=transport, timeout=TIMEOUT, follow_redirects=True)


class _AsyncBound(httpx2.AsyncBaseTransport):
    def __init__(self, api_url: str, credential: Credential, inner: httpx2.AsyncBaseTransport) -> None:
        async def send(request: httpx2.Request) -> httpx2.Response:
            _refuse_elsewhere(request, api_url)
            token = await credential("")
            response = await inner.handle_async_request(_with_token(request, token))
            if not _is_refusal(request, response):
                return response
            another = await credential(token)
            await response.aclose()
            return await inner.handle_async_request(_with_token(request, another))

        self._send = send  # a closure: there is no attribute to read the token from
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._send(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bound(httpx2.BaseTransport):
    def __init__(self, api_url: str, credential: BlockingCredential, inner: httpx2.BaseTransport) -> None:
        def send(request: httpx2.Request) -> httpx2.Response:
            _refuse_elsewhere(request, api_url)
            token = credential("")
            response = inner.handle_request(_with_token(request, token))
            if not _is_refusal(request, response):
                return response
            another = credential(token)
            response.close()
            return inner.handle_request(_with_token(request, another))

        self._send = send
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._send(request)

    def close(self) -> None:
        self._inner.close()


def _refuse_elsewhere(request: httpx2.Request, api_url: str) -> None:
    api = httpx2.URL(api_url)
    if _origin(request.url) != _origin(api):
        told = f"This client is for {api.netloc.decode()} alone, over {api.scheme}; {request.url.host} gets no request."
        raise ForeignHostError(told, request=request)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme)


def _with_token(request: httpx2.Request, token: str) -> httpx2.Request:
    headers = request.headers.copy()
    headers["Authorization"] = f"Bearer {token}"
    headers["Host"] = request.url.netloc.decode("ascii")
    # Of the extensions only this one: `trace` is shown the headers, `target` and `sni_hostname` name another host.
    extensions: dict[str, Any] = {name: value for name, value in request.extensions.items() if name == "timeout"}
    return httpx2.Request(request.method, request.url, headers=headers, stream=request.stream, extensions=extensions)


def _is_refusal(request: httpx2.Request, response: httpx2.Response) -> bool:
    """Whether the API refused the token (RFC 6750 §3.1) of a request that can be sent again."""
    return response.status_code == 401 and isinstance(request.stream, httpx2.ByteStream)

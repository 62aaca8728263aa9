"""Fetching a document or image from a URL that a stranger chose: the toolkit's guards, and a deadline that holds.

Public addresses alone, the address that was checked is the one connected to, https, no redirect, a small body.
The toolkit's own fetch counts its seconds anew at every read, so a server that sends a byte now and then could
hold a worker for days.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import urllib3
from oauth2_provider import cimd
from oauth2_provider.settings import oauth2_settings
from urllib3.connection import HTTPSConnection

from oauth_bridge.conf import configuration
from oauth_bridge.redirect_uris import LOOPBACK_HOSTS

Document = dict[str, Any]
FetchError = cimd.CIMDError
T = TypeVar("T")
Reader = Callable[[urllib3.BaseHTTPResponse], T]


class _Deadline:
    """Hangs up on every connection that is still open when it comes, whatever the other side is doing."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self._timers: list[threading.Timer] = []

    @property
    def remaining(self) -> float:
        return max(0, self.at - time.monotonic())

    def watch(self, connected: socket.socket) -> None:
        timer = threading.Timer(self.remaining, _hang_up, [connected])
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def __enter__(self) -> "_Deadline":
        return self

    def __exit__(self, *exception: object) -> None:
        for timer in self._timers:
            timer.cancel()


def _hang_up(connected: socket.socket) -> None:
    # Closed already, it raises OSError. Of the plain socket, because the TLS layer's own method would pull the
    # rug from under a read in progress.
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class _PunctualConnection(HTTPSConnection):
    def __init__(self, *args: Any, deadline: _Deadline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline = deadline

    def connect(self) -> None:
        super().connect()
        self._deadline.watch(self.sock)


class _PunctualPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PunctualConnection


def fetch_json(url: str) -> tuple[Document, int]:
    """The document and how many seconds it may be kept; raises FetchError."""
    return _fetch(url, "application/json, application/*+json", _read_json)


def fetch_bytes(url: str, accept: str, limit: int) -> bytes:
    """What the URL has, not more than so many bytes; raises FetchError."""

    def read(response: urllib3.BaseHTTPResponse) -> bytes:
        if response.status != 200:
            raise FetchError(f"It answered {response.status}.")
        # As it comes: what is packed could become a thousand times as much.
        body = response.read(limit + 1, decode_content=False)
        if len(body) > limit:
            raise FetchError("It is too large.")
        return body

    return _fetch(url, accept, read)


def _fetch(url: str, accept: str, read: Reader[T]) -> T:
    try:
        if is_allowed_loopback(url):
            return _fetch_loopback(url, read)
        parts = cimd._validate_client_id_url(url)
        port = parts.port or 443
        addresses = cimd._resolve_and_validate(parts.hostname, port)
        if any(ip_address(address).is_multicast for address in addresses):  # global, to the toolkit
            raise FetchError("The host resolves to a non-public address.")
    except (ValueError, UnicodeError) as error:  # it cannot be taken apart, or its host has no name in DNS
        raise FetchError(f"Not a URL: {error}") from error
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Accept": accept}
    failure: Exception | None = None
    with _Deadline(oauth2_settings.CIMD_FETCH_TIMEOUT_SECONDS) as deadline:
        for address in addresses:
            if not deadline.remaining:
                break
            # Connected by address: DNS is not asked again. Certificate and SNI go by the name.
            with _PunctualPool(
                address,
                port,
                timeout=urllib3.Timeout(total=deadline.remaining),
                retries=False,
                ssl_context=ssl.create_default_context(),
                server_hostname=parts.hostname,
                deadline=deadline,
            ) as pool:
                try:
                    response = pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False)
                    return _read(response, read)
                except urllib3.exceptions.HTTPError as error:
                    failure = error
    raise FetchError(f"Could not fetch it: {failure or 'no answer in time'}")


def is_allowed_loopback(url: str) -> bool:
    """Whether a URL is on this machine, and a test allowed that."""
    if not configuration().cimd_allow_loopback:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK_HOSTS and len(parts.path) > 1


def _fetch_loopback(url: str, read: Reader[T]) -> T:
    timeout = urllib3.Timeout(total=oauth2_settings.CIMD_FETCH_TIMEOUT_SECONDS)
    # The certificate of a test's own server on this machine has nobody who could vouch for it.
    with urllib3.PoolManager(cert_reqs=ssl.CERT_NONE, timeout=timeout, retries=False) as pool:
        try:
            return _read(pool.request("GET", url, redirect=False, preload_content=False), read)
        except urllib3.exceptions.HTTPError as error:
            raise FetchError(f"Could not fetch it: {error}") from error


def _read(response: urllib3.BaseHTTPResponse, read: Reader[T]) -> T:
    try:
        return read(response)
    finally:
        response.close()


def _read_json(response: urllib3.BaseHTTPResponse) -> tuple[Document, int]:
    document, max_age = cimd.SafeMetadataFetcher()._read_document(response)
    return document, max_age

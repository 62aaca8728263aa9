"""Logos of clients: fetched by the server alone, shown only when they are harmless pictures."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from oauth_bridge import logos
from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow, register
from tests.oauth_bridge.web import HOST, Web, reply
from tests.oauth_bridge.web import web as web

PATH = "/logo"
URL = f"https://{HOST}{PATH}"


def png(width: int = 8, height: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 8, height: int = 8) -> bytes:
    segment = b"\xff\xe0" + struct.pack(">H", 4) + b"xx"
    tables = b"\xff\xc4" + struct.pack(">H", 4) + b"xx"
    return b"\xff\xd8" + segment + tables + b"\xff\xc0" + struct.pack(">HBHH", 8, 8, height, width) + b"\0"


def gif(width: int = 8, height: int = 8) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int = 8, height: int = 8, kind: bytes = b"VP8X") -> bytes:
    size = {
        b"VP8X": b"\0" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14),
        b"VP8 ": b"\0" * 3 + b"\x9d\x01\x2a" + struct.pack("<HH", width, height),
        b"XXXX": b"\0" * 10,
    }[kind]
    return b"RIFF" + b"\0" * 4 + b"WEBP" + kind + struct.pack("<I", len(size)) + size


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client(flow: Flow) -> Client:
    """A client with a logo."""
    client = Client.objects.get()
    client.logo_uri = URL
    client.save()
    return client


def publish(web: Web, content: bytes, media_type: str = "image/png", status: int = 200, **headers: str) -> None:
    web.answers[PATH] = lambda handler: reply(handler, content, status, Content_Type=media_type, **headers)


def look(browser: Browser, client: Client) -> Any:
    response = browser.get(f"/clients/{client.pk}/logo")
    assert response.status_code == 200
    return response


def is_letter(browser: Browser, client: Client) -> bool:
    return bool(look(browser, client)["Content-Type"] == "image/svg+xml")


class TestALogo:
    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (png(), "image/png"),
            (jpeg(), "image/jpeg"),
            (gif(), "image/gif"),
            (webp(), "image/webp"),
            (webp(kind=b"VP8L"), "image/webp"),
            (webp(kind=b"VP8 "), "image/webp"),
        ],
    )
    def test_is_served_as_what_it_is(
        self, browser: Browser, client: Client, web: Web, content: bytes, media_type: str
    ) -> None:
        publish(web, content, "text/html")
        response = look(browser, client)
        assert (response["Content-Type"], response.content) == (media_type, content)

    def test_is_a_picture_and_nothing_else_wherever_it_is_opened(
        self, browser: Browser, client: Client, web: Web
    ) -> None:
        publish(web, png())
        response = look(browser, client)
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cache-Control"].startswith("private")

    def test_is_fetched_once(self, browser: Browser, client: Client, web: Web) -> None:
        publish(web, png())
        for _ in range(3):
            assert not is_letter(browser, client)
        assert web.requested == [PATH]

    def test_is_fetched_for_nobody_who_is_not_signed_in(self, client: Client, web: Web) -> None:
        publish(web, png())
        assert Browser().get(f"/clients/{client.pk}/logo").status_code == 404
        assert not web.requested

    def test_is_not_waited_for_while_another_fetches_it(
        self, browser: Browser, client: Client, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(web, png())
        fetch = logos._fetch
        meanwhile: list[bool] = []

        def look_meanwhile(url: str) -> Any:
            monkeypatch.setattr(logos, "_fetch", fetch)
            meanwhile.append(is_letter(browser, client))
            return fetch(url)

        monkeypatch.setattr(logos, "_fetch", look_meanwhile)
        assert not is_letter(browser, client)
        assert meanwhile == [True]

    def test_is_on_the_consent_page_from_this_site(self, flow: Flow, client: Client) -> None:
        page = flow.browser.get(flow.authorize_url()).content.decode()
        assert f'src="/clients/{client.pk}/logo"' in page
        assert URL not in page


class TestALetterStandsFor:
    @pytest.mark.parametrize(
        "content",
        [
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<html>",
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xd9" + b"\0" * 20,
            webp(kind=b"XXXX"),
            png(5000, 1),
            png(1, 5000),
            jpeg(65535, 65535),
            gif(0, 0),
            webp(16000, 16000),
            png() + b"\0" * logos.LARGEST,
        ],
    )
    def test_what_is_no_small_picture(self, browser: Browser, client: Client, web: Web, content: bytes) -> None:
        publish(web, content)
        assert is_letter(browser, client)

    @pytest.mark.parametrize("status", [204, 301, 404, 500])
    def test_an_answer_without_one(self, browser: Browser, client: Client, web: Web, status: int) -> None:
        publish(web, png(), status=status, Location=f"https://{HOST}/elsewhere")
        assert is_letter(browser, client)
        assert web.requested == [PATH]

    def test_one_that_is_packed(self, browser: Browser, client: Client, web: Web) -> None:
        """It could unpack to anything."""
        publish(web, zlib.compress(png()), Content_Encoding="deflate")
        assert is_letter(browser, client)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            f"http://{HOST}/logo",
            "https://127.0.0.1/logo",
            "https://[::1]/logo",
            "https://[broken",
            "https://user@client.example/logo",
            "https:///logo",
        ],
    )
    def test_an_address_that_is_not_asked(self, browser: Browser, client: Client, web: Web, url: str) -> None:
        Client.objects.update(logo_uri=url)
        assert is_letter(browser, client)
        assert not web.requested

    def test_a_host_in_this_network(self, browser: Browser, client: Client, web: Web) -> None:
        """MCP security best practices: SSRF."""
        publish(web, png())
        web.addresses[HOST] = [["169.254.169.254"]]
        assert is_letter(browser, client)
        assert not web.connected

    def test_a_host_that_is_blocked(self, browser: Browser, client: Client, web: Web, settings: Any) -> None:
        publish(web, png())
        settings.OAUTH_BRIDGE_CIMD_BLOCK = [HOST]
        assert is_letter(browser, client)
        assert not web.asked

    def test_a_failure_for_ten_minutes(self, browser: Browser, client: Client, web: Web) -> None:
        for _ in range(3):
            assert is_letter(browser, client)
        assert web.requested == [PATH]


class TestTheLetter:
    @pytest.mark.parametrize(("name", "letter"), [("Example", "E"), ("«ökobot»", "Ö"), ("<script>", "S"), ("…", "?")])
    def test_is_the_first_of_the_name(self, browser: Browser, name: str, letter: str) -> None:
        client_id = register(browser, client_name=name).json()["client_id"]
        page = look(browser, Client.objects.get(client_id=client_id)).content.decode()
        assert f">{letter}</text>" in page

    def test_of_a_client_that_does_not_exist_is_not_drawn(self, browser: Browser) -> None:
        assert browser.get("/clients/999999/logo").status_code == 404

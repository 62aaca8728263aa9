"""Static files from where they are."""

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.WHITENOISE_AUTOREFRESH = False


def test_the_stylesheet_is_served(client: Client) -> None:
    response = client.get("/static/site.css")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/css")
    assert b"--background" in response.content


def test_files_of_installed_apps_are_served(client: Client) -> None:
    assert client.get("/static/admin/css/base.css").status_code == 200


def test_a_file_that_did_not_change_is_not_sent_again(client: Client) -> None:
    changed = client.get("/static/site.css")["Last-Modified"]
    again = client.get("/static/site.css", headers={"if-modified-since": changed})
    assert again.status_code == 304
    assert again.content == b""


def test_the_length_is_told_without_the_content(client: Client) -> None:
    length = client.get("/static/site.css")["Content-Length"]
    response = client.head("/static/site.css")
    assert response["Content-Length"] == length
    assert response.content == b""


def test_a_part_of_a_file_is_served(client: Client) -> None:
    response = client.get("/static/site.css", headers={"range": "bytes=0-1"})
    assert response.status_code == 206
    assert response.content == b"/*"


def test_what_is_no_file_is_not_found(client: Client) -> None:
    assert client.get("/static/no-such.css").status_code == 404


async def test_under_asgi_it_is_served_without_a_warning(async_client: AsyncClient) -> None:
    response = await async_client.get("/static/site.css")
    assert b"--background" in response.content

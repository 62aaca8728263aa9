"""Redirect URIs: matching (RFC 8252 §7.3, RFC 9700 §2.1) and what a person is told of them."""

import pytest

from oauth_bridge.redirect_uris import Destination, RedirectURIError, check_redirect_uri, destination, is_registered


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("https://a.example/cb", "https://a.example/cb"),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"),
        ("http://[::1]:5000/cb", "http://[::1]:1/cb"),
        ("http://localhost:5000/cb", "http://localhost:1/cb"),
        ("http://127.0.0.1:5000", "http://127.0.0.1/"),
        ("com.raycast:/oauth?package_name=X", "com.raycast:/oauth?package_name=X"),
    ],
)
def test_the_same(asked: str, registered: str) -> None:
    """RFC 8252 §7.3: any port on the loopback interface."""
    assert is_registered(asked, ["https://other.example/", registered])


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("https://a.example/cb/", "https://a.example/cb"),
        ("https://a.example", "https://a.example/"),
        ("https://a.example:444/cb", "https://a.example/cb"),
        ("https://localhost:5000/cb", "https://localhost/cb"),
        ("http://127.0.0.1:5000/cb", "http://localhost/cb"),
        ("http://127.0.0.1:5000/other", "http://127.0.0.1/cb"),
        ("http://127.0.0.1.evil.example/cb", "http://127.0.0.1/cb"),
        ("http://user@127.0.0.1/cb", "http://127.0.0.1/cb"),
        ("cursor://a/cb", "cursor://b/cb"),
        ("https://a.example/cb?x=1", "https://a.example/cb"),
    ],
)
def test_not_the_same(asked: str, registered: str) -> None:
    """RFC 8252 §8.10: any other part is compared exactly."""
    assert not is_registered(asked, [registered])


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://a.example:8443/cb", Destination("a.example:8443", "web")),
        ("http://localhost:3000/cb", Destination("localhost:3000", "loopback")),
        ("http://[::1]:3000/cb", Destination("[::1]:3000", "loopback")),
        ("cursor://anysphere.cursor-mcp/cb", Destination("cursor:", "app")),
    ],
)
def test_what_a_person_is_told(uri: str, shown: Destination) -> None:
    """RFC 8252 §7: web, loopback and private-use schemes."""
    assert destination(uri) == shown


def test_a_long_uri_is_not_repeated_in_full() -> None:
    """RFC 8252 §8.10: what is refused is named, briefly."""
    with pytest.raises(RedirectURIError) as caught:
        check_redirect_uri("http://evil.example/" + "x" * 500)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "host",
    ["goo%67le.example", "a.example;sandbox", "a.example,b", "*", "a..example", "a.example'", "", ":443", "[v1.a]"],
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    """RFC 8252 §8.10: what a person is shown is what the browser goes to, and nothing to the page's policy."""
    with pytest.raises(RedirectURIError):
        check_redirect_uri(f"https://{host}/cb")


@pytest.mark.parametrize("host", ["a.example", "A.example:8443", "xn--bcher-kva.example", "192.0.2.1", "[2001:db8::1]"])
def test_any_web_host_may_be_registered(host: str) -> None:
    """RFC 8252 §7.2: an https address of the client's own."""
    check_redirect_uri(f"https://{host}/cb")

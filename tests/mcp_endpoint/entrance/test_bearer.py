"""The bearer token of a request, and the challenges for those that lack one or a scope."""

import pytest
from mcp_types import INVALID_REQUEST

from mcp_endpoint import scope, tool
from mcp_endpoint.entrance import bearer
from mcp_endpoint.errors import HttpError
from oauth_bridge.bearer import BearerError
from tests.mcp_endpoint import people
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.people import principal

METADATA = 'resource_metadata="http://localhost:8000/.well-known/oauth-protected-resource/mcp"'


async def refusal(site: Site, authorization: bytes | None) -> HttpError:
    """How a request with this header is refused."""
    headers = {} if authorization is None else {b"authorization": authorization}
    with pytest.raises(HttpError) as raised:
        await bearer.authenticate(headers, site.endpoint)
    return raised.value


def challenge(error: HttpError) -> str:
    """The value of its WWW-Authenticate header."""
    ((name, value),) = error.headers
    assert name == b"www-authenticate"
    return value.decode("latin-1")


class TestAToken:
    @pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER"])
    async def test_is_taken_whatever_the_case_of_its_scheme(self, site: Site, scheme: bytes) -> None:
        caller = await bearer.authenticate({b"authorization": scheme + b" alice"}, site.endpoint)
        assert caller.user.username == "alice"

    async def test_may_have_white_space_around_it(self, site: Site) -> None:
        caller = await bearer.authenticate({b"authorization": b"Bearer   alice "}, site.endpoint)
        assert caller.user.username == "alice"

    @pytest.mark.parametrize("header", [None, b"", b"Bearer", b"Bearer ", b"Basic YTpi", b"alice", b"Bearer\talice"])
    async def test_that_was_not_sent_is_challenged_without_an_error(self, site: Site, header: bytes | None) -> None:
        error = await refusal(site, header)
        assert error.status == 401
        assert challenge(error) == f'Bearer {METADATA}, scope="mcp"'

    @pytest.mark.parametrize("token", [b"mallory", b"\xff\xfe", b"alice bob", "ålice".encode()])
    async def test_that_is_no_good_is_challenged_with_the_error(self, site: Site, token: bytes) -> None:
        error = await refusal(site, b"Bearer " + token)
        assert error.status == 401
        assert challenge(error).startswith('Bearer error="invalid_token", error_description="')

    async def test_is_never_repeated(self, site: Site) -> None:
        error = await refusal(site, b"Bearer s3cret\r\nset-cookie: a=b")
        assert "s3cret" not in error.message + challenge(error)

    async def test_of_a_malformed_request_gets_400(self, site: Site) -> None:
        error = await refusal(site, b"Bearer torn")
        assert error.status == 400
        assert 'error="invalid_request"' in challenge(error)

    async def test_is_checked_for_this_endpoint(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(people._known, "there", principal())
        asked: list[str] = []

        def note(token: str | None, resource: str) -> object:
            asked.append(resource)
            return principal()

        monkeypatch.setattr(people, "authenticator", note)
        await bearer.authenticate({}, site.endpoint)
        assert asked == ["http://localhost:8000/mcp"]


class TestAChallenge:
    async def test_names_the_default_scopes(self, site: Site) -> None:
        scope("notes:read", "Read your notes")
        scope("notes:write", "Write your notes", default=False)
        assert 'scope="mcp notes:read"' in challenge(await refusal(site, None))

    async def test_keeps_an_authenticators_words_inside_its_quotes(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 6750 §3 has the characters of a description."""

        def refuse(token: str | None, resource: str) -> object:
            raise BearerError("invalid_token", 'a "b" \\ é\r\nset-cookie: c=d')

        monkeypatch.setattr(people, "authenticator", refuse)
        value = challenge(await refusal(site, b"Bearer x"))
        assert 'error_description="a ?b? ? ???set-cookie: c=d"' in value


class TestTooLittleScope:
    def test_is_403_and_names_what_is_needed_beside_what_was_granted(self, site: Site) -> None:
        error = bearer.insufficient_scope(site.endpoint, principal(None, "mcp"), ["notes:write", "notes:read"])
        assert error.status == 403
        assert challenge(error) == (
            'Bearer error="insufficient_scope", '
            'error_description="This needs the scope notes:read notes:write", '
            f'{METADATA}, scope="mcp notes:read notes:write"'
        )

    async def test_is_what_a_call_gets(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="t", scope="notes")(lambda: "")
        answer = await site.client().call("t")
        assert answer.status == 403
        assert answer.json["id"] == 1
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]

    async def test_is_said_in_the_body_too(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="t", scope="notes")(lambda: "")
        assert (await site.client().call("t")).json["error"] == {
            "code": INVALID_REQUEST,
            "message": "This needs the scope notes",
            "data": {"requiredScopes": ["notes"], "grantedScopes": ["mcp"]},
        }

"""Client credentials (RFC 6749 §4.4): clients of the operator's that act as the user whom the operator named."""

import base64
from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.client_assertion import ASSERTION_TYPE
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import pause_connections, resume_connections, revoke_connections
from tests.oauth_bridge.flows import Flow, post_form
from tests.oauth_bridge.operator_clients import SECRET, flow_of, operator_client
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE
from tests.oauth_bridge.signing import KEY, public, sign


@pytest.fixture
def robot(alice: User) -> Flow:
    """A client that acts as alice."""
    return flow_of(operator_client(name="Robot", acts_as=alice))


def ask(client: Flow, **fields: Any) -> Any:
    return client.token(grant_type="client_credentials", **fields)


def error(response: Any, status: int = 400) -> str:
    assert response.status_code == status, response.content
    return str(response.json()["error"])


class TestToken:
    def test_is_the_users(self, robot: Flow, alice: User) -> None:
        principal = verify(ask(robot).json()["access_token"], RESOURCE)
        assert (principal.user, principal.client_name) == (alice, "Robot")

    def test_comes_without_a_refresh_token(self, robot: Flow) -> None:
        """RFC 6749 §4.4.3."""
        assert "refresh_token" not in ask(robot).json()

    def test_is_given_for_a_secret_in_the_header(self, robot: Flow) -> None:
        """RFC 6749 §2.3.1."""
        basic = base64.b64encode(f"{robot.client_id}:{SECRET}".encode()).decode()
        form = {"grant_type": "client_credentials"}
        assert post_form(Browser(), "/token", form, Authorization=f"Basic {basic}").status_code == 200

    def test_is_given_for_a_signed_assertion(self, alice: User) -> None:
        """RFC 7523 §2.2; recommended for MCP clients without a user."""
        client = operator_client(acts_as=alice, jwks={"keys": [public(KEY)]})
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign(iss=client.client_id, sub=client.client_id),
        }
        assert verify(post_form(Browser(), "/token", form).json()["access_token"], RESOURCE).user == alice
        assert error(post_form(Browser(), "/token", form), 401) == "invalid_client"  # the same one again
        assert error(ask(flow_of(client)), 401) == "invalid_client"  # by secret, where it has a key

    def test_is_for_the_resource_that_was_asked_for(self, robot: Flow) -> None:
        """RFC 8707 §2.2."""
        assert verify(ask(robot, resource=OTHER_RESOURCE).json()["access_token"], OTHER_RESOURCE)
        assert error(ask(robot, resource="https://elsewhere.example/")) == "invalid_target"

    def test_has_the_scopes_that_were_asked_for_and_exist(self, robot: Flow) -> None:
        assert ask(robot, scope="notes:read nonsense").json()["scope"] == "notes:read"

    def test_has_the_default_scopes_without_asking(self, robot: Flow) -> None:
        assert ask(robot).json()["scope"] == "mcp"

    def test_has_no_scope_beyond_those_of_the_client(self, alice: User) -> None:
        client = flow_of(operator_client(acts_as=alice, scope="notes:read"))
        assert ask(client, scope="notes:read notes:write").json()["scope"] == "notes:read"
        assert error(ask(client, scope="notes:write")) == "invalid_scope"
        assert error(ask(client)) == "invalid_scope"

    def test_again_leaves_the_first_one_alone(self, robot: Flow) -> None:
        tokens = [ask(robot).json()["access_token"] for _ in range(2)]
        assert all(verify(token, RESOURCE) for token in tokens)
        assert Connection.objects.count() == 1


class TestEnds:
    def test_with_the_user(self, robot: Flow) -> None:
        token = ask(robot).json()["access_token"]
        User.objects.update(is_active=False)
        with pytest.raises(BearerError):
            verify(token, RESOURCE)
        assert error(ask(robot)) == "invalid_grant"

    def test_when_it_acts_as_nobody(self, robot: Flow) -> None:
        client = Client.objects.get(client_id=robot.client_id)
        client.acts_as = None
        client.save()
        assert error(ask(robot)) == "unauthorized_client"

    def test_for_the_former_user_when_it_acts_as_another(self, robot: Flow) -> None:
        token = ask(robot).json()["access_token"]
        client = Client.objects.get(client_id=robot.client_id)
        client.acts_as = User.objects.create_user("bob")
        client.save()
        with pytest.raises(BearerError):
            verify(token, RESOURCE)
        assert verify(ask(robot).json()["access_token"], RESOURCE).user.username == "bob"

    def test_with_a_deleted_user(self, robot: Flow, alice: User) -> None:
        ask(robot)
        alice.delete()
        assert error(ask(robot)) == "unauthorized_client"

    def test_with_a_disabled_client(self, robot: Flow) -> None:
        Client.objects.update(disabled=True)
        assert error(ask(robot), 401) == "invalid_client"

    def test_while_the_connection_is_paused(self, robot: Flow) -> None:
        ask(robot)
        pause_connections(Connection.objects.all())
        assert error(ask(robot)) == "invalid_grant"
        resume_connections(Connection.objects.all())
        assert ask(robot).status_code == 200

    def test_for_good_when_somebody_revoked_the_connection(self, robot: Flow) -> None:
        """Nobody consents here, so that asking again must not bring it back."""
        ask(robot)
        revoke_connections(Connection.objects.all())
        assert error(ask(robot)) == "invalid_grant"

    def test_one_token_when_the_client_gives_it_back(self, robot: Flow) -> None:
        """RFC 7009 §2: a client that tidies up has not lost its access."""
        token = ask(robot).json()["access_token"]
        assert robot.revoke(token).status_code == 200
        assert not AccessToken.objects.exists()
        assert ask(robot).status_code == 200


class TestRefused:
    def test_a_wrong_secret(self, robot: Flow) -> None:
        for secret in ("wrong", "", None):
            assert error(ask(robot, client_secret=secret), 401) == "invalid_client"

    def test_a_client_with_a_blank_secret(self, alice: User) -> None:
        """Stock DOT lets it in."""
        client = operator_client(acts_as=alice, client_secret="")
        assert error(ask(flow_of(client, None)), 401) == "invalid_client"

    def test_a_client_that_registered_itself(self, confidential: Flow, alice: User) -> None:
        """Whatever somebody wrote into its row."""
        Client.objects.update(acts_as=alice, authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS)
        assert error(ask(confidential)) == "unauthorized_client"

    def test_a_public_client(self, alice: User) -> None:
        client = operator_client(acts_as=alice, client_type=Client.CLIENT_PUBLIC)
        assert error(ask(flow_of(client, None)), 401) == "invalid_client"

    def test_a_client_of_another_grant(self, alice: User) -> None:
        client = operator_client(acts_as=alice, authorization_grant_type=Client.GRANT_DEVICE_CODE)
        assert error(ask(flow_of(client))) == "unauthorized_client"

    def test_other_grants_of_this_client(self, robot: Flow) -> None:
        for fields in ({"grant_type": "refresh_token", "refresh_token": "x"}, {"grant_type": "authorization_code"}):
            assert error(robot.token(**fields)) in ("unauthorized_client", "invalid_request", "invalid_grant")

    def test_everybody_when_it_is_switched_off(self, robot: Flow, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CLIENT_CREDENTIALS = False
        assert error(ask(robot)) == "unsupported_grant_type"
        document = Browser().get("/.well-known/oauth-authorization-server").json()
        assert "client_credentials" not in document["grant_types_supported"]

"""The security list: what other servers got wrong, each item with the tests that hold it here.

`tests/oauth_bridge/stock` shows that the worst of them are there in the toolkit as it comes.
"""

import ast
import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge import device
from oauth_bridge.hashers import ClientSecretHasher
from oauth_bridge.models import Client
from tests.live import ROOT
from tests.oauth_bridge.flows import Flow, register

HERE = "tests/oauth_bridge"
RFC = f"{HERE}/rfc"

HELD = {
    # What another server's changelog lists.
    "consent by a cross-site GET": [
        f"{RFC}/test_rfc6749_oauth21.py::TestAuthorizationRequest::test_a_get_never_answers"
    ],
    "one code, many tokens": [
        "tests/concurrency/test_flows.py::TestOneCode::test_exchanged_by_many_at_once_gives_tokens_once"
    ],
    "any client revokes any token": [
        f"{RFC}/test_rfc7009.py::TestRevocation::test_of_another_clients_token_does_nothing"
    ],
    "the hint is believed": [f"{RFC}/test_rfc7009.py::TestRevocation::test_takes_the_whole_grant_whatever_the_hint"],
    "a revoked refresh token leaves access": [
        f"{RFC}/test_rfc7009.py::TestRevocation::test_takes_the_whole_grant_whatever_the_hint"
    ],
    "a redirect over http": [f"{RFC}/test_rfc7591.py::TestRefused::test_redirect_uris"],
    "javascript in a policy link": [f"{RFC}/test_rfc7591.py::TestRefused::test_metadata"],
    "a user code in a link is believed": [
        f"{RFC}/test_rfc8628_page.py::TestConsent::test_is_never_given_by_a_link",
        f"{RFC}/test_rfc8628_page.py::TestCode::test_in_the_link_is_not_looked_up",
    ],
    "secrets compared in variable time": [f"{HERE}/test_security_list.py::test_secrets_are_compared_in_constant_time"],
    "a document is buffered before its size is known": [
        f"{HERE}/test_cimd_guards.py::test_a_huge_body_is_not_read_to_its_end"
    ],
    "a biased user code": [f"{HERE}/test_security_list.py::test_every_letter_of_a_user_code_is_as_likely"],
    "a refresh token for a client without the grant": [
        f"{RFC}/test_rfc9700.py::TestCodeReplay::test_used_twice_ends_the_token_of_a_client_without_refresh",
        f"{RFC}/test_cimd.py::TestFetched::test_without_the_refresh_grant_gives_no_refresh_token",
    ],
    # What is wrong with the toolkit as it comes. Security:
    "A1 client credentials for anybody": [
        f"{RFC}/test_rfc7591.py::TestGranted::test_never_client_credentials",
        f"{HERE}/test_client_credentials.py::TestRefused::test_a_client_that_registered_itself",
    ],
    "A2 the client skips consent": [f"{HERE}/test_authorize.py::TestAllowed::test_consent_is_asked_every_time"],
    "A3 inactive users keep access": [
        f"{RFC}/test_rfc6750.py::TestNotLetIn::test_a_token_of_a_deactivated_user",
        f"{HERE}/test_refresh.py::TestRefused::test_of_a_deactivated_user",
    ],
    "A4 a registration token is an access token": [
        f"{RFC}/test_rfc6750.py::TestNotLetIn::test_a_token_that_belongs_to_no_connection",
        f"{HERE}/test_security_list.py::test_registering_makes_no_access_token",
    ],
    "A5 ID tokens are accepted": [f"{RFC}/test_rfc6750.py::TestNotLetIn::test_no_id_token_is_accepted"],
    "A6 introspection for anybody": [
        f"{RFC}/test_rfc7662.py::TestRefused::test_a_client_that_registered_itself",
        f"{RFC}/test_rfc7662.py::TestRefused::test_a_client_whose_secret_is_blank",
        f"{RFC}/test_rfc7662.py::TestRefused::test_get",
    ],
    "A7 any user makes clients": [f"{HERE}/test_security_list.py::test_the_toolkits_own_pages_are_not_there"],
    "A8 redirects to anywhere, without number": [f"{RFC}/test_rfc7591.py::TestRefused::test_redirect_uris"],
    "A9 a client goes with its maker": [
        f"{HERE}/test_revocation.py::TestOfAClientOrUser::test_deleting_who_made_a_client_leaves_it"
    ],
    "A10 a replayed code leaves its tokens": [
        f"{RFC}/test_rfc9700.py::TestCodeReplay::test_used_twice_ends_what_it_issued"
    ],
    "A11 no scope means every scope": [f"{HERE}/test_authorize.py::TestDenied::test_allowing_no_scope_is_a_denial"],
    "A12 credentials in the log": [f"{HERE}/test_security_list.py::test_the_libraries_log_no_credentials"],
    # Clients that are turned away:
    "B1 documents of real clients": [
        f"{HERE}/test_real_clients.py::TestClaude::test_document_with_the_jwt_bearer_grant",
        f"{HERE}/test_real_clients.py::TestVSCode::test_document_with_the_device_grant",
        f"{HERE}/test_real_clients.py::TestChatGPT::test_document_that_prefers_keys_but_lists_none",
    ],
    "B2 VS Code's registration": [
        f"{HERE}/test_real_clients.py::TestVSCode::test_registers_with_the_device_grant_and_comes_back_on_any_port"
    ],
    "B3 none is not advertised": [f"{RFC}/test_rfc8414.py::TestDocument::test_is_complete_and_truthful"],
    "B4 unknown scopes are fatal": [f"{HERE}/test_real_clients.py::TestOthers::test_want_openid_and_a_mistyped_scope"],
    "B5 no CORS": [
        f"{HERE}/test_metadata.py::TestBrowsers::test_preflight_is_answered",
        f"{HERE}/test_metadata.py::TestBrowsers::test_answers_and_errors_can_be_read",
    ],
    "B6 the redirect URI must be repeated": [f"{RFC}/test_rfc6749_oauth21.py::TestCode::test_needs_no_redirect_uri"],
    "B7 two issuers": [
        f"{RFC}/test_rfc8414.py::TestDocument::test_is_the_same_at_every_probed_path",
        f"{RFC}/test_rfc9207.py::TestTheIssuer::test_the_browser_goes_back_with_code_state_and_issuer",
    ],
    # Crashes:
    "C1 the device grant": [
        f"{RFC}/test_rfc8628.py::TestCodes::test_answer_has_all_that_a_device_needs",
        f"{RFC}/test_rfc8628.py::TestTokens::test_are_given_once",
        f"{RFC}/test_rfc8628.py::TestPolling::test_an_approved_one_expires_too",
        f"{RFC}/test_rfc8628.py::TestPolling::test_by_another_client_finds_nothing",
    ],
    "C2 refreshing twice at once": [
        f"{HERE}/test_refresh.py::TestGrace::test_a_retry_gets_a_sibling",
        "tests/concurrency/test_flows.py::TestOneToken::test_refreshed_by_many_at_once_gives_each_a_sibling",
    ],
    "C3 odd input": [
        "tests/fuzz/test_oauth_endpoints.py::test_anything_is_answered_in_order",
        f"{RFC}/test_rfc7591.py::TestGranted::test_null_is_left_out",
        f"{RFC}/test_rfc7591.py::TestRefused::test_what_is_no_json_object",
        f"{RFC}/test_rfc8707.py::TestAuthorizationRequest::test_a_foreign_resource",
        f"{HERE}/test_authorize.py::TestRefusedByPage::test_the_post_of_a_client_that_was_deleted_meanwhile",
        f"{HERE}/test_token.py::TestRefused::test_parameters_in_the_url",
    ],
    "C4 JSON served as a page": [f"{RFC}/test_rfc8707.py::TestTokenRequest::test_named_again_must_be_the_same"],
    "C5 the admin east of Greenwich": [f"{HERE}/test_security_list.py::test_the_admin_opens_in_every_time_zone"],
    "C6 sign-in loses resources": [
        f"{HERE}/test_authorize.py::TestSignIn::test_comes_first_and_leads_back_with_every_parameter"
    ],
}


def defined(path: Path) -> set[str]:
    """Tests of a module, as pytest names them."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{test.name}" for test in node.body if isinstance(test, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return names


@pytest.mark.parametrize("item", HELD)
def test_every_item_is_held_by_a_test_that_there_is(item: str) -> None:
    assert HELD[item]
    for test in HELD[item]:
        module, _, name = test.partition("::")
        assert name in defined(ROOT / module)


def test_the_list_is_whole() -> None:
    numbered = {item.split()[0] for item in HELD if item[0] in "ABC" and item[1].isdigit()}
    expected = {f"A{n}" for n in range(1, 13)} | {f"B{n}" for n in range(1, 8)} | {f"C{n}" for n in range(1, 7)}
    assert numbered == expected
    assert len(HELD) == len(expected) + 12


def test_secrets_are_compared_in_constant_time(confidential: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def note(first: str, second: str) -> bool:
        compared.append(first)
        return False

    monkeypatch.setattr(hashers, "constant_time_compare", note)
    assert confidential.exchange("x").status_code == 401
    assert compared[0].startswith(ClientSecretHasher.algorithm)


@pytest.mark.django_db
def test_every_letter_of_a_user_code_is_as_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remainder of a random number would favour the first ones; `secrets.choice` does not."""
    drawn_from: list[str] = []

    def first(alphabet: str) -> str:
        drawn_from.append(alphabet)
        return alphabet[0]

    monkeypatch.setattr(device.secrets, "choice", first)
    code = device._unused_user_code()
    assert set(drawn_from) == {device.ALPHABET}
    assert set(code) == {device.ALPHABET[0]}


def test_registering_makes_no_access_token(browser: Browser) -> None:
    """In a browser with a session it would even be that user's."""
    register(browser)
    assert Client.objects.get().user is None
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "path", ["applications/", "applications/register/", "authorized_tokens/", "userinfo/", "register/"]
)
def test_the_toolkits_own_pages_are_not_there(browser: Browser, path: str) -> None:
    assert browser.get(f"/o/{path}").status_code == 404
    if path != "register/":
        assert browser.get(f"/{path}").status_code == 404


@pytest.mark.parametrize("library", ["oauthlib", "oauth2_provider"])
def test_the_libraries_log_no_credentials(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At DEBUG they write codes and refresh tokens; the root logger's level does not reach them."""
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    assert not logging.getLogger(f"{library}.views").isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Kiritimati"])
def test_the_admin_opens_in_every_time_zone(flow: Flow, settings: Any, zone: str) -> None:
    """A token that expires in the year 9999 has no time there."""
    settings.TIME_ZONE = zone
    flow.tokens()
    operator = Browser()
    operator.force_login(User.objects.create_superuser("operator"))
    for model in ("accesstoken", "refreshtoken", "grant"):
        assert operator.get(f"/admin/oauth2_provider/{model}/").status_code == 200
    assert operator.get("/admin/oauth_bridge/client/").status_code == 200

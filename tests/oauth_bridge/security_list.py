"""The security list: what other servers got wrong, each item with the tests that hold it here.

`tests/oauth_bridge/stock` shows which of them are there in the toolkit as it comes.
"""

HERE = "tests/oauth_bridge"
RFC = f"{HERE}/rfc"

HELD = {
    # What another server's changelog lists.
    "S1 consent by a cross-site GET": [
        f"{RFC}/test_rfc6749_oauth21.py::TestAuthorizationRequest::test_a_get_never_answers"
    ],
    "S2 one code, many tokens": [
        "tests/concurrency/test_flows.py::TestOneCode::test_exchanged_by_many_at_once_gives_tokens_once",
        f"{HERE}/test_security_list.py::test_a_code_that_another_one_was_quicker_with_makes_no_tokens",
    ],
    "S3 any client revokes any token": [
        f"{RFC}/test_rfc7009.py::TestRevocation::test_of_another_clients_token_does_nothing"
    ],
    "S4 the hint is believed": [f"{RFC}/test_rfc7009.py::TestRevocation::test_takes_the_whole_grant_whatever_the_hint"],
    "S5 a revoked refresh token leaves access": [
        f"{RFC}/test_rfc7009.py::TestRevocation::test_takes_the_whole_grant_whatever_the_hint"
    ],
    "S6 a redirect over http": [f"{RFC}/test_rfc7591.py::TestRefused::test_redirect_uris"],
    "S7 javascript in a policy link": [f"{RFC}/test_rfc7591.py::TestRefused::test_metadata"],
    "S8 a user code in a link is believed": [
        f"{RFC}/test_rfc8628_page.py::TestConsent::test_is_never_given_by_a_link",
        f"{RFC}/test_rfc8628_page.py::TestCode::test_in_the_link_is_not_looked_up",
    ],
    "S9 secrets compared in variable time": [
        f"{HERE}/test_security_list.py::test_secrets_are_compared_in_constant_time"
    ],
    "S10 a document is buffered before its size is known": [
        f"{HERE}/test_cimd_guards.py::test_a_huge_body_is_not_read_to_its_end"
    ],
    "S11 a biased user code": [f"{HERE}/test_security_list.py::test_every_letter_of_a_user_code_is_as_likely"],
    "S12 a refresh token for a client without the grant": [
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
    "A5 ID tokens are accepted": [
        f"{RFC}/test_rfc6750.py::TestNotLetIn::test_no_id_token_is_accepted",
        f"{HERE}/test_security_list.py::test_an_id_token_opens_nothing",
    ],
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
    "A11 no scope means every scope": [
        f"{HERE}/test_authorize.py::TestDenied::test_allowing_no_scope_is_a_denial",
        f"{HERE}/test_security_list.py::test_who_asks_for_no_scope_gets_the_least",
    ],
    "A12 credentials in the log": [
        f"{HERE}/test_security_list.py::test_the_libraries_log_no_credentials",
        f"{HERE}/test_security_list.py::test_no_credential_of_a_flow_is_in_the_log",
    ],
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
    "B4 unknown scopes are fatal": [
        f"{HERE}/test_real_clients.py::TestOthers::test_want_openid_and_a_mistyped_scope",
        f"{HERE}/test_real_clients.py::TestChatGPT::test_asks_for_an_empty_scope",
    ],
    "B5 no CORS": [
        f"{HERE}/test_metadata.py::TestBrowsers::test_preflight_is_answered",
        f"{HERE}/test_metadata.py::TestBrowsers::test_answers_and_errors_can_be_read",
    ],
    "B6 the redirect URI must be repeated": [f"{RFC}/test_rfc6749_oauth21.py::TestCode::test_needs_no_redirect_uri"],
    "B7 two issuers": [
        f"{RFC}/test_rfc8414.py::TestDocument::test_is_the_same_at_every_probed_path",
        f"{RFC}/test_rfc9207.py::TestTheIssuer::test_the_browser_goes_back_with_code_state_and_issuer",
        f"{HERE}/test_metadata.py::test_an_unknown_document_is_a_json_404",
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
        f"{RFC}/test_rfc8628.py::TestPolling::test_with_junk_is_refused",
        f"{HERE}/test_real_clients.py::TestOthers::test_want_openid_and_a_mistyped_scope",
        f"{HERE}/test_security_list.py::test_a_prompt_is_no_more_than_the_consent_page",
    ],
    "C4 JSON served as a page": [f"{RFC}/test_rfc8707.py::TestTokenRequest::test_named_again_must_be_the_same"],
    "C5 the admin east of Greenwich": [f"{HERE}/test_security_list.py::test_the_admin_opens_in_every_time_zone"],
    "C6 sign-in loses resources": [
        f"{HERE}/test_authorize.py::TestSignIn::test_comes_first_and_leads_back_with_every_parameter",
        f"{HERE}/test_security_list.py::test_a_sign_in_that_was_asked_for_keeps_every_resource",
    ],
}

"""The token and revocation endpoints (RFC 6749 §3.2, RFC 7009)."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from oauth_bridge.attempts import looking, reports
from oauth_bridge.client_authentication import authorization_header
from oauth_bridge.conf import configuration
from oauth_bridge.json_answers import RequestError, endpoint, no_store, oauth_error, read_form
from oauth_bridge.server import make_server
from oauth_bridge.usage import expect

Answer = tuple[dict[str, str], str | None, int]


@sensitive_post_parameters()
@endpoint("POST", refused=reports.token_unreadable)
def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for tokens."""
    form = read_form(request)
    if "grant_type" not in dict(form):
        raise RequestError("grant_type is missing.")
    with looking() as findings:
        status, answer = _ask(request, "/token", form, make_server().create_token_response)
    reports.token_answered(request, form, answer, findings)
    if findings.connection is not None and status == 200:
        expect(findings.connection)
    return _answer(status, answer)


@sensitive_post_parameters()
@endpoint("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """End the grant that a token belongs to; an unknown token is as good as revoked (RFC 7009 §2.2)."""
    return _answer(*_ask(request, "/revoke", read_form(request), make_server().create_revocation_response))


def _ask(
    request: HttpRequest, path: str, form: list[tuple[str, str]], respond: Callable[..., Answer]
) -> tuple[int, dict[str, Any]]:
    headers = authorization_header(request.headers.get("Authorization", ""))
    try:
        _, body, status = respond(configuration().issuer + path, "POST", urlencode(form), headers)
    except OAuth2Error as error:
        body, status = error.json, error.status_code
    return status, json.loads(body) if body else {}


def _answer(status: int, answer: dict[str, Any]) -> HttpResponse:
    if status >= 400:
        return oauth_error(answer["error"], answer.get("error_description", ""), status)
    response: HttpResponse = no_store(JsonResponse(answer, status=status))
    return response

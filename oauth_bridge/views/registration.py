"""The registration endpoint (RFC 7591 §3) and those that manage a registration (RFC 7592 §2)."""

import hmac

from django.http import HttpRequest, HttpResponse, JsonResponse

from oauth_bridge.addresses import client_address
from oauth_bridge.attempts import reports
from oauth_bridge.conf import configuration
from oauth_bridge.json_answers import RequestError, endpoint, no_store, oauth_error
from oauth_bridge.models import Client
from oauth_bridge.rates import seconds_until_registration
from oauth_bridge.registered_clients import (
    find_identical,
    find_managed,
    register,
    registration_response,
    remove,
    replace,
)
from oauth_bridge.registration import RegistrationError, grant_registration, parse_registration

Document = dict[str, object]


@endpoint("POST", refused=reports.registration_refused)
def register_client(request: HttpRequest) -> HttpResponse:
    """Register a client; whoever is signed in in this browser has nothing to do with it."""
    conf = configuration()
    if conf.registration not in ("open", "token"):
        return _refused(request, _not_found(), "Clients cannot register themselves here: OAUTH_REGISTRATION is off.")
    if conf.registration == "token" and not _same(_bearer(request), conf.registration_token):
        needed = "Registration needs the initial access token of this server."
        return _refused(request, _unauthorized(needed), needed)
    try:
        registration = grant_registration(_read(request))
    except RegistrationError as error:
        return _refused(request, oauth_error(error.code, error.description), error.description)
    known = find_identical(registration)
    if known is not None:
        return _registered(request, known, {})
    address = client_address(request)
    if wait := seconds_until_registration(address):
        too_many = "Too many clients were registered lately."
        response = oauth_error("temporarily_unavailable", too_many, 429)
        response["Retry-After"] = str(wait)
        return _refused(request, response, f"{too_many} The next one may come in {wait} seconds.")
    return _registered(request, *register(registration, address))


def _registered(request: HttpRequest, client: Client, credentials: Document) -> HttpResponse:
    reports.registered(request, client)
    return _answer(client, credentials, 201)


def _refused(request: HttpRequest, response: HttpResponse, why: str) -> HttpResponse:
    reports.registration_refused(request, why)
    return response


@endpoint("GET", "PUT", "DELETE")
def manage_client(request: HttpRequest, client_id: str) -> HttpResponse:
    """Read, replace or remove a registration, with the token that came with it."""
    if configuration().registration not in ("open", "token"):
        return _not_found()
    token = _bearer(request)
    client = find_managed(client_id, token)
    if client is None:
        # The same for a client that there is not (RFC 7592 §2).
        return _unauthorized("This token manages no such client.")
    if request.method == "GET":
        return _answer(client, {"registration_access_token": token}, 200)
    if request.method == "DELETE":
        remove(client)
        response: HttpResponse = no_store(HttpResponse(status=204))
        return response
    return _replace(request, client)


def _replace(request: HttpRequest, client: Client) -> HttpResponse:
    try:
        document = _read(request)
        if document.get("client_id") != client.client_id:
            raise RegistrationError("invalid_client_metadata", "client_id must be the client's own.")
        secret = document.get("client_secret")
        registration = grant_registration(document)
    except RegistrationError as error:
        return oauth_error(error.code, error.description)
    credentials = replace(client, registration, None if secret is None else str(secret))
    if credentials is None:
        return oauth_error("invalid_client_metadata", "client_secret is not the client's, or the client has changed.")
    return _answer(client, credentials, 200)


def _read(request: HttpRequest) -> Document:
    limit = configuration().registration_body_limit
    body = request.read(limit + 1)
    if len(body) > limit:
        raise RequestError(f"The body is larger than {limit} bytes.", "invalid_client_metadata", 413)
    return parse_registration(body)


def _answer(client: Client, credentials: Document, status: int) -> HttpResponse:
    response: HttpResponse = no_store(JsonResponse(registration_response(client, credentials), status=status))
    return response


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _same(given: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _unauthorized(description: str) -> HttpResponse:
    response = oauth_error("invalid_token", description, 401)
    response["WWW-Authenticate"] = 'Bearer realm="OAuth", error="invalid_token"'
    return response


def _not_found() -> HttpResponse:
    return oauth_error("not_found", "Clients cannot register themselves here.", 404)

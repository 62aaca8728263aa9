"""The registration endpoint (RFC 7591 §3)."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from oauth_bridge.conf import configuration
from oauth_bridge.json_answers import RequestError, endpoint, no_store, oauth_error
from oauth_bridge.registration import (
    RegistrationError,
    grant_registration,
    parse_registration,
    register,
    registration_response,
)


@endpoint("POST")
def register_client(request: HttpRequest) -> HttpResponse:
    """Register a client; whoever is signed in in this browser has nothing to do with it."""
    limit = configuration().registration_body_limit
    body = request.read(limit + 1)
    if len(body) > limit:
        raise RequestError(f"The body is larger than {limit} bytes.", "invalid_client_metadata", 413)
    try:
        registration = grant_registration(parse_registration(body))
    except RegistrationError as error:
        return oauth_error(error.code, error.description)
    client, secret = register(registration)
    response: HttpResponse = no_store(JsonResponse(registration_response(client, secret), status=201))
    return response

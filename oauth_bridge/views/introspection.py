"""The introspection endpoint (RFC 7662 §2)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters

from oauth_bridge.client_authentication import authenticate
from oauth_bridge.introspection import introspect, may_ask
from oauth_bridge.json_answers import RequestError, endpoint, no_store, read_form


@sensitive_post_parameters()
@endpoint("POST")
def introspection(request: HttpRequest) -> HttpResponse:
    """Tell a resource server about a token."""
    form = read_form(request)
    client = authenticate("/introspect", form, request.headers.get("Authorization", ""))
    if not may_ask(client):
        raise RequestError("This client may not introspect tokens.", "unauthorized_client", 403)
    token = dict(form).get("token")
    if token is None:
        raise RequestError("token is missing.")
    response: HttpResponse = no_store(JsonResponse(introspect(token, client)))
    return response

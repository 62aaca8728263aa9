"""The discovery documents at every address where clients look for them (RFC 8414 §3, RFC 9728 §3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from oauth_bridge import jwt_tokens
from oauth_bridge.attempts import reports
from oauth_bridge.conf import configuration
from oauth_bridge.json_answers import endpoint, oauth_error
from oauth_bridge.server_metadata import (
    authorization_server_metadata,
    is_issuer_suffix,
    protected_resource_metadata,
    resource_at,
)


@endpoint("GET", "HEAD")
def authorization_server(request: HttpRequest, path: str = "", appended_to: str = "") -> HttpResponse:
    """The server's metadata; its issuer is the same wherever it was asked for."""
    found = is_issuer_suffix(path or f"/{appended_to}")
    reports.document(request, found)
    if not found:
        return unknown(request)
    return _document(authorization_server_metadata())


@endpoint("GET", "HEAD")
def protected_resource(request: HttpRequest, path: str = "", appended_to: str = "") -> HttpResponse:
    """A resource's metadata."""
    found = resource_at(path or f"/{appended_to}")
    reports.document(request, found is not None)
    if found is None:
        return unknown(request)
    return _document(protected_resource_metadata(*found))


@endpoint("GET", "HEAD")
def key_set(request: HttpRequest) -> HttpResponse:
    """The keys that access tokens are signed with (RFC 7517 §5), while they are."""
    return _document(jwt_tokens.key_set()) if jwt_tokens.are_on() else unknown(request)


@endpoint("GET", "HEAD", "POST")
def not_found(request: HttpRequest) -> HttpResponse:
    """Any other well-known document: clients that probe read JSON, not a page."""
    return unknown(request)


def unknown(request: HttpRequest) -> HttpResponse:
    """There is no such document."""
    return oauth_error("not_found", "There is no such document here.", 404)


def _document(content: dict[str, Any]) -> HttpResponse:
    age = configuration().metadata_max_age
    return JsonResponse(content, headers={"Cache-Control": f"public, max-age={age}"})

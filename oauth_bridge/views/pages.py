"""Pages of a user's account: never stored, never framed, and their forms stay on this site."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oauth_bridge.json_answers import no_store

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def account_page(request: HttpRequest, name: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A page from the template of that name."""
    response: HttpResponse = no_store(render(request, f"oauth_bridge/{name}.html", dict(context), status=status))
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response

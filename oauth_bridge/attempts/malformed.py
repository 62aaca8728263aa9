"""What can be told of a request that could not be judged."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from oauth_bridge.attempts.event import shown_uri
from oauth_bridge.client_metadata import clean_text

LONGEST_ID = 2_000
LONGEST_KIND = 60


def described(request: HttpRequest) -> str:
    """What came, for whoever mends the client: method, path, and the kind of its body."""
    kind = clean_text(request.content_type or "", LONGEST_KIND)
    return f"{request.method} {shown_uri(request.path)}" + (f" ({kind})" if kind else "")


def named(request: HttpRequest) -> tuple[str, str]:
    """Client ID and code that it names, as far as it can be read; each may be empty."""
    try:
        form: Mapping[str, Any] = request.POST
    except (SuspiciousOperation, BadRequest, MultiPartParserError, OSError):
        form = {}
    client_id = str(form.get("client_id") or request.GET.get("client_id") or "")[:LONGEST_ID]
    return client_id or basic_client_id(request.headers.get("Authorization", "")), str(form.get("code", ""))


def basic_client_id(authorization: str) -> str:
    """The client ID of the header, and not the secret beside it (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""

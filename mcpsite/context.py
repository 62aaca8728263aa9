"""What every template of the site may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.conf import sign_up_is_open


def site(request: HttpRequest) -> dict[str, Any]:
    """The public URL, the title of the default Endpoint, and what this site lets people do."""
    return {
        "public_url": settings.PUBLIC_URL,
        "site_title": settings.MCP_ENDPOINTS["default"]["title"],
        "sign_up_is_open": sign_up_is_open(),
        "sends_email": not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"),
    }

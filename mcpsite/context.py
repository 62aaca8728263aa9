"""What every template of the site may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The public URL, and the title of the default Endpoint."""
    return {
        "public_url": settings.PUBLIC_URL,
        "site_title": settings.MCP_ENDPOINTS["default"]["title"],
    }

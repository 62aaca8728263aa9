"""The ASGI application: protocol paths to the MCP Endpoint, everything else to Django."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mcpsite.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (Django must be set up first)
from django.urls import re_path  # noqa: E402

from mcp_endpoint.routing import routes  # noqa: E402

application = ProtocolTypeRouter({"http": URLRouter([*routes(), re_path(r"", django_application)])})

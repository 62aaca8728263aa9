"""Django's URLs. Protocol paths of the MCP Endpoint are routed before Django, in mcpsite/asgi.py."""

from django.contrib import admin
from django.urls import include, path

from mcpsite.home import home

handler400 = "oauth_bridge.views.failures.bad_request"
handler500 = "oauth_bridge.views.failures.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("oauth_bridge.urls")),
]

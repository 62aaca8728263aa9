"""Django's URLs. Protocol paths of the MCP Endpoint are routed before Django, in mcpsite/asgi.py."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from mcpsite.home import home

# The admin has no sign-in of its own: whatever stands before the site's, a second factor too, stands before it.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# It has the name that people know the site by.
admin.site.site_title = settings.MCP_ENDPOINTS["default"]["title"]
admin.site.site_header = f"{admin.site.site_title}: admin"

handler400 = "oauth_bridge.views.failures.bad_request"
handler500 = "oauth_bridge.views.failures.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/doctor/", RedirectView.as_view(pattern_name="admin:mcpsite_doctor_changelist")),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("account/upstream/", include("accounts.upstream.urls")),
    path("", include("oauth_bridge.urls")),
]

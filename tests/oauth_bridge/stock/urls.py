"""URLs of the stock site: the toolkit under a prefix, its metadata at the root too, and something to protect."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from oauth2_provider.urls import metadata_urlpatterns
from oauth2_provider.views.generic import ScopedProtectedResourceView


class Protected(ScopedProtectedResourceView):
    """What a token with the scope `mcp` opens."""

    required_scopes = ["mcp"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("let in")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("mcp/", Protected.as_view()),
    *metadata_urlpatterns,
]

"""Puts the gates before allauth's pages, and a page behind providers that fail."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.socialaccount.providers.base.provider import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from requests import RequestException

from accounts.gates import GATES, PROVIDER_PAGES
from accounts.pages import provider_failed_page

# allauth reads a provider's answers as they should be: what is missing or of another kind ends in one of these.
FAULTS = (
    RequestException,
    OAuth2Error,
    ProviderException,
    ImproperlyConfigured,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)

logger = logging.getLogger(__name__)


class SignInMiddleware(MiddlewareMixin):
    """For the pages of signing in alone; others pass untouched."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        page = _page(request)
        for gate in GATES:
            if response := gate(request, page):
                return response
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Nothing of somebody's account stays in a browser that others use, nor in a proxy."""
        if request.path.startswith(("/account/", "/accounts/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The log gets the kind of fault alone: messages repeat what the provider sent."""
        page = _page(request)
        if page not in PROVIDER_PAGES or not isinstance(exception, FAULTS):
            return None
        logger.warning("%s: the provider cannot be used (%s)", page, type(exception).__name__)
        return provider_failed_page(request)


def _page(request: HttpRequest) -> str:
    return (request.resolver_match.url_name if request.resolver_match else None) or ""

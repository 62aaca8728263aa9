"""Response headers that pages opened in a client's popup need."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class OpenerPolicyMiddleware(MiddlewareMixin):
    """Lets the window that opened sign-in and consent see when they are done.

    Django's default, same-origin, cuts a popup off from its opener for good; ChatGPT and other browser
    clients then wait for ever. Only the pages of that path are loosened.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(("/authorize", "/accounts/", "/account/sign-up/")):
            response.headers.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
        return response

"""JSON answers of the OAuth endpoints, and the reading of their forms."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]

ANSWERS_PROGRAMS = "answers_programs"
"""Attribute of views that answer in JSON."""

# Sent more than once only by RFC 8707 §2.
REPEATABLE = ("resource",)


# For codes that come without a description of their own; written for the client's developer.
_EXPLAINED = {
    "invalid_client": "The client is not known here, or did not prove that it is this one.",
    "invalid_grant": "The code or token has expired, was used or revoked, or is not of this client.",
    "unauthorized_client": "The client is not registered for this grant.",
    "unsupported_response_type": "response_type must be code.",
    "unsupported_grant_type": "This server does not give that grant. Its metadata lists those that it gives.",
    "authorization_pending": "The user has not answered yet. Ask again after the interval.",
    "slow_down": "That was too soon. Wait five seconds longer from now on.",
    "access_denied": "The user denied access.",
    "expired_token": "The device code has expired. Start again.",
}


class RequestError(Exception):
    """A request that is refused; becomes the JSON of RFC 6749 §5.2."""

    def __init__(self, description: str, code: str = "invalid_request", status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.code = code
        self.status = status


def explained(code: str) -> str:
    """What an error code means, where nothing more is known."""
    return _EXPLAINED.get(code, "The request was refused.")


def oauth_error(code: str, description: str, status: int = 400) -> JsonResponse:
    """An error answer (RFC 6749 §5.2); an empty description stands for what the code means."""
    answer = {"error": code, "error_description": description or explained(code)}
    response: JsonResponse = no_store(JsonResponse(answer, status=status))
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="OAuth"'
    return response


def no_store(response: Any) -> Any:
    """Keep credentials out of caches (RFC 6749 §5.1)."""
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def endpoint(
    *methods: str, refused: Callable[[HttpRequest, str], None] | None = None
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """An endpoint for programs: these methods and OPTIONS, JSON whatever was sent, no CSRF token.

    `refused` hears of requests that are not as they should be, with why.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = ", ".join([*methods, "OPTIONS"])
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": allowed})
            try:
                if request.method not in methods:
                    raise RequestError(f"Use {' or '.join(methods)}.", status=405)
                return view(request, *args, **kwargs)
            except RequestError as error:
                problem = error
            except RequestDataTooBig:
                problem = RequestError("The body is too large.", status=413)
            except (SuspiciousOperation, BadRequest, UnreadablePostError):
                problem = RequestError("The request could not be read.")
            if refused is not None:
                refused(request, problem.description)
            response = oauth_error(problem.code, problem.description, problem.status)
            if problem.status == 405:
                response["Allow"] = allowed
            return response

        setattr(answer, ANSWERS_PROGRAMS, True)
        return answer

    return decorate


def read_form(request: HttpRequest) -> list[tuple[str, str]]:
    """The form's parameters (RFC 6749 §3.2): none in the URL, none twice, those without a value left out."""
    if request.META.get("QUERY_STRING"):
        raise RequestError("Parameters belong in the body, not in the URL.")
    if request.content_type != "application/x-www-form-urlencoded":
        raise RequestError("Send the parameters as application/x-www-form-urlencoded.")
    parameters: list[tuple[str, str]] = []
    for name, values in request.POST.lists():
        if len(values) > 1 and name not in REPEATABLE:
            raise RequestError("A parameter was sent more than once.")
        parameters += [(name, str(value)) for value in values if value]
    if any("\0" in value for _, value in parameters):
        raise RequestError("A parameter has a character that it cannot have.")
    return parameters

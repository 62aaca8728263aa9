"""Device authorization (RFC 8628): the endpoint for devices, and the page where people answer for them."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from oauth_bridge.addresses import client_address
from oauth_bridge.attempts import reports
from oauth_bridge.client_authentication import authenticate
from oauth_bridge.conf import configuration
from oauth_bridge.connecting import ConnectionChangedError
from oauth_bridge.consent import Offer, StaleFormError, make_offer, page_context
from oauth_bridge.device import DeviceError, decide, has_guessed_too_often, look_up, start
from oauth_bridge.json_answers import RequestError, endpoint, no_store, oauth_error, read_form
from oauth_bridge.qr_code import qr_code
from oauth_bridge.resource_indicators import InvalidTargetError, resolve_resource
from oauth_bridge.resources import find_resource
from oauth_bridge.user_codes import is_user_code, normalised, shown
from oauth_bridge.views.pages import account_page


@sensitive_post_parameters()
@endpoint("POST", refused=reports.device_refused)
def device_authorization(request: HttpRequest) -> HttpResponse:
    """Give a device its codes (RFC 8628 §3.1)."""
    if not configuration().device_flow:
        return oauth_error("not_found", "Device authorization is switched off here.", 404)
    form = read_form(request)
    client = authenticate("/device_authorization", form, request.headers.get("Authorization", ""))
    try:
        resource = resolve_resource(value for name, value in form if name == "resource")
        answer = start(client, resource, dict(form).get("scope", "").split(), client_address(request))
    except InvalidTargetError as error:
        raise RequestError(str(error), "invalid_target") from error
    except DeviceError as error:
        reports.device_refused(request, error.description)
        response: HttpResponse = oauth_error(error.code, error.description, 429 if error.wait else 400)
        if error.wait:
            response["Retry-After"] = str(error.wait)
        return response
    reports.device_began(request, client, resource.uri, str(answer["device_code"]))
    response = no_store(JsonResponse(answer))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code, show who waits behind it, and take the user's word. A GET looks nothing up."""
    if not configuration().device_flow:
        raise Http404
    if request.method != "POST":
        return _code_page(request, normalised(request.GET.get("user_code", "")))
    code = normalised(request.POST.get("user_code", ""))
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(f"{_here()}?user_code={shown(code)}" if is_user_code(code) else _here(), _login())
    address = client_address(request)
    if has_guessed_too_often(user, address):
        return _code_page(request, code, "often", 429)
    waiting = look_up(code, user, address)
    if waiting is None:
        return _code_page(request, code, "unknown", 400)
    resource = find_resource(waiting.resource)
    if resource is None:  # it was taken from the site meanwhile
        return _code_page(request, code, "unknown", 400)
    offer = make_offer(user, waiting.client, resource, waiting.scope.split(), f"device {waiting.pk}")
    if "allow" not in request.POST and "deny" not in request.POST:
        reports.device_asked(request, user, waiting)
        return _consent_page(request, offer, code)
    try:
        outcome = decide(waiting, offer, offer.read(request.POST))
    except (StaleFormError, ConnectionChangedError):
        offer = make_offer(user, waiting.client, resource, waiting.scope.split(), offer.occasion)
        return _consent_page(request, offer, code, asked_again=True)
    if outcome != "gone":
        reports.device_answered(request, user, waiting, allowed=outcome == "approved")
    return account_page(request, "device_done", {"outcome": outcome, "client": waiting.client})


def _consent_page(request: HttpRequest, offer: Offer, code: str, *, asked_again: bool = False) -> HttpResponse:
    context = page_context(offer, asked_again=asked_again) | {
        "code": shown(code),
        "here": f"{_here()}?user_code={shown(code)}",
    }
    return account_page(request, "device_consent", context, 409 if asked_again else 200)


def _code_page(request: HttpRequest, code: str, problem: str = "", status: int = 200) -> HttpResponse:
    complete = is_user_code(code)
    context = {
        "code": shown(code) if complete else code[:20],
        "problem": problem,
        "qr_code": qr_code(f"{configuration().issuer}{_here()}?user_code={shown(code)}") if complete else "",
    }
    return account_page(request, "device", context, status)


def _here() -> str:
    return reverse("oauth_bridge:device")


def _login() -> str:
    return str(settings.LOGIN_URL)

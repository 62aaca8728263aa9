"""What stands before allauth's pages: pages that are switched off, and changes that need a fresh sign-in."""

from collections.abc import Callable

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import way_back
from accounts.conf import local_passwords, sends_email
from accounts.recent import ask_again, signed_in_recently

ENTRANCES = {"account_login", "account_signup", "account_reset_password"}
PASSWORD_PAGES = {
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_password_reset_completed",
    "account_reauthenticate",
    # A passkey that signs in by itself is a credential of this site too.
    "mfa_login_webauthn",
}
# Every one of these makes or shows a further way into the account.
SENSITIVE_PAGES = {
    "account_set_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
}
# Not offered: the form for an address that no provider named, and sign-in with a token that a script brings.
CLOSED_PAGES = {"socialaccount_signup", "google_login_by_token"}
# With these, a link could change what this site asks of a provider, its own client ID and redirect URI included.
LINK_PARAMETERS = {"auth_params", "scope", "action"}
PROVIDER_PAGES = {
    f"{kind}_{page}": kind
    for kind in ("google", "github", "microsoft", "openid_connect")
    for page in ("login", "callback")
}

Gate = Callable[[HttpRequest, str], HttpResponse | None]


def closed_pages(request: HttpRequest, page: str) -> HttpResponse | None:
    """404 for what this site does not have."""
    if page in CLOSED_PAGES or (page in PASSWORD_PAGES and not local_passwords()):
        raise Http404
    if page in PROVIDER_PAGES:
        _require_provider(request, page)
        if page.endswith("_login") and not LINK_PARAMETERS.isdisjoint(request.GET):
            raise Http404
    return None


def needless_forms(request: HttpRequest, page: str) -> HttpResponse | None:
    """A form that was not on the page was not meant to be sent: back to the page, which says why."""
    if request.method != "POST":
        return None
    without_passwords = page == "account_login" and not local_passwords()
    without_mail = not sends_email() and (
        page == "account_reset_password" or (page == "account_email" and "action_remove" not in request.POST)
    )
    return HttpResponseRedirect(reverse(page)) if without_passwords or without_mail else None


def fresh_sign_in(request: HttpRequest, page: str) -> HttpResponse | None:
    """Whoever finds an open browser shall not make a way in of their own.

    allauth asks for this on its own pages, but not of people who have only a provider, nor before linking one.
    """
    links_account = page in PROVIDER_PAGES and page.endswith("_login") and _connects(request)
    changes = page in ("account_email", "socialaccount_connections") and request.method == "POST"
    if not links_account and not changes and page not in SENSITIVE_PAGES:
        return None
    # Asked last: every other answer of the site would depend on the cookie, and cost two queries.
    if not request.user.is_authenticated or signed_in_recently(request):
        return None
    return ask_again(request)


def _connects(request: HttpRequest) -> bool:
    """Whether allauth is asked to link an account; it reads that from either."""
    return "connect" in (request.GET.get("process"), request.POST.get("process"))


def remember_target(request: HttpRequest, page: str) -> HttpResponse | None:
    """Keep where somebody wants to go, for the case that signing in goes wrong."""
    if (page in ENTRANCES or page in PROVIDER_PAGES) and not request.user.is_authenticated:
        way_back.remember(request)
    return None


GATES: tuple[Gate, ...] = (closed_pages, needless_forms, fresh_sign_in, remember_target)


def _require_provider(request: HttpRequest, page: str) -> None:
    match = request.resolver_match
    named = match.kwargs.get("provider_id") if match else None
    try:
        get_adapter().get_app(request, provider=named or PROVIDER_PAGES[page])
    except SocialApp.DoesNotExist:
        raise Http404 from None

"""The pages where users link accounts for tools, and take them back."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import UpstreamAccount, User
from accounts.upstream import linking, references
from accounts.upstream.providers import ENDPOINT_ERRORS, find_provider, upstream_providers
from accounts.upstream.tokens import is_linked


@never_cache
@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """All providers of this site, and which of them the user has linked."""
    held = {account.provider: account for account in UpstreamAccount.objects.filter(user=_user(request))}
    known = upstream_providers()
    rows = [_row(request, each.id, each.name, each.scopes, held.pop(each.id, None)) for each in known]
    gone = [_row(request, account.provider, account.provider, (), account) for account in held.values()]
    return render(request, "accounts/upstream.html", {"rows": [*rows, *gone]})


@never_cache
@login_required
@require_safe
def requested(request: HttpRequest, reference: str) -> HttpResponse:
    """Where a tool sends its user: says who asks for what, to that user alone. Nothing happens without a POST."""
    try:
        asked = references.read(reference)
    except references.BadReferenceError as error:
        return _refuse(request, "This link does not work", str(error), 400)
    if asked.user_id != str(_user(request).pk):
        return _someone_elses(request)
    provider = find_provider(asked.provider)
    if provider is None:
        raise Http404
    done = is_linked(_user(request).pk, provider.id)
    context = {"provider": provider, "reference": reference, "done": done}
    return render(request, "accounts/upstream_request.html", context)


@never_cache
@login_required
@require_POST
def link(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Go to the provider: the user agreed on the page before."""
    provider = find_provider(provider_id)
    if provider is None:
        raise Http404
    elicitation = ""
    if reference := request.POST.get("reference", ""):
        try:
            asked = references.read(reference)
        except references.BadReferenceError as error:
            return _refuse(request, "This link does not work", str(error), 400)
        if asked.user_id != str(_user(request).pk) or asked.provider != provider.id:
            return _someone_elses(request)
        elicitation = asked.elicitation
    try:
        return linking.begin(request, provider, elicitation)
    except ENDPOINT_ERRORS:
        messages.error(request, f"{provider.name} does not answer just now. Try again in a few minutes.")
        return redirect("upstream:accounts")


@never_cache
@login_required
@require_POST
def unlink(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the account back from the tools."""
    provider = find_provider(provider_id)
    name = provider.name if provider else provider_id
    account = UpstreamAccount.objects.filter(user=_user(request), provider=provider_id).first()
    if account is not None:
        linking.unlink(account)
        messages.success(request, f"{name} is unlinked: tools cannot use your account there any more.")
    return redirect("upstream:accounts")


def _row(
    request: HttpRequest, provider_id: str, name: str, scopes: tuple[str, ...], account: UpstreamAccount | None
) -> dict[str, Any]:
    works = account is not None and is_linked(_user(request).pk, provider_id)
    return {"id": provider_id, "name": name, "scopes": scopes, "account": account, "works": works}


def _someone_elses(request: HttpRequest) -> HttpResponse:
    told = (
        f"It was made for another user of this site, and you are signed in as {_user(request)}. "
        "If somebody sent it to you, do not go on: your account would serve their app. "
        "If it is yours, sign out, and open it again as the user whose app asked for it."
    )
    return _refuse(request, "This link is for somebody else", told, 403)


def _refuse(request: HttpRequest, title: str, told: str, status: int) -> HttpResponse:
    return render(request, "accounts/upstream_refused.html", {"title": title, "told": told}, status=status)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)

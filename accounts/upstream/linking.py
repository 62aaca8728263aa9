"""Links an account: sends the user to the provider, and keeps the tokens they come back with.

allauth runs the flow. The user's agreement travels in its state, which is in their session, is good once and for ten
minutes. Its process is `redirect`, which neither signs anybody in nor adds a way to sign in: what is given to tools
opens nothing else.
"""

import logging
from functools import partial
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import UpstreamAccount, User
from accounts.upstream import token_requests
from accounts.upstream.providers import UpstreamProvider, allauth_provider, find_provider
from accounts.upstream.signals import upstream_linked
from accounts.upstream.vault import Tokens, UnreadableError, seal, unseal

logger = logging.getLogger(__name__)

AGREEMENT = "upstream"
"""Where the state of a flow says that the user agreed to lend the account."""


class NotLinkedError(Exception):
    """The account was not linked; the message says why, for the user."""


def begin(request: HttpRequest, provider: UpstreamProvider, elicitation: str = "") -> HttpResponseBase:
    """Send the user, who has agreed, to the provider.

    Raises one of `providers.ENDPOINT_ERRORS` when an OpenID provider does not tell where to go.
    """
    flow = allauth_provider(provider.id, request)
    agreement = {"user": str(request.user.pk), "elicitation": elicitation}
    response: HttpResponseBase = flow.redirect(
        request,
        process=AuthProcess.REDIRECT,
        next_url=reverse("upstream:accounts"),
        data={AGREEMENT: agreement},
        scope=list(provider.scopes),
        auth_params={**flow.get_auth_params(), **provider.parameters},
    )
    return response


def agreement_in(state: Any) -> dict[str, str] | None:
    """The agreement that the state of a flow carries, or None when the flow is for something else."""
    if not isinstance(state, dict) or state.get("process") != AuthProcess.REDIRECT:
        return None
    data = state.get("data")
    agreement = data.get(AGREEMENT) if isinstance(data, dict) else None
    return agreement if isinstance(agreement, dict) else None


def not_linked(request: HttpRequest, name: str, fault: str) -> HttpResponse:
    """Back to the page of linked accounts, which says that the provider brought none."""
    if fault == "cancelled":
        messages.info(request, f"You stopped at {name}. Nothing was linked.")
    else:
        messages.error(request, f"There was no usable answer from {name}. Nothing was linked: try again in a minute.")
    return redirect("upstream:accounts")


@sensitive_variables()
def on_social_login(sender: object, request: HttpRequest, sociallogin: SocialLogin, **_: Any) -> None:
    """Receiver of allauth's `pre_social_login`, of every flow: no token is kept that its user did not agree to lend.

    It is taken out of the login before allauth could write that into a session or a table.
    """
    token, sociallogin.token = sociallogin.token, None
    agreement = agreement_in(sociallogin.state)
    if agreement is None:
        return
    provider = find_provider(sociallogin.account.provider)
    try:
        if provider is None or token is None:
            raise NotLinkedError("This account cannot be linked here.")
        if not request.user.is_authenticated or str(request.user.pk) != agreement["user"]:
            raise NotLinkedError("You signed in as somebody else meanwhile. Nothing was linked: start again.")
        tokens = Tokens(token.token, token.token_secret)
        _keep(request.user, provider, sociallogin.account, tokens, token.expires_at, agreement["elicitation"])
    except NotLinkedError as error:
        messages.error(request, str(error))
    except Exception:
        # An error page would show what allauth holds while DEBUG is on, the token among it.
        logger.exception("an account of %s could not be kept", sociallogin.account.provider)
        messages.error(request, "Something went wrong here, and nothing was linked. The site's log says why.")
    else:
        messages.success(
            request, f"{provider.name} is linked. An app that waited for it goes on by itself: you can go back to it."
        )


@sensitive_variables()
def _keep(
    user: User, provider: UpstreamProvider, account: SocialAccount, tokens: Tokens, expires_at: Any, elicitation: str
) -> None:
    taken = f"This {provider.name} account belongs to another user of this site, so it was not linked to yours."
    mine = {"provider": provider.id, "uid": account.uid}
    if (
        UpstreamAccount.objects.filter(**mine).exclude(user=user).exists()
        or SocialAccount.objects.filter(**mine).exclude(user=user).exists()
    ):
        raise NotLinkedError(taken)
    before = UpstreamAccount.objects.filter(user=user, **mine).first()
    if before is not None and not tokens.refresh:
        tokens = Tokens(tokens.access, _opened(before).refresh)  # some providers give it the first time only
    fields = {
        "uid": account.uid,
        "name": str(account.get_provider_account())[:200],
        "scopes": " ".join(provider.scopes),
        "sealed": seal(tokens, user.pk, provider.id),
        "expires_at": expires_at,
        "linked_at": timezone.now(),
        "refreshed_at": None,
        "broken_at": None,
        "lease": "",
        "lease_until": None,
    }
    try:
        with transaction.atomic():
            UpstreamAccount.objects.update_or_create(user=user, provider=provider.id, defaults=fields)
    except IntegrityError:
        raise NotLinkedError(taken) from None
    logger.info("user %s linked an account of %s", user.pk, provider.id)
    told = partial(
        upstream_linked.send_robust, UpstreamAccount, user_id=user.pk, provider=provider.id, elicitation=elicitation
    )
    transaction.on_commit(told)


def unlink(account: UpstreamAccount) -> None:
    """Forget an account, and give its tokens back to the provider as far as it takes them."""
    account.delete()
    logger.info("account of %s of user %s was unlinked", account.provider, account.user_id)
    transaction.on_commit(partial(_give_back, account.provider, _opened(account)))


def _give_back(provider_id: str, tokens: Tokens) -> None:
    if tokens.access:
        token_requests.revoke(provider_id, tokens)


def _opened(account: UpstreamAccount) -> Tokens:
    """Its tokens, empty ones when no key opens them."""
    try:
        return unseal(account.sealed, account.user_id, account.provider)
    except UnreadableError:
        return Tokens("")

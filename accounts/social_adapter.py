"""Where sign-in through another provider follows this site's rules."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.base.provider import Provider
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from accounts import addresses
from accounts.admission import refusal
from accounts.conf import provider_timeout
from accounts.models import User
from accounts.pages import TAKEN, refused_page
from accounts.provider_session import BoundedSession
from accounts.signals import sign_in_failed
from accounts.upstream.linking import agreement_in, not_linked

logger = logging.getLogger(__name__)

WHY = {
    "cancelled": "the sign-in was cancelled there.",
    "expired": "the answer came too late, twice, or to another browser.",
    "provider": "it answered with an error, or not at all.",
}
"""What went wrong at a provider, for the operator."""


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in through another provider."""

    def get_requests_session(self) -> BoundedSession:
        """Every call to a provider is made with this."""
        return BoundedSession(provider_timeout())

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> Any:
        """Called as soon as the provider has said who comes, before any account is looked for."""
        addresses.settle(sociallogin)
        return super().new_user(request, sociallogin)

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The user whose address it is, where this provider's word on it is good enough.

        Only an address that was shown to be that user's counts on our side: else somebody could claim another's
        address first, and wait for its owner to walk into the account.
        """
        for email in addresses.proved(sociallogin):
            if self.can_authenticate_by_email(sociallogin, email) and (user := addresses.owner(email)):
                addresses.adopt(user)
                return user, email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decide on somebody who has no account yet; the page that turns them down says why."""
        # Whatever else a link may call it, allauth takes it for signing in.
        is_other = sociallogin.state.get("process") in (AuthProcess.CONNECT, AuthProcess.REDIRECT)
        if sociallogin.is_existing or is_other:
            return
        verified = addresses.proved(sociallogin)
        others = [row.email for row in sociallogin.email_addresses if not row.verified]
        reason: str | None = TAKEN if addresses.is_taken(verified) else refusal(verified, others)
        if reason:
            page = refused_page(request, reason, provider=sociallogin.provider, addresses=verified or others)
            raise ImmediateHttpResponse(page)
        addresses.keep_proved(sociallogin)
        addresses.release(verified)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Asked again right before the account is made."""
        return refusal(addresses.proved(sociallogin)) is None

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """The account and its addresses are made together, or not at all."""
        with transaction.atomic():
            return super().save_user(request, sociallogin, form)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Show what happened. The log gets the kind of fault alone: messages repeat what the provider sent."""
        if error == AuthError.CANCELLED:
            fault, status = "cancelled", 200
        elif exception is None and "error" not in request.GET and not (extra_context or {}).get("state"):
            # The state was used, is too old, or was never this browser's.
            fault, status = "expired", 400
        else:
            fault, status = "provider", 502
        logger.warning("Sign-in with %s failed: %s (%s)", provider.sub_id, fault, type(exception).__name__)
        if agreement_in((extra_context or {}).get("state")):
            raise ImmediateHttpResponse(not_linked(request, provider.name, fault))
        sign_in_failed.send(sender=None, request=request, why=f"{provider.name}: {WHY[fault]}", user=None)
        context = {"fault": fault, "provider": provider}
        page = render(request, "socialaccount/authentication_error.html", context, status=status)
        raise ImmediateHttpResponse(page)

    def serialize_instance(self, instance: Any) -> Any:
        """What allauth puts into the session; a provider's token never goes there."""
        return {} if isinstance(instance, SocialToken) else super().serialize_instance(instance)

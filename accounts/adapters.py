"""Where sign-in follows this site's rules instead of allauth's defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from accounts.conf import sign_up_is_open


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only where the operator opened it."""
        return sign_up_is_open()


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in through another provider: unknown people get the page that says sign-up is closed."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A provider's word on who somebody is does not make them a user of this site."""
        return sign_up_is_open()

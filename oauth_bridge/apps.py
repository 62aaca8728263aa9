"""The oauth_bridge app."""

from django.apps import AppConfig


class OAuthBridgeConfig(AppConfig):
    name = "oauth_bridge"
    verbose_name = "OAuth"

    def ready(self) -> None:
        from django.contrib import admin
        from oauth2_provider.models import IDToken

        from oauth_bridge import checks, receivers
        from oauth_bridge.attempts import sign_in

        # The site issues none, and the toolkit registers their page whatever it is told.
        if admin.site.is_registered(IDToken):
            admin.site.unregister(IDToken)
        checks.register()
        receivers.connect()
        sign_in.connect()

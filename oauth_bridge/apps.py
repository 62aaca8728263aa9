"""The oauth_bridge app."""

from django.apps import AppConfig


class OAuthBridgeConfig(AppConfig):
    name = "oauth_bridge"
    verbose_name = "OAuth"

    def ready(self) -> None:
        from oauth_bridge import checks, receivers

        checks.register()
        receivers.connect()

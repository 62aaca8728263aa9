"""Makes the ledger's writer so slow that nothing but an orderly stop has it write."""

from django.apps import AppConfig


class SlowLedgerConfig(AppConfig):
    name = "tests.mcp_endpoint.ledger"
    label = "slow_ledger"

    def ready(self) -> None:
        from oauth_bridge import background_writer

        background_writer.LINGER = 3600.0

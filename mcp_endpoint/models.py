"""The ledger: one row for each tool call."""

from django.db import models


class ToolCall(models.Model):
    """A tool call that was answered, refused or cut short.

    Rows outlive what they are about, so they name the user, client and connection and point at none: who deletes a
    client with a million calls waits for none of them.
    """

    class Outcome(models.TextChoices):
        OK = "ok", "Done"
        ASKED = "asked", "Asked the user"
        TOOL_ERROR = "tool_error", "The tool said no"
        BAD_ARGUMENTS = "bad_arguments", "Wrong arguments"
        CRASHED = "crashed", "Failed unexpectedly"
        PROTOCOL_ERROR = "protocol_error", "Protocol error"
        REFUSED = "refused", "Refused: scope missing"
        OVER_BUDGET = "over_budget", "Refused: budget used up"
        CANCELLED = "cancelled", "Cancelled"
        ACCESS_ENDED = "access_ended", "Access ended"

    called_at = models.DateTimeField()
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=150)
    client_id = models.CharField(max_length=255, help_text="As the client sends it (RFC 6749 §2.2).")
    client_name = models.CharField(max_length=255)
    connection_id = models.BigIntegerField()
    endpoint = models.CharField(max_length=50)
    tool = models.CharField(max_length=128)
    outcome = models.CharField(max_length=14, choices=Outcome)
    error = models.CharField(
        max_length=100, blank=True, help_text="The exception's class, the JSON-RPC code, or the scopes that lacked."
    )
    duration_ms = models.FloatField("milliseconds")
    request_bytes = models.PositiveIntegerField()
    answer_bytes = models.PositiveIntegerField(help_text="Of the final answer; 0 when none was given.")
    era = models.CharField(max_length=10, help_text="2026-07-28, 2025 (sessions) or 2024-11-05 (HTTP+SSE).")
    request_id = models.CharField(max_length=100, help_text="The JSON-RPC id.")
    address = models.GenericIPAddressField(null=True)
    arguments = models.TextField(
        blank=True, help_text="JSON: an object of the arguments where the tool allows it, else a list of their names."
    )

    class Meta:
        verbose_name = "tool call"
        permissions = [("export_toolcall", "Can export tool calls")]
        indexes = [
            models.Index(fields=["called_at"], name="call_by_time"),
            models.Index(fields=["connection_id", "called_at"], name="call_by_connection"),
            models.Index(fields=["tool", "called_at"], name="call_by_tool"),
            models.Index(fields=["user_id", "called_at"], name="call_by_user"),
            models.Index(fields=["client_id", "called_at"], name="call_by_client"),
            models.Index(fields=["request_id", "called_at"], name="call_by_request"),
            models.Index(fields=["endpoint", "called_at"], name="call_by_endpoint"),
            models.Index(fields=["era", "called_at"], name="call_by_era"),
            models.Index(fields=["outcome", "called_at"], name="call_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.tool} for {self.user_name}"


class CallTotal(models.Model):
    """What the calls of one hour come to: of all, and of each tool, client and user.

    Written in the transaction that writes the calls, so that the overview adds up hours and never a million rows.
    """

    class Kind(models.TextChoices):
        ALL = "all"
        TOOL = "tool"
        CLIENT = "client"
        USER = "user"

    kind = models.CharField(max_length=6, choices=Kind)
    hour = models.DateTimeField(help_text="Its beginning, in UTC.")
    key = models.CharField(max_length=255, help_text="Tool, client ID or number of the user.")
    name = models.CharField(max_length=255, help_text="What the last call of that hour called it.")
    calls = models.PositiveBigIntegerField()
    errors = models.PositiveBigIntegerField()
    duration_ms = models.FloatField(help_text="Milliseconds of all calls together.")
    longest_ms = models.FloatField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "hour", "key"], name="one_total_per_hour")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.hour:%Y-%m-%d %H}"

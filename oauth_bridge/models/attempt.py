"""Attempts to connect: how far each came on the way from discovery to its first call, and what stopped it."""

from datetime import timedelta

from django.db import models
from django.utils import timezone


class ConnectionAttempt(models.Model):
    """One attempt of one client to connect, put together from the requests that belong to it.

    It names clients and people and points at none, so that it outlives them. No code, token, secret, state or verifier
    is ever in it.
    """

    class Step(models.IntegerChoices):
        """The steps, in their order."""

        NONE = 0, "Nothing"
        DISCOVERY = 1, "Discovery"
        REGISTRATION = 2, "Registration"
        AUTHORIZE = 3, "Authorization request"
        SIGN_IN = 4, "Sign-in"
        CONSENT = 5, "Consent"
        TOKEN = 6, "Token"
        CALL = 7, "First call"

    started_at = models.DateTimeField("started", default=timezone.now)
    updated_at = models.DateTimeField("last heard of", default=timezone.now, db_index=True)
    reached = models.PositiveSmallIntegerField(
        choices=Step, default=Step.NONE, help_text="The furthest step that was done."
    )
    step = models.PositiveSmallIntegerField(
        "stands at", choices=Step, default=Step.DISCOVERY, help_text="The step that failed, or is to come."
    )
    failed = models.BooleanField(default=False)
    reason = models.TextField(blank=True, help_text="What stopped it, in words.")
    client_id = models.CharField("client ID", max_length=255, blank=True, help_text="As the request named it.")
    client_name = models.CharField("client", max_length=255, blank=True)
    user_id = models.BigIntegerField("user ID", null=True, blank=True)
    user_name = models.CharField("user", max_length=150, blank=True)
    connection_id = models.BigIntegerField("connection ID", null=True, blank=True, db_index=True)
    resource = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True, help_text="Where its first request came from.")
    user_agent = models.CharField(max_length=200, blank=True)
    timeline = models.JSONField(default=list, blank=True, help_text="What happened, step by step.")
    request_key = models.CharField(
        max_length=64,
        blank=True,
        help_text="Keyed digest by which requests of one attempt are known; of use here alone.",
    )

    class Meta:
        verbose_name = "attempt to connect"
        verbose_name_plural = "attempts to connect"
        indexes = [
            models.Index(fields=["address", "updated_at"], name="attempt_by_address"),
            models.Index(fields=["client_id", "updated_at"], name="attempt_by_client"),
            models.Index(fields=["request_key"], name="attempt_by_request"),
            models.Index(fields=["started_at"], name="attempt_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.client_name or self.client_id or self.user_agent or 'Somebody'}: {self.outcome}"

    @property
    def is_connected(self) -> bool:
        """Whether the client made a call with what it was given."""
        return self.reached == self.Step.CALL and not self.failed

    @property
    def outcome(self) -> str:
        """Where the attempt stands, in words."""
        if self.is_connected:
            return "Connected"
        if self.failed:
            return f"Failed at {self.get_step_display().lower()}: {self.reason}"
        waiting, given_up = WAITING[self.Step(self.step)]
        return waiting if timezone.now() - self.updated_at < PATIENCE else given_up


Step = ConnectionAttempt.Step

PATIENCE = timedelta(minutes=15)
"""Without a word for so long an attempt counts as given up."""

WAITING: dict[Step, tuple[str, str]] = {
    Step.NONE: ("Began just now", "Nothing came of it"),
    Step.DISCOVERY: ("Was told where the documents are", "Was told where the documents are, and read none"),
    Step.REGISTRATION: ("Read the documents", "Read the documents, and neither registered nor sent anybody"),
    Step.AUTHORIZE: ("Registered", "Registered, and sent nobody to the authorization page"),
    Step.SIGN_IN: ("Waits for its user to sign in", "Nobody signed in: the sign-in was abandoned"),
    Step.CONSENT: ("Waits for its user's consent", "The consent page was left without an answer"),
    Step.TOKEN: ("Was allowed, and has not fetched its token yet", "Was allowed, but never fetched its token"),
    Step.CALL: ("Has a token, and has not called yet", "Has a token, but never made a call with it"),
}
"""What an attempt that has not failed waits for, and what became of it when nothing came."""

"""OAuth clients: Django model of what may ask for a user's access."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.models import AbstractApplication

from oauth_bridge.redirect_uris import RedirectURIError, check_redirect_uris, is_registered

REFRESH_TOKEN = "refresh_token"  # noqa: S105  (the name of a grant type, RFC 6749 §6)

PRIVATE_KEY_JWT = "private_key_jwt"


class Client(AbstractApplication):
    """An OAuth client: made by an operator, registered by itself, or known by its metadata document."""

    class Trust(models.TextChoices):
        UNKNOWN = "", "Not checked"
        APPROVED = "approved", "Approved by the operator"

    # The person who made a client may leave; the client then stays for everybody else.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        related_name="oauth_clients",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Who made this client. Nobody, for a client that registered itself.",
    )
    disabled = models.BooleanField(
        default=False, help_text="Gets no tokens, and the tokens that it has stop working at once."
    )
    client_uri = models.CharField("home page", max_length=2000, blank=True)
    logo_uri = models.CharField("logo", max_length=2000, blank=True)
    policy_uri = models.CharField("privacy policy", max_length=2000, blank=True)
    tos_uri = models.CharField("terms of service", max_length=2000, blank=True)
    contacts = models.JSONField(default=list, blank=True)
    software_id = models.CharField("software ID", max_length=255, blank=True)
    software_version = models.CharField(max_length=255, blank=True)
    scope = models.TextField(blank=True, help_text="Scopes that the client said it may ask for.")
    metadata = models.JSONField(
        default=dict, blank=True, help_text="What else was registered (RFC 7591 §2), as it was granted."
    )
    jwks = models.JSONField("keys", null=True, blank=True, help_text="The client's public keys, as a JWK Set.")
    jwks_uri = models.CharField("URL of keys", max_length=2000, blank=True)
    registered_from = models.GenericIPAddressField(
        null=True, blank=True, help_text="The address that a self-registration came from."
    )
    registration_digest = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="Digest of what was granted to a self-registration."
    )
    registration_token = models.CharField(
        max_length=64, blank=True, help_text="Digest of the token that manages the registration (RFC 7592)."
    )
    secret_expires_at = models.DateTimeField(null=True, blank=True, help_text="Never, when empty.")
    trust = models.CharField(
        max_length=10, choices=Trust, default=Trust.UNKNOWN, blank=True, help_text="What users are told of the client."
    )
    acts_as = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="acting_clients",
        help_text="The user that the client is when it asks with its own credentials alone.",
    )
    may_introspect = models.BooleanField(
        default=False, help_text="A resource server that may ask what a token is good for (RFC 7662)."
    )
    introspects = models.CharField(
        max_length=500,
        blank=True,
        help_text="Canonical URI of the resource whose tokens it may ask about; the site's default one, when empty.",
    )

    class Meta:
        verbose_name = "client"
        indexes = [models.Index(fields=["registration_source", "created"], name="client_by_source_and_age")]

    def __str__(self) -> str:
        return self.name or self.client_id

    @property
    def display_name(self) -> str:
        """What people are shown."""
        return self.name or self.client_id

    @property
    def may_refresh(self) -> bool:
        """Whether it registered for refresh tokens (RFC 7591 §2 `grant_types`)."""
        return REFRESH_TOKEN in self.metadata.get("grant_types", [REFRESH_TOKEN])

    @property
    def fingerprint(self) -> str:
        """Digest of what a person is shown of the client and where it may send them."""
        facts = [
            self.name,
            self.client_uri,
            self.logo_uri,
            self.policy_uri,
            self.tos_uri,
            sorted(self.redirect_uris.split()),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @property
    def uses_key(self) -> bool:
        """Whether it proves itself with a signature, and in no other way (RFC 7523 §2.2)."""
        registered = self.metadata.get("token_endpoint_auth_method")
        return registered == PRIVATE_KEY_JWT or (registered is None and bool(self.jwks or self.jwks_uri))

    @property
    def secret_has_expired(self) -> bool:
        """RFC 7591 §3.2.1 `client_secret_expires_at`."""
        return self.secret_expires_at is not None and self.secret_expires_at <= timezone.now()

    def has_secret(self, secret: str) -> bool:
        """Whether this is the client's secret, be it good still or not."""
        return check_password(secret, self.client_secret)

    def is_usable(self, request: Any) -> bool:
        """Asked by the toolkit before it issues anything and before it accepts a token."""
        return not self.disabled

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a request may name this redirect URI."""
        return is_registered(uri, self.redirect_uris.split())

    def clean(self) -> None:
        super().clean()
        try:
            check_redirect_uris(self.redirect_uris.split())
        except RedirectURIError as error:
            raise ValidationError({"redirect_uris": str(error)}) from error

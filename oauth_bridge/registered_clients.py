"""Clients that registered themselves: stored, found again, changed and removed (RFC 7591, RFC 7592)."""

import hmac
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from oauth_bridge.cleanup import clear_unused_clients
from oauth_bridge.conf import configuration
from oauth_bridge.digests import digest, new_registration_token
from oauth_bridge.models import Client, Connection
from oauth_bridge.registration import Registration
from oauth_bridge.revocation import disable_clients, revoke_connections

DESCRIPTION = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "contacts", "software_id", "software_version")

# A flood is cleared away by what makes it, a hundred clients at every twentieth registration.
CLEAR_EVERY = 20
CLEAR_AT_ONCE = 100


def find_identical(registration: Registration) -> Client | None:
    """The public client that the same registration made before, for everybody to share from now on.

    Nobody manages what is shared: whoever registered first could send everybody's codes elsewhere. So its
    registration token ends here. A client with a secret is never shared: only the secret's digest is known, and
    a new one would lock the first out.
    """
    if not registration.is_public:
        return None
    found = Client.objects.filter(
        registration_digest=registration.digest,
        registration_source=Client.RegistrationSource.DCR,
        client_type=Client.CLIENT_PUBLIC,
        disabled=False,
    ).first()
    if found is None or found.redirect_uris.split() != registration.redirect_uris:
        return None  # an operator may have changed it since
    # Against a change by its manager at this moment; and its age counts anew.
    same = Client.objects.filter(pk=found.pk, registration_digest=registration.digest)
    return found if same.update(registration_token="", updated=timezone.now()) else None


def register(registration: Registration, address: str | None) -> tuple[Client, dict[str, Any]]:
    """Store a client; returns it with its credentials, which cannot be read again."""
    client = Client(
        registration_source=Client.RegistrationSource.DCR,
        registered_from=address,
        client_secret="",  # which the field would make, only for the one that is granted to replace it
    )
    credentials = _grant(client, registration)
    client.save(force_insert=True)
    if client.pk % CLEAR_EVERY == 0:
        clear_unused_clients(CLEAR_AT_ONCE)
    return client, credentials


def find_managed(client_id: str, token: str) -> Client | None:
    """The client whose registration this token manages."""
    client = Client.objects.filter(client_id=client_id, disabled=False).exclude(registration_token="").first()
    if client is None or not hmac.compare_digest(client.registration_token, digest(token)):
        return None
    return client


def replace(client: Client, registration: Registration, secret: str | None) -> dict[str, Any] | None:
    """Give a client another registration, another token and, unless it is public, another secret (RFC 7592 §2.2).

    Returns the credentials; None when somebody else was faster, or `secret` was given and is not the client's.
    """
    with transaction.atomic():
        locked = Client.objects.select_for_update().filter(pk=client.pk, registration_token=client.registration_token)
        if not locked.exists() or (secret is not None and not client.has_secret(secret)):
            return None
        # What the operator vouched for is not what it is now.
        client.trust = Client.Trust.UNKNOWN
        credentials = _grant(client, registration)
        client.save()
    return credentials


def remove(client: Client) -> None:
    """End a client's access for good (RFC 7592 §2.3).

    The row goes with the next clean-up: until then it counts for the rates.
    """
    with transaction.atomic():
        revoke_connections(Connection.objects.filter(client=client))
        Client.objects.filter(pk=client.pk).update(registration_token="", registration_digest="")
        disable_clients(Client.objects.filter(pk=client.pk))


def registration_response(client: Client, credentials: dict[str, Any]) -> dict[str, Any]:
    """What was registered, in full (RFC 7591 §3.2.1, RFC 7592 §3)."""
    response: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        "redirect_uris": client.redirect_uris.split(),
        "scope": client.scope,
        **client.metadata,
        **credentials,
    }
    if client.name:
        response["client_name"] = client.name
    if "client_secret" in credentials:
        expires_at = client.secret_expires_at
        response["client_secret_expires_at"] = 0 if expires_at is None else int(expires_at.timestamp())
    if "registration_access_token" in credentials:
        response["registration_client_uri"] = f"{configuration().issuer}/register/{client.client_id}"
    return response | {name: value for name in DESCRIPTION if (value := getattr(client, name))}


def _grant(client: Client, registration: Registration) -> dict[str, Any]:
    """Make the client what was granted; returns its new credentials."""
    token = new_registration_token()
    # A public client has one that nobody knows: a blank one would let anybody pass for it.
    secret = generate_client_secret()
    lifetime = configuration().client_secret_seconds
    expires = timezone.now() + timedelta(seconds=lifetime) if lifetime > 0 and not registration.is_public else None
    fields: dict[str, Any] = {
        "name": registration.name,
        "redirect_uris": " ".join(registration.redirect_uris),
        "authorization_grant_type": (
            Client.GRANT_DEVICE_CODE if registration.is_for_devices_alone else Client.GRANT_AUTHORIZATION_CODE
        ),
        "client_type": Client.CLIENT_PUBLIC if registration.is_public else Client.CLIENT_CONFIDENTIAL,
        "client_secret": secret,
        "secret_expires_at": expires,
        "scope": registration.scope,
        "metadata": registration.metadata,
        "registration_digest": registration.digest,
        "registration_token": digest(token),
        **registration.description,
    }
    for name, value in fields.items():
        setattr(client, name, value)
    credentials = {"registration_access_token": token}
    return credentials if registration.is_public else {**credentials, "client_secret": secret}

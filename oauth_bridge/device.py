"""Device authorization (RFC 8628): codes for a device, a user's word on them, and the tokens for that."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from oauth_bridge.attempts import found
from oauth_bridge.conf import configuration
from oauth_bridge.connecting import Choice, claim, connect
from oauth_bridge.consent import Offer
from oauth_bridge.digests import digest
from oauth_bridge.grant_types import DEVICE_CODE, grants_of
from oauth_bridge.models import Client, DeviceAuthorization, UserCodeGuess
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.scopes import granted_scopes
from oauth_bridge.server import OAuthRequest
from oauth_bridge.token_rows import write_access_token, write_refresh_token
from oauth_bridge.user_codes import find_waiting, is_user_code, keyed_digest, shown, unused_user_code

Status = Literal["authorized", "authorization_pending", "slow_down", "access_denied", "expired_token"]
Decision = Literal["approved", "denied", "gone"]

SLOWER = 5
"""Seconds that each `slow_down` adds to the interval (RFC 8628 §3.5)."""
TOLERANCE = timedelta(seconds=1)
"""A device that keeps its interval may still arrive this much early, because networks are uneven."""


class DeviceError(Exception):
    """A device authorization that is refused, with its OAuth error code; for now only, when there is a wait."""

    def __init__(self, code: str, description: str, wait: int = 0) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.wait = wait


def start(client: Client, resource: ProtectedResource, asked: Sequence[str], address: str | None) -> dict[str, Any]:
    """Codes for a device, as it is told them (RFC 8628 §3.2); raises DeviceError."""
    if DEVICE_CODE not in grants_of(client):
        raise DeviceError("unauthorized_client", "The client is not registered for the device grant.")
    conf, now = configuration(), timezone.now()
    lately = DeviceAuthorization.objects.filter(requested_from=address, expires_at__gt=now)
    if lately.count() >= conf.device_rate:
        raise DeviceError("slow_down", "Too many devices were started from this address.", conf.device_seconds)
    device_code = "mcp_dc_" + secrets.token_urlsafe(32)
    user_code = unused_user_code()
    DeviceAuthorization.objects.create(
        device_code=digest(device_code),
        user_code=keyed_digest(user_code),
        client=client,
        resource=resource.uri,
        scope=" ".join(granted_scopes(asked, resource)),
        interval=conf.device_interval,
        requested_from=address,
        expires_at=now + timedelta(seconds=conf.device_seconds),
    )
    page = f"{conf.issuer}/device"
    return {
        "device_code": device_code,
        "user_code": shown(user_code),
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={shown(user_code)}",
        "expires_in": conf.device_seconds,
        "interval": conf.device_interval,
    }


def has_guessed_too_often(user: User, address: str | None) -> bool:
    """Whether so many wrong codes were typed by this user, or at this address, that no more are looked up."""
    conf = configuration()
    UserCodeGuess.objects.filter(guessed_at__lt=timezone.now() - timedelta(seconds=conf.device_seconds)).delete()
    return (
        UserCodeGuess.objects.filter(user=user).count() >= conf.user_code_guesses
        or UserCodeGuess.objects.filter(address=address).count() >= conf.user_code_guesses_here
    )


def look_up(code: str, user: User, address: str | None) -> DeviceAuthorization | None:
    """The device that shows this normalised code; a wrong one is counted as a guess (RFC 8628 §5.1)."""
    waiting = find_waiting(code) if is_user_code(code) else None
    if waiting is None:
        UserCodeGuess.objects.create(user=user, address=address)
    return waiting


def decide(waiting: DeviceAuthorization, offer: Offer, choice: Choice | None) -> Decision:
    """Write down the user's word, once; `gone` when somebody else answered or time ran out.

    Raises ConnectionChangedError when they have to be asked again.
    """
    allowed = [] if choice is None else [scope for scope in waiting.scope.split() if scope in choice.scopes]
    approved = choice is not None and (bool(allowed) or not offer.asked)
    state = DeviceAuthorization.State.APPROVED if approved else DeviceAuthorization.State.DENIED
    with transaction.atomic():
        answered = DeviceAuthorization.objects.filter(
            pk=waiting.pk, state=DeviceAuthorization.State.PENDING, expires_at__gt=timezone.now()
        ).update(state=state, user=offer.user, scope=" ".join(allowed))
        if answered and choice is not None:
            connect(offer.user, offer.client, offer.resource, choice, offer.before)
    if not answered:
        return "gone"
    return "approved" if approved else "denied"


def poll(device_code: str, client: Client) -> tuple[Status, DeviceAuthorization] | None:
    """Where the authorization of this client's device stands (RFC 8628 §3.5); None for an unknown code."""
    with transaction.atomic():
        waiting = (
            DeviceAuthorization.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(device_code=digest(device_code), client=client)
            .first()
        )
        return None if waiting is None else (_status(waiting), waiting)


def redeem(request: OAuthRequest, token: dict[str, Any]) -> None:
    """Store the tokens of an approved device, once; call it inside a transaction.

    Deleting the row is what claims it: of two requests with the same device code, the second finds nothing.
    """
    approved: DeviceAuthorization = request.device_authorization
    claimed, _ = DeviceAuthorization.objects.filter(pk=approved.pk, state=DeviceAuthorization.State.APPROVED).delete()
    if not claimed or approved.user is None:
        raise errors.InvalidGrantError(request=request)
    connection = claim(approved.user, request.client, approved.resource, token)
    found(connection)
    access_token = write_access_token(connection, token)
    if request.client.may_refresh:
        write_refresh_token(connection, token, access_token, token["scope"])
    else:
        del token["refresh_token"]


def _status(waiting: DeviceAuthorization) -> Status:
    now = timezone.now()
    if waiting.is_expired(now):
        return "expired_token"
    if waiting.state == DeviceAuthorization.State.DENIED:
        return "access_denied"
    if waiting.state == DeviceAuthorization.State.APPROVED:
        return "authorized"
    next_poll = waiting.polled_at and waiting.polled_at + timedelta(seconds=waiting.interval) - TOLERANCE
    too_soon = next_poll is not None and now < next_poll
    if too_soon:
        waiting.interval = min(waiting.interval + SLOWER, configuration().device_seconds)
    waiting.polled_at = now
    waiting.save(update_fields=["interval", "polled_at"])
    return "slow_down" if too_soon else "authorization_pending"

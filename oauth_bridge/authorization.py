"""The authorization request (OAuth 2.1 §4.1): read, refused or approved. Decisions only; the view answers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db import transaction
from django.http import QueryDict
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from oauth_bridge.catalogue import has_seen_all
from oauth_bridge.conf import configuration
from oauth_bridge.connecting import Choice, connect, is_worn_out
from oauth_bridge.consent import Offer
from oauth_bridge.json_answers import explained
from oauth_bridge.models import Client
from oauth_bridge.redirect_uris import destination
from oauth_bridge.resources import ProtectedResource, Scope
from oauth_bridge.server import make_server
from oauth_bridge.trust import standing
from oauth_bridge.validator import resource_of

Problem = Literal["client", "redirect_uri", "request"]

# BASE64URL(SHA256(verifier)) without padding (RFC 7636 §4.2).
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class UntrustedRequestError(Exception):
    """A request whose client or redirect URI is not known good: people are told, nobody is redirected."""

    def __init__(self, problem: Problem, code: str, description: str) -> None:
        super().__init__(description)
        self.problem = problem
        self.code = code
        self.description = description


class RefusedRequestError(Exception):
    """A request that is refused by sending the browser back: `location` has the error in it."""

    def __init__(self, location: str) -> None:
        super().__init__("The authorization request was refused.")
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request, before the user was asked."""

    client: Client
    redirect_uri: str
    state: str | None
    resource: ProtectedResource
    scopes: tuple[Scope, ...]
    prompt: frozenset[str]
    """What the client wants shown (OpenID Connect Core §3.1.2.1): `none`, `login`, `consent`, `select_account`."""
    query: str
    """The request's parameters as they were understood."""


def read_authorization_request(parameters: QueryDict) -> AuthorizationRequest:
    """What the client asks for; raises UntrustedRequestError or RefusedRequestError."""
    query = _query(parameters)
    try:
        scopes, credentials = make_server().validate_authorization_request(_uri(query), "GET")
        _check_challenge(credentials)
        _check_response_mode(credentials["request"])
        prompt = _prompt(credentials["request"])
    except errors.FatalClientError as error:
        raise UntrustedRequestError(_problem(error), str(error.error), str(error.description)) from error
    except errors.OAuth2Error as error:
        error.description = error.description or explained(str(error.error))
        raise RefusedRequestError(response_location(error.redirect_uri, [*error.twotuples])) from error
    request = credentials["request"]
    resource = resource_of(request, request.uri_query_params)
    return AuthorizationRequest(
        client=request.client,
        redirect_uri=credentials["redirect_uri"],
        state=credentials["state"],
        resource=resource,
        scopes=tuple(scope for scope in resource.scopes if scope.name in scopes),
        prompt=prompt,
        query=query,
    )


def approve(asked: AuthorizationRequest, offer: Offer, choice: Choice) -> str:
    """Make the connection what the user chose, and give a code for what of it was asked; where to send the browser.

    Raises ConnectionChangedError when they have to be asked again.
    """
    allowed = [scope.name for scope in asked.scopes if scope.name in choice.scopes]
    with transaction.atomic():
        host = destination(asked.redirect_uri).host
        connect(offer.user, asked.client, asked.resource, choice, offer.before, host)
        if asked.scopes and not allowed:
            # oauthlib would fall back to what the request asked for.
            return refuse(asked, "access_denied", "The user allowed no scope that was asked for.")
        return give_code(asked, offer.user, allowed)


def give_code(asked: AuthorizationRequest, user: User, scopes: Sequence[str]) -> str:
    """Where to send the browser, with a code for these scopes."""
    headers, _, _ = make_server().create_authorization_response(
        _uri(asked.query),
        "GET",
        scopes=list(scopes),
        credentials={"user": user, "client": asked.client, "response_mode": None},
    )
    return response_location(headers["Location"], [])


def is_remembered(asked: AuthorizationRequest, offer: Offer) -> bool:
    """Whether the user allowed just this before, so that they need not be asked again.

    Only for a client that the operator approved or whose domain describes it, at an https address: of a program on the
    user's computer nobody knows which one it is (RFC 8252 §8.6). And never for a prompt of the client's own choice.
    """
    connection = offer.live
    return (
        connection is not None
        and not asked.prompt - {"none"}
        and standing(asked.client) != "unverified"
        and destination(asked.redirect_uri) == (connection.redirect_host, "web")
        and connection.client_fingerprint == asked.client.fingerprint
        and offer.asked <= connection.scope_set
        and not is_worn_out(connection, offer.now)
        and has_seen_all(connection, asked.resource)
    )


def refuse(asked: AuthorizationRequest, code: str, description: str) -> str:
    """Where to send the browser with an error (RFC 6749 §4.1.2.1)."""
    parameters = [("error", code), ("error_description", description)]
    if asked.state is not None:
        parameters.append(("state", asked.state))
    return response_location(asked.redirect_uri, parameters)


def response_location(redirect_uri: str, parameters: Iterable[tuple[str, str]]) -> str:
    """A redirect URI with the response's parameters and this server's `iss` (RFC 9207 §2)."""
    parts = urlsplit(redirect_uri)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "iss"]
    query = urlencode([*kept, *parameters, ("iss", configuration().issuer)])
    return parts._replace(query=query).geturl()


def _query(parameters: QueryDict) -> str:
    """The parameters in clean encoding: oauthlib raises ValueError on what Django lets through.

    A parameter without a value is treated as left out (RFC 6749 §3.1).
    """
    pairs = [(name, value) for name, values in parameters.lists() for value in values if value]
    if any("\0" in value for _, value in pairs):
        raise UntrustedRequestError(
            "request", "invalid_request", "The request has a character that no parameter can have."
        )
    return urlencode(pairs)


def _problem(error: errors.FatalClientError) -> Problem:
    if isinstance(error, errors.InvalidClientIdError):
        return "client"
    if isinstance(error, errors.MismatchingRedirectURIError | errors.InvalidRedirectURIError):
        return "redirect_uri"
    return "request"


def _uri(query: str) -> str:
    return f"{configuration().issuer}/authorize?{query}"


def _check_challenge(credentials: dict[str, Any]) -> None:
    """PKCE with S256 alone, told before anybody is asked to consent (OAuth 2.1 §4.1.1, RFC 9700 §2.1.1)."""
    request = credentials["request"]
    if credentials["code_challenge_method"] != "S256":
        raise errors.InvalidRequestError(description="code_challenge_method must be S256.", request=request)
    if not _S256_CHALLENGE.fullmatch(credentials["code_challenge"]):
        raise errors.InvalidRequestError(description="code_challenge is not a SHA-256 digest.", request=request)


def _check_response_mode(request: Any) -> None:
    if request.response_mode not in (None, "query"):
        raise errors.InvalidRequestError(description="response_mode must be query.", request=request)


def _prompt(request: Any) -> frozenset[str]:
    values = frozenset((request.prompt or "").split())
    if "none" in values and len(values) > 1:
        raise errors.InvalidRequestError(description="prompt=none cannot be combined.", request=request)
    return values

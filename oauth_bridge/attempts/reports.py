"""What the endpoints tell the flight recorder: one function for each thing that can happen on the way."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpRequest, QueryDict

from accounts.models import User
from oauth_bridge.addresses import address_of
from oauth_bridge.attempts.event import Event, Origin, Question, cleaned_agent, request_key, shown_uri
from oauth_bridge.attempts.findings import Findings
from oauth_bridge.attempts.malformed import basic_client_id, described, named
from oauth_bridge.attempts.recorder import note, reporting
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.digests import digest
from oauth_bridge.models import Client, DeviceAuthorization
from oauth_bridge.models.attempt import Step

QUESTIONS: dict[str, Question] = {
    "client": "client",
    "redirect_uri": "redirect_uri",
    "invalid_client": "authentication",
    "invalid_target": "resource",
}
"""What has to be looked up for a reason, by what is wrong with a request."""

# --- Discovery --------------------------------------------------------------------------------


@reporting
def document(request: HttpRequest, found: bool) -> None:
    """A discovery document was read, or looked for in vain."""
    path = shown_uri(request.path)
    problem = "" if found else f"There is no such document: {path}."
    note(Event(Step.DISCOVERY, Origin.of(request), problem, text=f"Read {path}"))


@reporting
def turned_away(headers: Mapping[bytes, bytes], peer: str, problem: str) -> None:
    """A call was refused before anybody asked whose it is: its Host or Origin is none of this site's."""
    note(Event(Step.DISCOVERY, _origin(headers, peer), _sentence(problem)))


@reporting
def challenged(headers: Mapping[bytes, bytes], peer: str, resource: str) -> None:
    """A call came without a token, and was told where to ask for one."""
    note(Event(Step.NONE, _origin(headers, peer), resource=resource))


# --- Registration -----------------------------------------------------------------------------


@reporting
def registered(request: HttpRequest, client: Client) -> None:
    """A client registered, or was given what the same registration made before."""
    note(Event(Step.REGISTRATION, Origin.of(request), client_id=client.client_id))


@reporting
def registration_refused(request: HttpRequest, problem: str) -> None:
    """A registration was refused."""
    note(Event(Step.REGISTRATION, Origin.of(request), clean_text(problem, 500)))


# --- Authorization ----------------------------------------------------------------------------


@reporting
def authorization_began(request: HttpRequest) -> None:
    """Somebody who is not signed in was sent here, and on to the sign-in page."""
    note(_authorization(request, Step.AUTHORIZE))


@reporting
def asked(request: HttpRequest, user: User) -> None:
    """Somebody who is signed in is asked for their consent."""
    note(_authorization(request, Step.SIGN_IN, user))


@reporting
def answered(request: HttpRequest, user: User, location: str, text: str = "") -> None:
    """Consent was given or denied: the browser goes to this location."""
    problem = _refusal(location)
    note(_authorization(request, Step.CONSENT, user, problem=problem, text=text))


@reporting
def untrusted(request: HttpRequest, problem: str, description: str) -> None:
    """The client or its redirect URI is not known good: the person was told, and sent nowhere."""
    question = QUESTIONS.get(problem, "")
    note(_authorization(request, Step.AUTHORIZE, _user(request), problem=_sentence(description), question=question))


@reporting
def refused(request: HttpRequest, location: str) -> None:
    """The authorization request was refused, and its client is told by this location."""
    refusal = dict(parse_qsl(urlsplit(location).query))
    problem = _refusal(location)
    question: Question = "resource" if refusal.get("error") == "invalid_target" else ""
    if refusal.get("error") == "invalid_request" and not request.GET.get("code_challenge"):
        problem = "PKCE is missing: the request has no code_challenge. The client is too old for OAuth 2.1."
    note(_authorization(request, Step.AUTHORIZE, _user(request), problem=problem, question=question))


@reporting
def sign_in_failed(request: HttpRequest, query: str, user: User | None, problem: str) -> None:
    """Somebody on the way to the authorization request with this query was not let in.

    `user` is whom a password or provider has named.
    """
    note(_authorization(request, Step.SIGN_IN, user, problem=problem, parameters=QueryDict(query)))


@reporting
def device_sign_in_failed(request: HttpRequest, waiting: DeviceAuthorization, user: User | None, problem: str) -> None:
    """The same on the way to the page on which the code of this device is confirmed."""
    note(_of_device(request, Step.SIGN_IN, user, waiting, problem))


@reporting
def device_refused(request: HttpRequest, problem: str) -> None:
    """A device was given no code."""
    client_id, _ = named(request)
    note(Event(Step.AUTHORIZE, Origin.of(request), _malformed(request, problem), client_id=client_id))


@reporting
def device_began(request: HttpRequest, client: Client, resource: str, device_code: str) -> None:
    """A device was given a code that it shows to its user (RFC 8628 §3.1)."""
    key = request_key(client.client_id, digest(device_code))
    text = "A device was given a code for its user to type in"
    note(Event(Step.AUTHORIZE, Origin.of(request), text=text, client_id=client.client_id, resource=resource, key=key))


@reporting
def device_asked(request: HttpRequest, user: User, waiting: DeviceAuthorization) -> None:
    """Its user typed the code, and is asked for consent."""
    note(_of_device(request, Step.SIGN_IN, user, waiting, text="Somebody who is signed in typed the code in"))


@reporting
def device_answered(request: HttpRequest, user: User, waiting: DeviceAuthorization, *, allowed: bool) -> None:
    """Its user gave or denied consent."""
    problem = "" if allowed else "The user did not allow it."
    note(_of_device(request, Step.CONSENT, user, waiting, problem, "Was allowed"))


# --- Token ------------------------------------------------------------------------------------


@reporting
def token_unreadable(request: HttpRequest, problem: str) -> None:
    """A token request is none that could be judged: another method, another type of body, a parameter twice."""
    client_id, code = named(request)
    note(
        Event(
            Step.TOKEN,
            Origin.of(request),
            _malformed(request, problem),
            client_id=client_id,
            code=digest(code) if code else "",
        )
    )


@reporting
def token_answered(
    request: HttpRequest, form: list[tuple[str, str]], answer: Mapping[str, Any], findings: Findings
) -> None:
    """The token endpoint gave a token, or an error."""
    fields = dict(form)
    client_id = fields.get("client_id") or basic_client_id(request.headers.get("Authorization", ""))
    error = str(answer.get("error", ""))
    if error in ("authorization_pending", "slow_down"):
        return
    if not error and fields["grant_type"] == "refresh_token":
        return  # daily life, and no attempt to connect
    connection = findings.connection
    code = fields.get("code", "")
    # A device's code stands for its authorization request.
    challenge = findings.challenge or (digest(fields["device_code"]) if "device_code" in fields else "")
    note(
        Event(
            Step.TOKEN,
            Origin.of(request),
            (findings.why or _sentence(str(answer.get("error_description", "")))) if error else "",
            "" if findings.why else QUESTIONS.get(error, ""),
            client_id=client_id if connection is None else connection.client.client_id,
            user_id=None if connection is None else connection.user_id,
            user_name="" if connection is None else connection.user.get_username(),
            connection_id=None if connection is None else connection.pk,
            resource=shown_uri(fields.get("resource", "")) if connection is None else connection.resource,
            key=request_key(client_id, challenge) if challenge else "",
            code=digest(code) if error and code else "",
        )
    )


# --- First call -------------------------------------------------------------------------------


@reporting
def called(connection_id: int) -> None:
    """A connection was used: told once a minute at the most, and at its first use."""
    note(Event(Step.CALL, Origin(), connection_id=connection_id))


@reporting
def call_refused(headers: Mapping[bytes, bytes], peer: str, connection_id: int | None, problem: str) -> None:
    """A call with a token was refused."""
    note(Event(Step.CALL, _origin(headers, peer), problem, connection_id=connection_id))


def _authorization(
    request: HttpRequest,
    step: Step,
    user: User | None = None,
    *,
    problem: str = "",
    question: Question = "",
    text: str = "",
    parameters: QueryDict | None = None,
) -> Event:
    parameters = request.GET if parameters is None else parameters
    client_id = parameters.get("client_id", "")[:2000]
    # Without PKCE nothing ties the requests together but what was asked for.
    challenge = parameters.get("code_challenge", "") or parameters.urlencode()
    return Event(
        step,
        Origin.of(request),
        problem,
        question,
        text,
        client_id,
        None if user is None else user.pk,
        "" if user is None else user.get_username(),
        resource=shown_uri(parameters.get("resource", "")),
        redirect_uri=shown_uri(parameters.get("redirect_uri", "")),
        key=request_key(client_id, challenge),
    )


def _of_device(
    request: HttpRequest,
    step: Step,
    user: User | None,
    waiting: DeviceAuthorization,
    problem: str = "",
    text: str = "",
) -> Event:
    client_id = waiting.client.client_id
    return Event(
        step,
        Origin.of(request),
        problem,
        text=text,
        client_id=client_id,
        user_id=None if user is None else user.pk,
        user_name="" if user is None else user.get_username(),
        key=request_key(client_id, waiting.device_code),
    )


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _refusal(location: str) -> str:
    """Why a client is sent back with an error; empty when it is sent back with a code."""
    parameters = dict(parse_qsl(urlsplit(location).query))
    return _sentence(parameters.get("error_description", "")) if "error" in parameters else ""


def _sentence(description: str) -> str:
    text = clean_text(description, 500) or "It was refused."
    return text if text.endswith((".", "…")) else f"{text}."


def _malformed(request: HttpRequest, problem: str) -> str:
    return f"{described(request)} was refused as malformed. {_sentence(problem)}"


def _origin(headers: Mapping[bytes, bytes], peer: str) -> Origin:
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    agent = headers.get(b"user-agent", b"").decode("latin-1")
    return Origin(address_of(forwarded, peer), cleaned_agent(agent))

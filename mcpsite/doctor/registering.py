"""Each known client's registration and authorization request, up to the sign-in page, and its removal.

The clients are throwaways: named after the doctor, so that they are not shared with real ones, and removed by
RFC 7592 §2.3 whatever happens on the way.
"""

import base64
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.utils.html import strip_tags

from mcpsite.doctor.answers import fault
from mcpsite.doctor.documents import server_document
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.profiles import CLIENTS, KnownClient
from mcpsite.doctor.site import Answer, NoAnswerError, Site

REGISTER, AUTHORIZE, TOKEN = "/register", "/authorize", "/token"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of RFC 7636 appendix B: nobody will redeem a code for it."""


def examine(site: Site) -> Iterator[Finding]:
    """Each client in turn; all the same where nobody may register."""
    if "registration_endpoint" not in (server_document(site) or {}):
        return
    for client in CLIENTS.values():
        answer = site.ask("POST", REGISTER, json=_throwaway(client))
        if answer.status == 201 and answer.json is not None:
            registered = answer.json
            try:
                yield Finding("ok", "registration", answer.asked, "201", clients=(client.name,))
                yield from _authorization(site, client, registered["client_id"])
                yield from _basic(site, client, registered)
            finally:
                removal = _remove(site, registered)
            if removal is not None:
                yield removal
            continue
        yield _refused(answer, client)
        if answer.status in (401, 429):
            return  # the same for all of them


def _throwaway(client: KnownClient) -> dict[str, Any]:
    name = client.registration["client_name"]
    return {**client.registration, "client_name": f"{name} (mcp_doctor {secrets.token_hex(4)})"}


def _refused(answer: Answer, client: KnownClient) -> Finding:
    error = answer.json or {}
    if answer.status == 429 and error:
        return Finding(
            "warning",
            "registration.rate",
            answer.asked,
            "429, too many clients registered lately",
            means="New clients cannot connect until some time has passed. Behind a proxy, all seem to come from one "
            "address.",
            mend="Wait, or raise OAUTH_REGISTRATION_RATE; behind a proxy set TRUSTED_PROXY_COUNT.",
        )
    if answer.status == 401 and error:
        return Finding(
            "warning",
            "registration.token",
            answer.asked,
            "401, an initial access token is needed",
            means="Clients that you gave none connect only by a metadata document, and not all have one.",
            mend="Set OAUTH_REGISTRATION=open, if you did not mean to keep them out.",
            clients=tuple(known.name for known in CLIENTS.values() if not known.document),
        )
    wrong = fault(answer, (client.name,))
    return wrong or Finding(
        "failure",
        "registration",
        answer.asked,
        f"{answer.status} {error.get('error', '')}: {error.get('error_description', '')}",
        means="The client cannot make itself known.",
        mend="See the reason; OAUTH_REDIRECT_SCHEMES must have the scheme of its redirect URI.",
        clients=(client.name,),
    )


def _authorization(site: Site, client: KnownClient, client_id: str) -> Iterator[Finding]:
    """A browser is sent on to sign-in; an error page would tell the user to give up."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": client.redirect_uri,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "mcp-doctor",
        **client.asking(site.origin, site.url),
    }
    answer = site.ask("GET", f"{AUTHORIZE}?{urlencode(asked)}", {"Accept": "text/html"})
    who = (client.name,)
    if not answer.location:
        said = " ".join(strip_tags(answer.text.partition("<main")[2]).split())[-200:]
        yield Finding(
            "failure",
            "authorize",
            answer.asked,
            f"{answer.brief}: {said}" if said else answer.brief,
            means="The user gets an error page instead of the sign-in.",
            mend="Let the proxy pass the whole query of /authorize unchanged, and to the site.",
            clients=who,
        )
        return
    target = urljoin(f"{site.origin}{AUTHORIZE}", answer.location)
    if not target.startswith(f"{site.origin}/"):
        # Without the query: the whole authorization request is in it.
        shown = urlsplit(target)._replace(query="").geturl()
        yield Finding(
            "failure",
            "authorize.redirect",
            answer.asked,
            f"sent to {shown}, which is not at {site.origin}",
            means="The user leaves the site, or its encryption, before signing in.",
            mend="Let the proxy pass Host and X-Forwarded-Proto, and not rewrite the Location header.",
            clients=who,
        )
        return
    yield Finding("ok", "authorize", answer.asked, "on to sign-in", clients=who)
    yield from _sign_in(site, client, target.removeprefix(site.origin))


def _sign_in(site: Site, client: KnownClient, path: str) -> Iterator[Finding]:
    """The page that a client's popup shows; hosted clients wait for that popup."""
    if not client.is_hosted:
        return
    page = site.ask("GET", path, {"Accept": "text/html"})
    policies = page.headers.getlist("Cross-Origin-Opener-Policy")
    who = (client.name,)
    if page.status != 200 or page.media_type != "text/html":
        yield Finding(
            "failure",
            "sign-in",
            page.asked,
            page.brief,
            means="The user cannot sign in.",
            mend="Let the proxy pass /accounts/ to the site, and look into its log.",
            clients=who,
        )
    elif any("same-origin" in policy for policy in policies):
        yield Finding(
            "failure",
            "sign-in.popup",
            page.asked,
            f"Cross-Origin-Opener-Policy: {', '.join(policies)}",
            means="The client's window is cut off from the popup and waits for ever.",
            mend="Let the proxy add no such header: the site sends the right one.",
            clients=who,
        )
    else:
        yield Finding("ok", "sign-in", page.asked, "the popup can report back", clients=who)


def _basic(site: Site, client: KnownClient, registered: dict[str, Any]) -> Iterator[Finding]:
    """Clients that registered without a method prove themselves by HTTP Basic (RFC 6749 §2.3.1)."""
    secret = registered.get("client_secret")
    if not secret or registered.get("token_endpoint_auth_method") != "client_secret_basic":
        return
    pair = base64.b64encode(f"{registered['client_id']}:{secret}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": "mcp-doctor-has-none", "redirect_uri": client.redirect_uri}
    answer = site.ask("POST", TOKEN, {"Authorization": f"Basic {pair}"}, form={**form, "code_verifier": CHALLENGE})
    error, who = (answer.json or {}).get("error"), (client.name,)
    if (wrong := fault(answer, who)) is not None:
        yield wrong
    elif error == "invalid_grant":
        yield Finding("ok", "token", f"{answer.asked} with Basic", "the client is known there", clients=who)
    else:
        yield Finding(
            "failure",
            "proxy.authorization",
            f"{answer.asked} with Basic",
            f"{answer.status} {error}: the header does not arrive",
            means="Clients with a secret are refused when they fetch their tokens.",
            mend="Let the proxy pass the request header Authorization, to /token too.",
            clients=who,
        )


def _remove(site: Site, registered: dict[str, Any]) -> Finding | None:
    """Take the throwaway out again; at this origin, wherever the registration says that it is."""
    token, uri = registered.get("registration_access_token"), registered.get("registration_client_uri", "")
    asked = f"DELETE of the throwaway client {registered.get('client_id')}"
    try:
        path = urlsplit(str(uri)).path
        # With seconds of its own: the examination's may be over, and the throwaway must go all the same.
        answer = Site(site.url, seconds=10).ask("DELETE", path, {"Authorization": f"Bearer {token}"})
    except NoAnswerError as error:
        got = error.reason
    else:
        if answer.status == 204:
            return None
        got = answer.brief
    return Finding(
        "warning",
        "registration.remove",
        asked,
        got,
        means="The throwaway stays until the clean-up of unused clients (OAUTH_UNUSED_CLIENT_SECONDS).",
        mend="Let the proxy pass DELETE and the Authorization header to /register/.",
    )

"""The first request of every client: without a token it must get 401, and be told where to read on."""

import re
from collections.abc import Iterator
from typing import Any

from mcpsite.doctor.answers import fault
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.profiles import CLIENTS, RESOURCE
from mcpsite.doctor.site import Answer, Site

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
NO_TOKEN = "mcp-doctor-sends-no-token"  # noqa: S105  (it opens nothing: only whether it arrives counts)


def initialize() -> dict[str, Any]:
    """The first message of a 2025 session."""
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "mcp-doctor", "version": "1"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}


def examine(site: Site) -> Iterator[Finding]:
    """The challenge with and without a slash, by each client's name, and whether Authorization arrives."""
    plain = site.ask("POST", site.path, json=initialize())
    for finding in judge(site, plain):
        yield finding
        if finding.ends:
            return
    slashed = site.ask("POST", f"{site.path}/", json=initialize())
    with_slash = tuple(client.name for client in CLIENTS.values() if client.slash)
    yield from judge(site, slashed, with_slash)
    yield from _agents(site, plain)
    if plain.status == 401:
        yield from _authorization(site)


def parameters(answer: Answer) -> dict[str, str]:
    """Those of the Bearer challenge (RFC 6750 §3); empty when there is none."""
    for value in answer.headers.getlist("WWW-Authenticate"):
        if value.lower().startswith("bearer"):
            return dict(_PARAMETER.findall(value))
    return {}


def judge(site: Site, answer: Answer, clients: tuple[str, ...] = ()) -> Iterator[Finding]:
    """The answer to a request without a token."""
    if (wrong := fault(answer, clients)) is not None:
        yield wrong
    elif answer.status == 200:
        yield Finding(
            "failure",
            "challenge.open",
            answer.asked,
            "answered without a token",
            means="Whoever knows the address can call the tools, and no client learns that it should sign in.",
            mend="This is not how this site answers: see what stands at this address.",
        )
    elif answer.status != 401:
        yield Finding(
            "failure",
            "challenge.status",
            answer.asked,
            f"{answer.brief} where 401 was due",
            means="Clients take this for a server without sign-in, or a broken one.",
            mend=f"See that {site.url} is the MCP URL that the home page shows, and that nothing in front answers.",
            clients=clients,
        )
    elif "resource_metadata" not in parameters(answer):
        yield Finding(
            "failure",
            "challenge.header",
            answer.asked,
            "401 without WWW-Authenticate: Bearer resource_metadata=…",
            means="Clients do not learn where to sign in (RFC 9728 §5.1).",
            mend="Let the proxy pass the response header WWW-Authenticate (nginx: no proxy_hide_header, no error_page "
            "for 401).",
            clients=clients,
        )
    else:
        yield from _metadata(site, answer, clients)


def _metadata(site: Site, answer: Answer, clients: tuple[str, ...]) -> Iterator[Finding]:
    named = parameters(answer)["resource_metadata"]
    _, found, path = named.partition(RESOURCE)
    if found and path.rstrip("/") != site.path:
        yield Finding(
            "failure",
            "url.prefix",
            answer.asked,
            f"the site takes itself to be at {path or '/'}, not at {site.path}",
            means="Clients look for documents and sign-in at the root of the host, and compare the address.",
            mend="Give the site a host of its own, without a path in front and without rewriting (RFC 9728 §3.3).",
            ends=True,
        )
    else:
        yield Finding("ok", "challenge", answer.asked, f"401, read on at {named}", clients=clients)


def _agents(site: Site, plain: Answer) -> Iterator[Finding]:
    """Firewalls know clients by name: each is sent with the one that it was seen to use."""
    known: dict[str, tuple[str, ...]] = {}
    for client in CLIENTS.values():
        for agent in client.agents:
            known[agent] = (*known.get(agent, ()), client.name)
    for agent, clients in known.items():
        answer = site.ask("POST", site.path, {"User-Agent": agent}, json=initialize())
        asked = f"{answer.asked} as {agent or 'a client without User-Agent'}"
        if (answer.status, answer.media_type) == (plain.status, plain.media_type):
            yield Finding("ok", "agent", asked, f"{answer.status} as anybody", clients=clients)
        else:
            yield Finding(
                "failure",
                "proxy.firewall",
                asked,
                f"{answer.brief}, where others get {plain.brief}",
                means="A firewall keeps this client out by its name.",
                mend="Switch off rules against bots and AI crawlers for this host, or let this name through.",
                clients=clients,
            )


def _authorization(site: Site) -> Iterator[Finding]:
    """A token that is none gets another challenge than no token at all, so it shows whether the header arrives."""
    answer = site.ask("POST", site.path, {"Authorization": f"Bearer {NO_TOKEN}"}, json=initialize())
    asked = f"{answer.asked} with an Authorization header"
    if answer.status == 401 and parameters(answer).get("error") == "invalid_token":
        yield Finding("ok", "authorization", asked, "it arrives")
    else:
        yield Finding(
            "failure",
            "proxy.authorization",
            asked,
            f"{answer.status}, the header does not arrive",
            means="Everybody can sign in, and every call after that is refused as if nobody had.",
            mend="Let the proxy pass the request header Authorization (nginx: no proxy_set_header Authorization; "
            "Apache: CGIPassAuth On).",
        )

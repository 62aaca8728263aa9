"""The discovery documents, at every address where a client looks, and what clients compare in them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mcpsite.doctor.answers import fault
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.profiles import CLIENTS, RESOURCE, SERVER
from mcpsite.doctor.site import Answer, NoAnswerError, Site

Clients = tuple[str, ...]
Document = dict[str, Any]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint")


def examine(site: Site) -> Iterator[Finding]:
    """Whom the site takes itself for, then each document that a client asks for."""
    claimed = claimed_origin(site)
    if claimed and claimed != site.origin:
        yield _other_origin(site, claimed)
    for path, (status, clients) in probes(site).items():
        yield from _examine_one(site, path, status, clients, claimed or site.origin)
    yield from _abilities(site)


def probes(site: Site) -> dict[str, tuple[int, Clients]]:
    """Every document's path, the status that is due, and who asks for it."""
    asked: dict[str, tuple[int, Clients]] = {}
    for client in CLIENTS.values():
        for method, path, status in client.paths(site.path):
            if method == "GET":
                _, clients = asked.get(path, (status, ()))
                asked[path] = (status, (*clients, client.name))
    return asked


def server_document(site: Site) -> Document | None:
    """The authorization server's metadata; None when there is none to read."""
    return site.get(SERVER).json


def claimed_origin(site: Site) -> str:
    """The origin that the site writes into its documents; empty when no document can be read."""
    for path, member in ((SERVER, "issuer"), (RESOURCE, "resource")):
        try:
            document = site.get(path).json or {}
            parts = urlsplit(str(document.get(member, "")))
        except (NoAnswerError, ValueError):
            continue
        if parts.scheme and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return ""


def _other_origin(site: Site, claimed: str) -> Finding:
    asked = f"PUBLIC_URL, as the documents at {site.origin} show it"
    here, there = urlsplit(site.origin), urlsplit(claimed)
    if here.hostname == there.hostname and here.scheme != there.scheme:
        return Finding(
            "failure",
            "public-url.scheme",
            asked,
            f"{claimed}: {there.scheme} where clients come by {here.scheme}",
            means="Clients compare the two addresses byte for byte (RFC 8414 §3.3), and give up.",
            mend=f"Set PUBLIC_URL={site.origin} and restart; no header of the proxy changes it.",
        )
    return Finding(
        "failure",
        "public-url",
        asked,
        claimed,
        means="Clients compare the two addresses byte for byte (RFC 8414 §3.3), and are sent to the other one.",
        mend=f"If clients are to come to {site.origin}, set PUBLIC_URL={site.origin} and restart; else give them "
        f"{claimed}.",
    )


def _examine_one(site: Site, path: str, status: int, clients: Clients, origin: str) -> Iterator[Finding]:
    try:
        answer = site.get(path)
    except NoAnswerError as error:
        yield Finding("failure", error.check, error.asked, error.reason, means="No document.", clients=clients)
        return
    if (wrong := fault(answer, clients)) is not None:
        yield wrong
    elif answer.status != status:
        yield Finding(
            "failure",
            "documents.missing",
            answer.asked,
            f"{answer.brief} where {status} was due",
            means="These clients look here, and find nothing.",
            mend=f"See that {site.url} is the MCP URL that the home page shows.",
            clients=clients,
        )
    elif status == 200 and (problem := _problem(site, path, answer.json or {}, origin)):
        yield Finding(
            "failure",
            "documents.resource" if RESOURCE in path else "documents.issuer",
            answer.asked,
            problem,
            means="Clients compare it with the address they came by, and give up (RFC 9728 §3.3, RFC 8414 §3.3).",
            mend="Let the proxy pass the document unchanged and from no cache of its own.",
            clients=clients,
        )
    else:
        yield Finding("ok", "documents", answer.asked, answer.brief, clients=clients)


def _problem(site: Site, path: str, document: Document, origin: str) -> str:
    """What in a document is not what its address makes clients expect; empty when all is."""
    if path.startswith(RESOURCE):
        expected = f"{origin}{path.removeprefix(RESOURCE) or site.path}"
        servers = document.get("authorization_servers")
        # The root stands for the default resource, which need not be this one.
        is_at_home = path == RESOURCE and str(document.get("resource")).startswith(f"{origin}/")
        if document.get("resource") != expected and not is_at_home:
            return f"resource is {document.get('resource')!r}, not {expected!r}"
        return "" if servers == [origin] else f"authorization_servers is {servers!r}, not [{origin!r}]"
    if document.get("issuer") != origin:
        return f"issuer is {document.get('issuer')!r}, not {origin!r}"
    for name in ENDPOINTS:
        if not str(document.get(name, origin)).startswith(origin):
            return f"{name} is {document[name]!r}, which is not at {origin}"
    return ""


def _abilities(site: Site) -> Iterator[Finding]:
    """What clients insist on before they begin (MCP 2026-07-28 basic/authorization)."""
    answer: Answer = site.get(SERVER)
    document = answer.json
    if document is None:
        return
    if "S256" not in document.get("code_challenge_methods_supported", []):
        yield Finding(
            "failure",
            "documents.pkce",
            answer.asked,
            "S256 is not in code_challenge_methods_supported",
            means="Clients refuse a server without it.",
            mend="Let the proxy pass the document unchanged.",
        )
    if "registration_endpoint" not in document:
        yield Finding(
            "warning",
            "registration.off",
            answer.asked,
            "no registration_endpoint",
            means="Clients that you did not add in admin connect only by a metadata document, and not all have one.",
            mend="Set OAUTH_REGISTRATION=open, if you did not mean to keep them out.",
            clients=tuple(client.name for client in CLIENTS.values() if not client.document),
        )

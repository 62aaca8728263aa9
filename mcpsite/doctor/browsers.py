"""Clients in browsers: preflights and what a page may read (Fetch §3.2); and the scheme the site is told of."""

from collections.abc import Iterator

from mcpsite.doctor.challenge import initialize
from mcpsite.doctor.findings import Finding
from mcpsite.doctor.profiles import IN_BROWSER, RESOURCE, SERVER
from mcpsite.doctor.registering import REGISTER, TOKEN
from mcpsite.doctor.site import Answer, Site

ORIGIN = "http://localhost:6274"
"""MCP Inspector's, which the Endpoint lets in."""
HEADERS = ("authorization", "content-type", "mcp-protocol-version")
ENDPOINT_HEADERS = (*HEADERS, "mcp-session-id", "mcp-method", "mcp-name")
_ALLOW, _EXPOSE = "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"
_MEND = (
    "Let the proxy pass OPTIONS to the site and add no Access-Control header of its own: the site sends the right ones."
)


def examine(site: Site) -> Iterator[Finding]:
    """A preflight for each address that pages call, and the headers that they must be able to read."""
    for path, headers in ((site.path, ENDPOINT_HEADERS), (REGISTER, HEADERS), (TOKEN, HEADERS), (SERVER, HEADERS)):
        yield _preflight(site, path, headers)
    challenged = site.ask("POST", site.path, {"Origin": ORIGIN}, json=initialize())
    yield _readable(challenged, ("www-authenticate",))
    yield _readable(site.ask("GET", f"{RESOURCE}{site.path}", {"Origin": ORIGIN}), ())
    if site.scheme == "https":
        yield scheme(site)


def scheme(site: Site) -> Finding:
    """Whether the site knows that browsers come by https.

    Django refuses a form that came by https with neither Origin nor Referer, and takes one that came by http: so a
    form that says nothing, to a page that does nothing with it, shows what the proxy told the site.
    """
    token = "d" * 32
    answer = site.ask("POST", "/", {"Cookie": f"csrftoken={token}"}, form={"csrfmiddlewaretoken": token})
    if answer.status == 403:
        return Finding("ok", "proxy.scheme", "X-Forwarded-Proto", "the site knows that clients come by https")
    return Finding(
        "failure",
        "proxy.scheme",
        "X-Forwarded-Proto",
        f"the site takes requests for http (a form got {answer.brief})",
        means="Sign-in through a provider sends people to an http:// address, which the provider refuses, and forms "
        "from other sites are checked less.",
        mend="Let the proxy set it itself (nginx: proxy_set_header X-Forwarded-Proto $scheme).",
        clients=None,
    )


def _preflight(site: Site, path: str, headers: tuple[str, ...]) -> Finding:
    answer = site.ask(
        "OPTIONS",
        path,
        {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ", ".join(headers),
        },
    )
    allowed = {name.strip().lower() for name in answer.headers.get("Access-Control-Allow-Headers", "").split(",")}
    missing = [name for name in headers if name not in allowed and "*" not in allowed]
    if answer.status not in (200, 204):
        problem = f"{answer.brief} instead of an answer to the preflight"
    elif problem := _origin_problem(answer):
        pass
    elif missing:
        problem = f"the preflight does not allow {', '.join(missing)}"
    else:
        return Finding("ok", "cors", answer.asked, "pages may call", clients=IN_BROWSER)
    return _cors(answer, problem)


def _readable(answer: Answer, headers: tuple[str, ...]) -> Finding:
    exposed = {name.strip().lower() for name in answer.headers.get(_EXPOSE, "").split(",")}
    hidden = [name for name in headers if name not in exposed]
    problem = _origin_problem(answer) or (f"pages may not read {', '.join(hidden)}" if hidden else "")
    if problem:
        return _cors(answer, problem)
    return Finding("ok", "cors", answer.asked, "pages may read the answer", clients=IN_BROWSER)


def _origin_problem(answer: Answer) -> str:
    allowed = answer.headers.getlist(_ALLOW)
    if len(allowed) > 1:
        return f"{_ALLOW} comes {len(allowed)} times, and browsers take one alone"
    if not allowed:
        return f"there is no {_ALLOW}"
    return "" if allowed[0] in ("*", ORIGIN) else f"{_ALLOW} is {allowed[0]!r}"


def _cors(answer: Answer, problem: str) -> Finding:
    return Finding(
        "failure",
        "cors",
        f"{answer.asked} from a page",
        problem,
        means="The browser keeps the answer from the page.",
        mend=_MEND,
        clients=IN_BROWSER,
    )

"""What a wrong answer says about the proxy in front: the faults that look alike on every path."""

from mcpsite.doctor.findings import Finding
from mcpsite.doctor.site import Answer

Clients = tuple[str, ...]


def fault(answer: Answer, clients: Clients = ()) -> Finding | None:
    """What stands between client and site, when this answer is not the site's own; None when it may be."""
    for look in (_redirect, _gone, _password, _host, _page):
        if (found := look(answer, clients)) is not None:
            return found
    return None


def _redirect(answer: Answer, clients: Clients) -> Finding | None:
    if not answer.location:
        return None
    return Finding(
        "failure",
        "proxy.redirect",
        answer.asked,
        f"redirected, {answer.brief}",
        means="Clients lose the body of a POST or the Authorization header on the way, or do not follow at all.",
        mend="Let the proxy pass every path as it is: no slash added or removed, no other host, and give clients the "
        "address where it ends.",
        clients=clients,
    )


def _gone(answer: Answer, clients: Clients) -> Finding | None:
    if answer.status not in (502, 503, 504) or answer.json is not None:
        return None
    return Finding(
        "failure",
        "proxy.upstream",
        answer.asked,
        answer.brief,
        means="The proxy answers, the site behind it does not.",
        mend="Start the site, and see that the proxy passes requests to the port where it listens.",
        ends=True,
    )


def _password(answer: Answer, clients: Clients) -> Finding | None:
    challenge = answer.headers.get("WWW-Authenticate", "")
    if answer.status != 401 or not challenge.lower().startswith("basic") or answer.json is not None:
        return None
    return Finding(
        "failure",
        "proxy.password",
        answer.asked,
        "a password of the proxy's is asked for",
        means="MCP clients have none, and their Authorization header cannot carry both.",
        mend="Take the password off (nginx: auth_basic off): the site lets nobody in without a token.",
        clients=clients,
    )


def _host(answer: Answer, clients: Clients) -> Finding | None:
    text = str(answer.json or "")
    if "does not answer for that Host" not in text and "is for another host" not in text:
        return None
    return Finding(
        "failure",
        "proxy.host",
        answer.asked,
        f"{answer.status}, the site does not know the Host that reached it",
        means="Every request is refused.",
        mend="Let the proxy pass the Host that the client sent (nginx: proxy_set_header Host $host), or name that host "
        "in PUBLIC_URL or ALLOWED_HOSTS.",
        ends=True,
    )


def _page(answer: Answer, clients: Clients) -> Finding | None:
    """Protocol paths answer with JSON alone, errors too: anything else was written by somebody else."""
    if answer.json is not None or answer.status in (202, 204):
        return None
    if answer.status in (403, 406, 429) or "challenge" in answer.headers.get("Cf-Mitigated", ""):
        return Finding(
            "failure",
            "proxy.firewall",
            answer.asked,
            f"{answer.brief}, which is not from the site",
            means="A firewall keeps the client out.",
            mend="Let requests to this host through: switch off rules against bots and AI crawlers, and limits by "
            "address; the site has limits of its own.",
            clients=clients,
        )
    if answer.status == 404:
        return Finding(
            "failure",
            "proxy.route",
            answer.asked,
            f"{answer.brief}, which is not from the site",
            means="The path does not reach the site, and the client finds nothing.",
            mend="Let the proxy pass all paths of this host to the site, those under /.well-known/ too.",
            clients=clients,
        )
    return Finding(
        "failure",
        "proxy.page",
        answer.asked,
        f"{answer.brief} instead of JSON",
        means="Clients cannot read it, and give up.",
        mend="Let the proxy pass this path to the site: another site, or a page of its own, answers here.",
        clients=clients,
    )

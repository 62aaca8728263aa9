"""Wrong proxies, each a real nginx: what they do to the first request, the documents and registration."""

import re
from pathlib import Path

import pytest

from mcpsite.doctor import Examination, Patient, browsers, challenge, documents, registering
from tests.live import ROOT, LiveServer
from tests.mcpsite.doctor.conftest import Behind, named, only
from tests.mcpsite.doctor.nginx import FORWARDED, Certificate, Nginx

HOST_LOST = FORWARDED.replace("$http_host", "upstream.internal")
SLASH_ADDED = "rewrite ^([^.]*[^/])$ $1/ permanent;"
SLASH_REMOVED = "rewrite ^/(.+)/$ /$1 permanent;"


def test_a_right_proxy_is_not_complained_about(behind: Behind) -> None:
    with behind() as site:
        for group in (challenge, documents, registering, browsers):
            assert named(group.examine(site)) == set(), group.__name__


def test_the_configuration_that_comes_with_the_site_is_right(
    behind: Behind, site: LiveServer, public_port: int, certificate: Certificate, token: str
) -> None:
    server = (ROOT / "deploy" / "nginx.conf").read_text().partition("server {")[2].rpartition("}")[0]
    for given, here in (
        ("listen 443 ssl;", ""),
        (r"ssl_certificate.*;", ""),
        ("mcp.example.com", "localhost"),
        ("127.0.0.1:8000", f"127.0.0.1:{site.port}"),
    ):
        server, times = re.subn(given, here, server)
        assert times, given
    with Nginx(public_port, server, certificate):
        found = list(Examination(Patient(f"https://localhost:{public_port}/mcp", token)))
    assert named(found) == {"reach.private"}
    assert not [finding for finding in found if finding.level == "skipped"]


def test_a_slash_that_is_added_by_a_redirect(behind: Behind) -> None:
    with behind(server=SLASH_ADDED) as site:
        found = only(challenge.examine(site), "proxy.redirect")
    assert found.asked == "POST /mcp"
    assert "no slash added or removed" in found.mend


def test_a_slash_that_is_removed_by_a_redirect_stops_those_who_send_it(behind: Behind) -> None:
    with behind(server=SLASH_REMOVED) as site:
        found = list(challenge.examine(site))
    assert named(found) == {"proxy.redirect"}
    assert only(found, "proxy.redirect").clients == ("Claude Code", "VS Code")


def test_a_host_that_is_not_passed_on(behind: Behind) -> None:
    with behind(told=HOST_LOST) as site:
        found = list(challenge.examine(site))
    assert named(found) == {"proxy.host"}
    assert "proxy_set_header Host $host" in found[-1].mend
    assert found[-1].ends


def test_a_challenge_whose_header_is_stripped(behind: Behind) -> None:
    with behind("proxy_hide_header WWW-Authenticate;") as site:
        assert "challenge.header" in named(challenge.examine(site))


def test_an_authorization_header_that_is_stripped(behind: Behind) -> None:
    with behind('proxy_set_header Authorization "";') as site:
        assert named(challenge.examine(site)) == {"proxy.authorization"}


def test_a_client_secret_that_is_stripped_on_its_way_to_the_token_endpoint(behind: Behind) -> None:
    stripped = 'proxy_set_header Authorization "";'
    with behind(stripped) as site:
        found = list(registering.examine(site))
    assert only(found, "proxy.authorization").clients == ("Codex",)


@pytest.mark.parametrize(
    ("agent", "clients"),
    [("claude-user", ("Claude.ai",)), ("openai-mcp", ("ChatGPT",)), ("^$", ("Claude.ai", "Claude Code"))],
)
def test_a_firewall_that_keeps_a_client_out_by_its_name(behind: Behind, agent: str, clients: tuple[str, ...]) -> None:
    with behind(server=f'if ($http_user_agent ~* "{agent}") {{ return 403; }}') as site:
        found = list(challenge.examine(site))
    assert named(found) == {"proxy.firewall"}
    assert only(found, "proxy.firewall").clients == clients


def test_a_firewall_that_keeps_everybody_out(behind: Behind) -> None:
    with behind(server="return 403;") as site:
        assert "proxy.firewall" in named(challenge.examine(site))


def test_a_password_of_the_proxy(behind: Behind, tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text("somebody:{PLAIN}secret\n")
    with behind(f'auth_basic "closed"; auth_basic_user_file {tmp_path}/passwords;') as site:
        assert "proxy.password" in named(challenge.examine(site))


def test_a_site_that_is_down(behind: Behind) -> None:
    with behind(server="location /mcp { proxy_pass http://127.0.0.1:9; }") as site:
        found = list(challenge.examine(site))
    assert named(found) == {"proxy.upstream"}
    assert found[-1].ends


def test_a_path_in_front(behind: Behind, public_port: int) -> None:
    with behind(server="rewrite ^/app(/.*)$ $1 last;") as site:
        site.path = "/app/mcp"
        found = list(challenge.examine(site))
    assert named(found) == {"url.prefix"}
    assert found[-1].got == "the site takes itself to be at /mcp, not at /app/mcp"


def test_well_known_paths_that_are_not_passed_on(behind: Behind) -> None:
    with behind(server="location /.well-known/ { root /nonexistent; }") as site:
        found = list(documents.examine(site))
    assert named(found) == {"proxy.route"}
    assert "/.well-known/" in only(found, "proxy.route").mend


def test_one_well_known_path_that_is_missing_stops_those_who_ask_for_it(behind: Behind) -> None:
    with behind(server="location = /.well-known/oauth-authorization-server/mcp { return 404; }") as site:
        found = list(documents.examine(site))
    assert only(found, "proxy.route").clients == ("Codex", "Cursor")


def test_a_page_where_documents_should_be(behind: Behind) -> None:
    page = "location /.well-known/ { default_type text/html; return 200 '<!doctype html><title>App</title>'; }"
    with behind(server=page) as site:
        found = list(documents.examine(site))
    assert named(found) == {"proxy.page"}
    assert "instead of JSON" in only(found, "proxy.page").got


def test_documents_that_are_rewritten(behind: Behind) -> None:
    wrong = """location = /.well-known/oauth-protected-resource/mcp {
        default_type application/json; return 200 '{"resource": "https://localhost/other"}'; }"""
    with behind(server=wrong) as site:
        assert named(documents.examine(site)) == {"documents.resource"}


def test_a_scheme_that_the_site_is_not_told(behind: Behind) -> None:
    with behind(told="proxy_set_header Host $http_host;") as site:
        assert named([browsers.scheme(site)]) == {"proxy.scheme"}


def test_a_scheme_that_the_site_is_told_wrong(behind: Behind) -> None:
    with behind(told=FORWARDED.replace("$scheme", "http")) as site:
        found = browsers.scheme(site)
    assert "X-Forwarded-Proto $scheme" in found.mend


def test_a_second_cross_origin_header(behind: Behind) -> None:
    with behind("add_header Access-Control-Allow-Origin * always;") as site:
        found = only(browsers.examine(site), "cors")
        doubled = next(finding for finding in browsers.examine(site) if finding.level == "failure")
    assert found.clients == doubled.clients == ("MCP Inspector",)
    assert "comes 2 times" in doubled.got


def test_preflights_that_the_proxy_answers_itself(behind: Behind) -> None:
    with behind("if ($request_method = OPTIONS) { return 405; }") as site:
        assert named(browsers.examine(site)) == {"cors"}


def test_a_popup_that_is_cut_off(behind: Behind) -> None:
    with behind("add_header Cross-Origin-Opener-Policy same-origin always;") as site:
        found = list(registering.examine(site))
    assert named(found) == {"sign-in.popup"}
    assert {client for finding in found if finding.level == "failure" for client in finding.clients} == {
        "Claude.ai",
        "ChatGPT",
    }


def test_a_sign_in_that_leads_off_the_site(behind: Behind) -> None:
    with behind("proxy_redirect / http://internal:8000/;") as site:
        found = only(registering.examine(site), "authorize.redirect")
    assert found.got.startswith("sent to http://internal:8000/accounts/login/, ")


def test_an_authorization_request_that_loses_its_query(behind: Behind) -> None:
    with behind("rewrite ^/authorize$ /authorize? break;") as site:
        assert named(registering.examine(site)) == {"authorize"}


def test_a_throwaway_client_that_cannot_be_removed(behind: Behind) -> None:
    with behind("limit_except GET POST OPTIONS { deny all; }") as site:
        found = list(registering.examine(site))
    assert named(found) == {"registration.remove"}
    assert only(found, "registration.remove").level == "warning"

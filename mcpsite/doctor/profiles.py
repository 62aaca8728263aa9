"""The clients that people use, as they were recorded: what each asks first, registers, and sends to authorization.

What they send is as their issue trackers and the logs of servers show it. The doctor sends it to a live site, and the
tests lead each client to a token with it.
"""

from dataclasses import dataclass, field
from typing import Any

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
CODE_AND_REFRESH = ["authorization_code", "refresh_token"]
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

Probe = tuple[str, str, int]
"""Method, path and the status that it must be answered with; `{path}` is the Endpoint's."""
CHALLENGED: Probe = ("POST", "{path}", 401)


@dataclass(frozen=True)
class KnownClient:
    """What one client sends."""

    name: str
    probes: tuple[Probe, ...]
    """In the client's order."""
    registration: dict[str, Any]
    """The body of its registration (RFC 7591)."""
    redirect_uri: str
    """Where it asks to be sent back to; the port of a loopback address is not always the registered one."""
    agents: tuple[str, ...] = ()
    """What it was seen to call itself in User-Agent; an empty one where it sent none."""
    document: dict[str, Any] = field(default_factory=dict)
    """Its metadata document, where one is known."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the authorization request; `{origin}` and `{resource}` are the server's."""
    slash: bool = False
    """It is often given the URL with a slash at the end."""
    is_hosted: bool = False
    """It calls from its maker's servers, so it needs a public https address."""
    in_browser: bool = False
    """It calls from a page, so it needs CORS."""

    def paths(self, path: str) -> list[Probe]:
        """Its probes of an Endpoint at this path."""
        return [(method, probed.replace("{path}", path), status) for method, probed, status in self.probes]

    def asking(self, origin: str, resource: str) -> dict[str, str]:
        """The parameters that it adds to an authorization request."""
        return {name: value.format(origin=origin, resource=resource) for name, value in self.parameters.items()}


_PATH_THEN_ROOT: tuple[Probe, ...] = (CHALLENGED, ("GET", f"{RESOURCE}{{path}}", 200), ("GET", SERVER, 200))
_CLAUDE_CALLBACK = "https://claude.ai/api/mcp/auth_callback"
_CHATGPT_CALLBACK = "https://chatgpt.com/connector_platform_oauth_redirect"
_CURSOR_CALLBACK = "cursor://anysphere.cursor-mcp/oauth/callback"
_VSCODE_REGISTRATION = {
    "client_name": "Visual Studio Code",
    "client_uri": "https://code.visualstudio.com",
    "grant_types": [*CODE_AND_REFRESH, DEVICE_CODE],
    "response_types": ["code"],
    "redirect_uris": [
        "https://insiders.vscode.dev/redirect",
        "https://vscode.dev/redirect",
        "http://127.0.0.1/",
        "http://127.0.0.1:33418/",
    ],
    "token_endpoint_auth_method": "none",
    "application_type": "native",
}
_CURSOR_REGISTRATION = {
    "client_name": "Cursor",
    "redirect_uris": [_CURSOR_CALLBACK, "https://www.cursor.com/agents/mcp/oauth/callback"],
    "grant_types": CODE_AND_REFRESH,
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
_CLAUDE_CODE_REGISTRATION = {
    "client_name": "Claude Code",
    "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    "grant_types": CODE_AND_REFRESH,
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}

CLIENTS: dict[str, KnownClient] = {
    # claude-ai-mcp#49, #1061 (User-Agent), #923 (none), #1043 (a secret in the body).
    "claude": KnownClient(
        name="Claude.ai",
        agents=("Claude-User", ""),
        probes=_PATH_THEN_ROOT,
        registration={
            "client_name": "Claude",
            "redirect_uris": [_CLAUDE_CALLBACK],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": "claudeai",
        },
        redirect_uri=_CLAUDE_CALLBACK,
        document={
            "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "client_name": "Claude",
            "client_uri": "https://claude.ai",
            "redirect_uris": [_CLAUDE_CALLBACK],
            "grant_types": [*CODE_AND_REFRESH, "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        parameters={"scope": "mcp notes:read notes:write claudeai", "resource": "{resource}"},
        is_hosted=True,
    ),
    # claude-code#47390 (User-Agent, and none while it signs in).
    "claude_code": KnownClient(
        name="Claude Code",
        agents=("claude-code/2.1.0 (cli)", ""),
        probes=_PATH_THEN_ROOT,
        registration=_CLAUDE_CODE_REGISTRATION,
        redirect_uri="http://localhost:54545/callback",
        document={
            "client_id": "https://claude.ai/oauth/claude-code-client-metadata",
            **_CLAUDE_CODE_REGISTRATION,
        },
        parameters={"scope": "mcp offline_access", "resource": "{resource}"},
        slash=True,
    ),
    # engram-app/Engram#1633 (keys preferred), fastmcp#1794 (an empty scope).
    "chatgpt": KnownClient(
        name="ChatGPT",
        agents=("openai-mcp/1.0.0",),
        probes=(
            ("GET", RESOURCE, 200),
            ("GET", SERVER, 200),
            ("GET", OPENID, 200),
            ("GET", "/.well-known/oauth-client", 404),
            CHALLENGED,
        ),
        registration={
            "client_name": "ChatGPT",
            "redirect_uris": [_CHATGPT_CALLBACK],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "",
        },
        redirect_uri=_CHATGPT_CALLBACK,
        document={
            "client_id": "https://chatgpt.com/oauth/client-metadata.json",
            "client_name": "ChatGPT",
            "redirect_uris": [_CHATGPT_CALLBACK],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
            "jwks_uri": "https://chatgpt.com/.well-known/jwks.json",
        },
        parameters={"scope": "", "resource": "{origin}"},
        is_hosted=True,
    ),
    # openai/codex#12762 (no resource), #15643 (the server's own scopes).
    "codex": KnownClient(
        name="Codex",
        probes=(("GET", f"{SERVER}{{path}}", 200), ("GET", SERVER, 200), CHALLENGED),
        registration={"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:1455/callback"]},
        redirect_uri="http://127.0.0.1:1455/callback",
    ),
    # makeplane/plane-mcp-server#159 (a scheme of its own).
    "cursor": KnownClient(
        name="Cursor",
        probes=(
            CHALLENGED,
            ("GET", f"{RESOURCE}{{path}}", 200),
            ("GET", f"{SERVER}{{path}}", 200),
            ("GET", f"{{path}}{SERVER}", 200),
        ),
        registration=_CURSOR_REGISTRATION,
        redirect_uri=_CURSOR_CALLBACK,
        document={"client_id": "https://www.cursor.com/oauth/client-metadata.json", **_CURSOR_REGISTRATION},
        parameters={"resource": "{resource}"},
    ),
    # microsoft/vscode#278512 (any port), #259251 (a slash after the resource).
    "vscode": KnownClient(
        name="VS Code",
        probes=_PATH_THEN_ROOT,
        registration={**_VSCODE_REGISTRATION, "scope": "mcp notes:read"},
        redirect_uri="http://127.0.0.1:51234/",
        document={"client_id": "https://vscode.dev/oauth/client-metadata.json", **_VSCODE_REGISTRATION},
        parameters={"scope": "mcp notes:read", "resource": "{resource}/"},
        slash=True,
    ),
    "inspector": KnownClient(
        name="MCP Inspector",
        probes=(CHALLENGED, ("GET", f"{RESOURCE}{{path}}", 200), ("GET", RESOURCE, 200), ("GET", SERVER, 200)),
        registration={
            "client_name": "MCP Inspector",
            "client_uri": "https://github.com/modelcontextprotocol/inspector",
            "redirect_uris": ["http://localhost:6274/oauth/callback", "http://localhost:6274/oauth/callback/debug"],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "",
        },
        redirect_uri="http://localhost:6274/oauth/callback",
        parameters={"scope": "mcp", "resource": "{resource}"},
        in_browser=True,
    ),
}


def names(*keys: str) -> tuple[str, ...]:
    """Their names."""
    return tuple(CLIENTS[key].name for key in keys)


HOSTED = tuple(client.name for client in CLIENTS.values() if client.is_hosted)
IN_BROWSER = tuple(client.name for client in CLIENTS.values() if client.in_browser)
EVERYBODY = tuple(client.name for client in CLIENTS.values())

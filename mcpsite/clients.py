"""What a person pastes into an MCP client to connect it to this site."""

import base64
import json
import shlex
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.text import slugify

CALLBACK = "http://127.0.0.1:8765/callback"
"""Where the walk with curl lets the authorization code arrive; nothing has to listen there."""


def short_name(title: str) -> str:
    """The site's name as clients' configuration files write one: lower case letters, digits and dashes."""
    return slugify(title)[:40].strip("-") or "mcp-server"


def instructions(name: str, url: str, site: str, tool: str) -> dict[str, str]:
    """Commands, configuration and links for each client, by the key that the page shows them under."""
    return {
        "claude_code": f"claude mcp add --transport http {name} {shlex.quote(url)}",
        "cursor": indented({"mcpServers": {name: {"url": url}}}),
        "cursor_link": cursor_link(name, url),
        "vscode": f"code --add-mcp {shlex.quote(json.dumps({'name': name, 'type': 'http', 'url': url}))}",
        "vscode_file": indented({"servers": {name: {"type": "http", "url": url}}}),
        "vscode_link": f"vscode:mcp/install?{quote(json.dumps({'name': name, 'type': 'http', 'url': url}))}",
        "inspector": f"npx -y @modelcontextprotocol/inspector@latest --transport http --server-url {shlex.quote(url)}",
        "mcp_remote": f"npx -y mcp-remote {shlex.quote(url)}",
        "mcp_remote_file": indented({"mcpServers": {name: {"command": "npx", "args": ["-y", "mcp-remote", url]}}}),
        "curl": curl_walk(url, site, tool),
    }


def cursor_link(name: str, url: str) -> str:
    """Cursor's install link: the server's configuration in Base64."""
    config = base64.b64encode(json.dumps({"url": url}).encode()).decode()
    return f"cursor://anysphere.cursor-deeplink/mcp/install?{urlencode({'name': name, 'config': config})}"


def curl_walk(url: str, site: str, tool: str) -> str:
    """The whole way by hand, for a POSIX shell: 401, metadata, registration, consent, token, call.

    The call is one of the 2026-07-28 era, which needs no session.
    """
    path = url.removeprefix(site)
    registration = json.dumps(
        {
            "client_name": "curl",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    return f"""\
SITE={shlex.quote(site)}
MCP={shlex.quote(url)}
CALLBACK={CALLBACK}
field() {{ python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }}

# 1. Without a token: 401, and WWW-Authenticate says where to read on
curl -si "$MCP" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
  -d '{{"jsonrpc": "2.0", "id": 1, "method": "ping"}}'

# 2. Which authorization server, and what it can do
curl -s "$SITE/.well-known/oauth-protected-resource{path}"; echo
curl -s "$SITE/.well-known/oauth-authorization-server"; echo

# 3. Register as a client
CLIENT=$(curl -s "$SITE/register" -H 'Content-Type: application/json' \\
  -d {shlex.quote(registration)} | field client_id)

# 4. Open the address that this prints, sign in and allow. The browser ends at an address that it cannot load:
#    copy what stands there between "code=" and "&".
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=')
ASK="response_type=code&client_id=$CLIENT&redirect_uri=$CALLBACK&resource=$MCP&state=walk"
echo "$SITE/authorize?$ASK&code_challenge=$CHALLENGE&code_challenge_method=S256"
printf 'code: '; read -r CODE

# 5. The code for a token
TOKEN=$(curl -s "$SITE/token" --data-urlencode grant_type=authorization_code --data-urlencode "code=$CODE" \\
  --data-urlencode "client_id=$CLIENT" --data-urlencode "redirect_uri=$CALLBACK" \\
  --data-urlencode "code_verifier=$VERIFIER" --data-urlencode "resource=$MCP" | field access_token)

# 6. List the tools, and call one
call() {{
  curl -s "$MCP" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' "$@"; echo
}}
META='"_meta": {{"io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {{}}}}'
call -H 'Mcp-Method: tools/list' -d '{{"jsonrpc": "2.0", "id": 1, "method": "tools/list",
  "params": {{'"$META"'}}}}'
call -H 'Mcp-Method: tools/call' -H 'Mcp-Name: {tool}' -d '{{"jsonrpc": "2.0", "id": 2, "method": "tools/call",
  "params": {{"name": "{tool}", "arguments": {{}}, '"$META"'}}}}'
"""


def indented(value: dict[str, Any]) -> str:
    """JSON as people read it in a configuration file."""
    return json.dumps(value, indent=2)

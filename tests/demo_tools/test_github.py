"""The tool that works with its user's GitHub: what it passes on, and what it says when GitHub does not answer."""

from typing import cast
from unittest.mock import MagicMock

import httpx2
import pytest

from demo_tools.github import PROFILE, GitHubProfile, github_profile
from mcp_endpoint import Context, ToolError
from mcp_endpoint.registry import registry

URL = "https://api.github.com/user"
PROFILE_ANSWER = {
    "login": "octocat",
    "name": None,
    "html_url": "https://github.com/octocat",
    "plan": {"name": "secret"},
}


def with_answer(ctx: Context, status: int, body: object) -> Context:
    """A context whose GitHub gives this answer."""
    response = httpx2.Response(status, json=body, request=httpx2.Request("GET", URL))
    upstream = cast(MagicMock, ctx).upstream
    upstream.return_value.__aenter__.return_value.get.return_value = response
    return ctx


async def test_it_gives_the_profile_and_nothing_else(ctx: Context) -> None:
    profile = await github_profile(with_answer(ctx, 200, PROFILE_ANSWER))

    assert profile == GitHubProfile(login="octocat", html_url="https://github.com/octocat")
    cast(MagicMock, ctx).upstream.assert_called_once_with("github")


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_an_error_there_is_told(ctx: Context, status: int) -> None:
    with pytest.raises(ToolError, match=f"status {status}"):
        await github_profile(with_answer(ctx, status, {}))


def test_it_has_a_scope_of_its_own_and_reads_only() -> None:
    entry = registry().tools["github_profile"]
    assert set(entry.access.scopes) == {PROFILE}
    assert entry.effect == "read"

"""A tool that works with an account which its user has elsewhere: their profile at GitHub."""

from pydantic import BaseModel

from mcp_endpoint import Context, ToolError, scope, tool

PROFILE = "github:profile"
scope(PROFILE, "Read your profile at GitHub, once you have linked your account")


class GitHubProfile(BaseModel):
    """What GitHub says of its user, as far as this tool passes it on."""

    login: str
    name: str | None = None
    html_url: str
    public_repos: int = 0


@tool(scope=PROFILE, read_only=True, open_world=True)
async def github_profile(ctx: Context) -> GitHubProfile:
    """Your profile at GitHub. You are asked to link your account the first time."""
    async with ctx.upstream("github") as github:
        response = await github.get("/user")
    if response.is_error:
        raise ToolError(f"GitHub answered with status {response.status_code}. Try again later.")
    return GitHubProfile.model_validate(response.json())

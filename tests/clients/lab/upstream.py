"""Tools that use their user's GitHub from a thread, and that stumble over it with all they have in hand."""

from mcp_endpoint import Context, tool


@tool()
def github_login(ctx: Context) -> str:
    """Your login at GitHub."""
    with ctx.upstream("github") as github:
        login: str = github.get("/user").json()["login"]
    return login


@tool()
async def stumble(ctx: Context, path: str) -> str:
    """Ask GitHub for something, and fail with everything that can be seen of it in the message."""
    access = ctx.upstream("github")
    async with access as github:
        response = await github.get(path)
        raise RuntimeError(
            f"{access!r} {vars(access)} {github!r} {vars(github)} {response!r} {vars(response)} "
            f"{vars(response.request)} {response.request.headers.raw} {response.text}"
        )

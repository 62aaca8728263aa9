"""The value of `ctx.upstream("github")`: entered by `async with` or `with`, it is a client for that provider's API."""

from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.questions import Rounds
from mcp_endpoint.upstream.asking import ask_to_link
from mcp_endpoint.upstream.refreshes import token

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2


class Upstream:
    """One user's account at one provider, for as long as a `with` block lasts.

    Entering it asks the user to link the account where that is needed; so does a request whose token the API refuses.
    """

    def __init__(
        self, exchange: Exchange, rounds: Rounds, wait: "Callable[[Coroutine[Any, Any, str]], str]", provider: str
    ) -> None:
        self._exchange = exchange
        self._rounds = rounds
        self._wait = wait
        self._provider = provider
        self._async_client: httpx2.AsyncClient | None = None
        self._client: httpx2.Client | None = None

    def __repr__(self) -> str:
        return f"<Upstream {self._provider}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Access to an upstream account is not pickled.")

    async def __aenter__(self) -> "httpx2.AsyncClient":
        from mcp_endpoint.upstream import bound

        held = [await self._token("")]

        async def credential(refused: str) -> str:
            if refused:
                held[0] = await self._token(refused)
            return held[0]

        self._async_client = bound.async_client(self._api_url(), credential)
        return self._async_client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._async_client is not None:
            await self._async_client.aclose()

    def __enter__(self) -> "httpx2.Client":
        from mcp_endpoint.upstream import bound

        held = [self._wait(self._token(""))]

        def credential(refused: str) -> str:
            if refused:
                held[0] = self._wait(self._token(refused))
            return held[0]

        self._client = bound.client(self._api_url(), credential)
        return self._client

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    def _api_url(self) -> str:
        """Where the provider's API is. Raises ToolError when a token cannot travel there safely."""
        from accounts.upstream.conf import conf, is_safe

        url = conf().api_urls.get(self._provider, "")
        if not is_safe(url):
            raise ToolError(
                f"This site is not set up to reach the API of {self._provider!r}: its operator can do that."
            )
        return url

    async def _token(self, refused: str) -> str:
        from accounts.upstream.token_requests import ProviderUnavailableError
        from accounts.upstream.tokens import LinkNeededError

        self._api_url()
        while True:
            try:
                return await token(self._exchange.principal.user.pk, self._provider, refused)
            except LinkNeededError:
                await ask_to_link(self._exchange, self._rounds, self._provider, anew=bool(refused))
            except ProviderUnavailableError:
                raise ToolError(
                    f"{self._provider} does not renew the user's access just now. Try again in a few minutes."
                ) from None

"""Asks the user to link an account, in the way that their client can pass on.

2026-07-28: the call ends with a URL elicitation, and its retry waits for the page (client/elicitation, URL mode flow).
2025-11-25: a session is asked while the call runs; when the user takes too long, error -32042 says what is missing.
Any other client gets an error with the link, for its model to show.
"""

import secrets
from typing import TYPE_CHECKING, Any, cast

import mcp_types as types

from mcp_endpoint import executor, questions
from mcp_endpoint.conf import conf
from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.sdk import MCPError
from mcp_endpoint.upstream.links import COMPLETE, links

if TYPE_CHECKING:
    from accounts.upstream.providers import UpstreamProvider

URL_MODE_VERSION = "2025-11-25"
"""The first version with URL elicitation, and the only one with sessions."""


async def ask_to_link(exchange: Exchange, rounds: questions.Rounds, provider_id: str, *, anew: bool = False) -> None:
    """Return once the account is linked.

    `anew` asks again though an earlier round was answered. Raises what ends the call or its round when it is not
    linked: `InputRequired`, `ToolError`, or MCPError -32042.
    """
    from accounts.upstream.providers import find_provider  # needs models; this room is imported before they are

    provider = await executor.run_outbound(find_provider, provider_id)
    if provider is None:
        raise ToolError(
            f"This site has no {provider_id!r} to link accounts of. Its operator can set it up; "
            "nothing that you or the user do here will help."
        )
    if not questions.can(exchange.capabilities, "elicitation.url"):
        raise _link_in_words(exchange, provider)
    if exchange.modern:
        await _ask_in_rounds(exchange, rounds, provider, anew)
    elif exchange.can_send_request and exchange.protocol_version == URL_MODE_VERSION:
        await _ask_session(exchange, provider)
    else:
        raise _link_in_words(exchange, provider)


async def _ask_in_rounds(
    exchange: Exchange, rounds: questions.Rounds, provider: "UpstreamProvider", anew: bool
) -> None:
    name = f"upstream:{provider.id}"
    asked: int = rounds.state.get(name, 0)
    request = types.ElicitRequest(params=_request(exchange, provider))
    if asked and not anew:
        answer = cast(types.ElicitResult | None, rounds.answer(f"{name}:{asked}", request))
        if answer is not None:
            _require_consent(answer, provider)
            # The user agreed to open the page, no more: "it may need to block until the request is fulfilled".
            if await links().linked(exchange.principal.user.pk, provider.id, conf().ask_timeout):
                return
    rounds.state[name] = asked + 1
    raise rounds.require({f"{name}:{asked + 1}": request})


async def _ask_session(exchange: Exchange, provider: "UpstreamProvider") -> None:
    assert exchange.session is not None  # noqa: S101  (it can be sent requests)
    elicitation = secrets.token_urlsafe(12)
    params = _request(exchange, provider, elicitation)
    answers = await questions.ask(exchange, questions.Rounds(), {"": types.ElicitRequest(params=params)})
    _require_consent(cast(types.ElicitResult, answers[""]), provider)
    if await links().linked(exchange.principal.user.pk, provider.id, conf().ask_timeout):
        exchange.emit(COMPLETE, {"elicitationId": elicitation})
        return
    links().promise(elicitation, exchange.session, exchange.principal.user.pk)
    elicitations = [params.model_dump(by_alias=True, mode="json", exclude_none=True)]
    raise MCPError(types.URL_ELICITATION_REQUIRED, params.message, {"elicitations": elicitations})


def _request(exchange: Exchange, provider: "UpstreamProvider", elicitation: str = "") -> types.ElicitRequestURLParams:
    return types.ElicitRequestURLParams(
        message=f"Link your {provider.name} account, so that this tool can use it.",
        url=_link(exchange, provider, elicitation),
        elicitation_id=elicitation or None,
    )


def _link(exchange: Exchange, provider: "UpstreamProvider", elicitation: str) -> str:
    from accounts.upstream.references import make_url

    user_id: Any = exchange.principal.user.pk
    return make_url(user_id, provider.id, elicitation)


def _require_consent(answer: types.ElicitResult, provider: "UpstreamProvider") -> None:
    if answer.action != "accept":
        raise ToolError(f"The user did not agree to link {provider.name}, so this tool could not go on.")


def _link_in_words(exchange: Exchange, provider: "UpstreamProvider") -> ToolError:
    return ToolError(
        f"This tool needs the user's {provider.name} account, which is not linked. Ask the user to open this page in a "
        f"browser and agree, then call the tool again: {_link(exchange, provider, '')}"
    )

"""What the flight recorder is told of calls that are not let in: most of them are how a client begins to connect."""

from collections.abc import Mapping

from mcp_endpoint.endpoints import Endpoint
from mcp_endpoint.errors import HttpError
from mcp_endpoint.wire import Scope
from oauth_bridge.attempts import reports
from oauth_bridge.bearer import BearerError
from oauth_bridge.principal import Principal


def report(
    error: HttpError, scope: Scope, headers: Mapping[bytes, bytes], endpoint: Endpoint, principal: Principal | None
) -> None:
    """Tell of a 401 or 403; `principal` is the caller, when the call was let in and refused later."""
    if error.status not in (401, 403):
        return
    peer = (scope.get("client") or ("",))[0]
    cause = error.__cause__
    if principal is not None:
        reports.call_refused(headers, peer, principal.connection_id, error.message)
    elif not isinstance(cause, BearerError):
        reports.turned_away(headers, peer, error.message)
    elif cause.code is None:
        reports.challenged(headers, peer, endpoint.uri)
    else:
        reports.call_refused(headers, peer, cause.connection_id, cause.why)

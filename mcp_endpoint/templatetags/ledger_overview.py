"""The overview on the admin's front page."""

from typing import Any

from django import template

from mcp_endpoint.ledger.overview import Overview, overview

register = template.Library()


@register.simple_tag(takes_context=True)
def ledger_overview(context: dict[str, Any]) -> Overview | None:
    """The overview; None, without a question to the database, for somebody who may not view the ledger."""
    user = context["request"].user
    if not user.has_perm("mcp_endpoint.view_toolcall"):
        return None
    return overview(with_connections=user.has_perm("oauth_bridge.view_connection"))

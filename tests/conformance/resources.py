"""Resources of each kind, and one template."""

import base64

from mcp_endpoint import resource
from tests.conformance.media import PNG


@resource("test://static-text", name="static-text", title="Static text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


@resource("test://static-binary", name="static-binary", title="Static image", mime_type="image/png")
def static_binary() -> bytes:
    """An image that never changes."""
    return base64.b64decode(PNG)


@resource("test://watched-resource", name="watched-resource", title="Watched", mime_type="text/plain")
def watched_resource() -> str:
    """A text to subscribe to."""
    return "Watched resource content"


@resource("test://template/{id}/data", name="template", title="Template", mime_type="application/json")
def template_data(id: str) -> dict[str, object]:
    """Data of whatever id the URI names."""
    return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}

"""Tools that return each kind of content."""

import json

from mcp_types import AudioContent, EmbeddedResource, ImageContent, TextContent, TextResourceContents

from mcp_endpoint import ToolError, tool
from tests.conformance.media import PNG, WAV


@tool(structured=False)
def test_simple_text() -> str:
    """Return one text."""
    return "This is a simple text response for testing."


@tool()
def test_image_content() -> ImageContent:
    """Return one image."""
    return ImageContent(type="image", data=PNG, mime_type="image/png")


@tool()
def test_audio_content() -> AudioContent:
    """Return one sound."""
    return AudioContent(type="audio", data=WAV, mime_type="audio/wav")


@tool()
def test_embedded_resource() -> EmbeddedResource:
    """Return a resource inside the result."""
    return embed("test://embedded-resource", "text/plain", "This is an embedded resource content.")


@tool()
def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    """Return a text, an image and a resource."""
    return [
        TextContent(type="text", text="Multiple content types test:"),
        ImageContent(type="image", data=PNG, mime_type="image/png"),
        embed("test://mixed-content-resource", "application/json", json.dumps({"test": "data", "value": 123})),
    ]


@tool()
def test_error_handling() -> str:
    """Always fail with a text for the model."""
    raise ToolError("This tool intentionally returns an error for testing")


def embed(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    """A text resource as a content block."""
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=contents)

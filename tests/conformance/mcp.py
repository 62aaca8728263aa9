"""Everything the conformance suite calls, by what it is about."""

from tests.conformance import changes, content, dialogue, prompts, resources, schemas

# Only `mcp.py` is looked for at start-up: importing the modules is what declares their fixtures.
__all__ = ["changes", "content", "dialogue", "prompts", "resources", "schemas"]

"""axe-core on a page: what it finds, in words."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# All of its rules; this one is off unless asked for (WCAG 2.2 AA, 2.5.8).
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule."""
    page.evaluate(SOURCE.read_text())
    result: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", OPTIONS)
    assert result["testEngine"]["name"] == "axe-core"
    return [
        f"{rule['id']}: {rule['help']} in {node['html'][:160]} ({' '.join(str(node.get('failureSummary')).split())})"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]

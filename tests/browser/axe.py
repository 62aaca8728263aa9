"""axe-core on a page: what it finds, in words."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# All of its rules; this one is off unless asked for (WCAG 2.2 AA, 2.5.8).
RULES = {"target-size": {"enabled": True}}
# What Django's own markup of lists and forms breaks; all else holds for its pages too.
BROKEN_BY_DJANGO = ("label", "label-title-only", "link-in-text-block", "target-size")


def violations(page: Page, *, without: Iterable[str] = ()) -> list[str]:
    """One line for each element that breaks a rule, other than those named."""
    rules = RULES | {name: {"enabled": False} for name in without}
    page.evaluate(SOURCE.read_text())
    result: dict[str, Any] = page.evaluate(
        "(options) => axe.run(document, options)", {"resultTypes": ["violations"], "rules": rules}
    )
    assert result["testEngine"]["name"] == "axe-core"
    return [
        f"{rule['id']}: {rule['help']} in {node['html'][:160]} ({' '.join(str(node.get('failureSummary')).split())})"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]

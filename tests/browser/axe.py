"""axe-core on a page: what it finds, in words."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# All of its rules; this one is off unless asked for (WCAG 2.2 AA, 2.5.8).
RULES = {"target-size": {"enabled": True}}
# What Django's own markup breaks, by what is in it: a search box whose label is a picture, dates of two boxes under one
# label, and the two lists between which permissions are moved. All else holds for its pages too.
BROKEN_BY_DJANGO = {
    "label-title-only": 'id="searchbar"',
    "label": 'class="v',
    "aria-prohibited-attr": 'class="help-tooltip',
}


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule."""
    is_django = page.locator("#site-name").count() > 0
    page.evaluate(SOURCE.read_text())
    result: dict[str, Any] = page.evaluate(
        "(options) => axe.run(document, options)", {"resultTypes": ["violations"], "rules": RULES}
    )
    assert result["testEngine"]["name"] == "axe-core"
    return [
        f"{rule['id']}: {rule['help']} in {node['html'][:160]} ({' '.join(str(node.get('failureSummary')).split())})"
        for rule in result["violations"]
        for node in rule["nodes"]
        if not (is_django and BROKEN_BY_DJANGO.get(rule["id"], "no such markup") in node["html"])
    ]

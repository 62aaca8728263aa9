"""The documentation names everything there is, and nothing that is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks import registry as checks
from django.core.management import get_commands

import mcp_endpoint
from mcp_endpoint import Context

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ROOMS = ("mcpsite", "accounts", "oauth_bridge", "mcp_endpoint", "demo_tools")


def first_column(page: str, pattern: str = r"[^`]+") -> list[str]:
    """What stands in backquotes at the beginning of each row of a page's tables."""
    return re.findall(rf"^\| `({pattern})` \|", (DOCS / page).read_text(), re.MULTILINE)


def variables() -> Iterator[str]:
    """Every environment variable that the site, its scripts, its tests' services and make read."""
    read = ("mcpsite/settings.py", "mcpsite/limit_settings.py", "manage.py")
    site = "".join((ROOT / path).read_text() for path in read)
    yield from re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', site)
    yield from re.findall(r'environ\.setdefault\("([A-Z_]+)"', site)
    for script in (*(ROOT / "scripts").glob("*.py"), *ROOT.glob("*/management/commands/*.py")):
        yield from re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', script.read_text())
    yield from re.findall(r"^([A-Z]+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)
    yield from re.findall(r"\$\(([A-Z]+)\)", (ROOT / "Makefile").read_text())
    yield from re.findall(r"\$\{([A-Z_]+):?[-=]", (ROOT / ".ci" / "run").read_text())
    yield from re.findall(r'"(CI|TEST_[A-Z_]+)"', (ROOT / "tests" / "services.py").read_text())


def requirements() -> Iterator[str]:
    """Every package that is pinned."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        yield from re.findall(r"^([A-Za-z0-9-]+)[\[=]", (ROOT / name).read_text(), re.MULTILINE)


def check_ids() -> set[str]:
    """Every id that a system check of ours can give."""
    return {
        found
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for found in re.findall(rf'id="({room}\.[EWI]\d+)"', path.read_text())
    }


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    not_ours = {"PATH", "BIN"}
    assert sorted(first_column("settings.md", "[A-Z_]+")) == sorted(set(variables()) - not_ours)


def test_the_example_names_only_settings_that_exist() -> None:
    example = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(example) <= set(first_column("settings.md"))


def test_every_dependency_has_a_row_and_every_row_a_dependency() -> None:
    assert sorted(first_column("dependencies.md")) == sorted(requirements())


def test_every_check_has_a_row_and_every_row_a_check() -> None:
    assert set(first_column("operations.md", r"\w+\.[EWI]\d+")) == check_ids()


def test_every_check_of_ours_is_registered() -> None:
    modules = {check.__module__ for check in checks.registry.get_checks(include_deployment_checks=True)}
    assert {"mcpsite.checks", "oauth_bridge.checks"} <= modules


def test_every_command_of_ours_has_a_row() -> None:
    ours = {name for name, app in get_commands().items() if app in ROOMS}
    documented = {row.removeprefix("manage.py ").split()[0] for row in first_column("operations.md", "manage.py .+?")}
    assert ours <= documented


def test_every_documented_command_exists() -> None:
    documented = {row.removeprefix("manage.py ").split()[0] for row in first_column("operations.md", "manage.py .+?")}
    assert documented <= set(get_commands())


def test_every_target_of_make_is_explained_by_make_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"help", "dev"}
    assert targets == set(re.findall(r'@echo "make ([a-z]+)', makefile))


@pytest.mark.parametrize("name", mcp_endpoint.__all__)
def test_everything_a_tools_app_may_import_is_explained(name: str) -> None:
    assert re.search(rf"`{name}|\b{name}\b", (DOCS / "tools.md").read_text())


def test_everything_the_context_offers_is_explained() -> None:
    page = (DOCS / "tools.md").read_text()
    for_the_server = {"cancel"}
    offered = {name for name in vars(Context) if not name.startswith("_")} - for_the_server
    assert {name for name in offered if f"ctx.{name}" not in page} == set()


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted(DOCS.glob("*.md")))])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    source = ROOT / page
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", source.read_text())
    assert [target for target in targets if not (source.parent / target).exists()] == []

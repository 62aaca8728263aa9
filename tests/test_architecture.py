"""The house keeps its rules: imports run one way, nothing goes in circles, no module grows beyond one concept."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from scripts.module_size import oversized

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("mcpsite", "demo_tools", "mcp_endpoint", "oauth_bridge", "accounts")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, exclude_type_checking_imports=True, cache_dir=None)


def test_the_import_contracts_are_kept() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_nothing_imports_the_site(graph: grimp.ImportGraph) -> None:
    importers = {
        importer
        for module in ("mcpsite", *graph.find_descendants("mcpsite"))
        for importer in graph.find_modules_that_directly_import(module)
        if not importer.startswith("mcpsite")
    }
    assert importers == set()


def test_no_module_reaches_itself_through_its_imports(graph: grimp.ImportGraph) -> None:
    assert list(circles(graph)) == []


def test_no_module_imports_the_public_face_of_its_own_room(graph: grimp.ImportGraph) -> None:
    """The face imports the modules; the other way round is a circle that only import order hides."""
    found = [
        (importer, room)
        for room in ROOMS
        for importer in graph.find_modules_that_directly_import(room)
        if importer.startswith(f"{room}.")
    ]
    assert found == []


def test_no_module_is_too_long() -> None:
    assert list(oversized(ROOT)) == []


def test_a_module_that_is_too_long_is_named(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "everything.py").write_text("pass\n" * 301)
    assert list(oversized(tmp_path)) == ["accounts/everything.py has 301 lines; 300 are allowed."]


def test_migrations_may_be_long(tmp_path: Path) -> None:
    (tmp_path / "accounts" / "migrations").mkdir(parents=True)
    (tmp_path / "accounts" / "migrations" / "0001_initial.py").write_text("pass\n" * 301)
    assert list(oversized(tmp_path)) == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and not path.read_text().lstrip().startswith('"""')
    ]
    assert silent == []


def circles(graph: grimp.ImportGraph) -> Iterator[tuple[str, ...]]:
    """Every shortest way from a module back to itself."""
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            way = graph.find_shortest_chain(imported, module)
            if way:
                yield (module, *way)

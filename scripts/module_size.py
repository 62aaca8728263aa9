"""Fails when a module has grown beyond one concept: more than 300 lines. Migrations and what is installed aside."""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "mcpsite",
    "accounts",
    "oauth_bridge",
    "mcp_endpoint",
    "demo_tools",
    "scripts",
    "benchmarks",
    "tests",
)
NOT_OURS = ("migrations", "node_modules")
LIMIT = 300


def oversized(root: Path = ROOT) -> Iterator[str]:
    """One sentence for each module that is too long."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if any(part in NOT_OURS or part.startswith(".") for part in path.relative_to(root).parts):
                continue
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LIMIT:
                yield f"{path.relative_to(root)} has {lines} lines; {LIMIT} are allowed."


if __name__ == "__main__":
    problems = list(oversized())
    print("\n".join(problems) or "No module is longer than 300 lines.")
    sys.exit(bool(problems))

"""The script behind `make run`: each step, and one sentence when it fails."""

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mcpsite.copies import ROOT, complaint, environment, give_environment, load_bootstrap, make

# Root may write everywhere; without CAP_DAC_OVERRIDE (1) it minds permissions like anybody. PR_CAPBSET_DROP is 24.
FORGO_SUPERPOWERS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def bootstrap(folder: Path, command: str, *, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *(("-c", FORGO_SUPERPOWERS) if os.geteuid() == 0 else ()), "scripts/bootstrap.py", command],
        cwd=folder,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=120,
    )


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_old_python_can_parse_it() -> None:
    ast.parse((ROOT / "scripts" / "bootstrap.py").read_text(), feature_version=(3, 6))


def test_it_writes_settings_with_a_key_of_their_own_that_only_the_owner_reads(clone: Path) -> None:
    load_bootstrap(clone).write_env_file()
    written = clone / ".env"
    [line] = [line for line in written.read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line.removeprefix("SECRET_KEY=")) >= 50
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_two_sites_get_different_keys(clone: Path) -> None:
    steps, written = load_bootstrap(clone), clone / ".env"
    steps.write_env_file()
    first = written.read_text()
    written.unlink()
    steps.write_env_file()
    assert written.read_text() != first


def test_it_leaves_settings_that_are_there(clone: Path) -> None:
    (clone / ".env").write_text("SECRET_KEY=mine\n")
    load_bootstrap(clone).write_env_file()
    assert (clone / ".env").read_text() == "SECRET_KEY=mine\n"


def test_it_installs_again_only_when_the_requirements_changed(installed: Path) -> None:
    steps = load_bootstrap(installed)
    assert steps.stamped("requirements.txt") == steps.digest_of("requirements.txt")
    with (installed / "requirements.txt").open("a") as file:
        file.write("weather==1.0\n")
    assert steps.stamped("requirements.txt") != steps.digest_of("requirements.txt")


def test_requirements_for_tests_change_with_those_of_the_server(clone: Path) -> None:
    steps = load_bootstrap(clone)
    before = steps.digest_of("requirements-dev.txt")
    with (clone / "requirements.txt").open("a") as file:
        file.write("weather==1.0\n")
    assert steps.digest_of("requirements-dev.txt") != before


def test_it_tries_the_next_interpreter_when_one_is_too_old(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = load_bootstrap(clone)
    codes = {sys.executable: 3, "python3.14": 127, "python3.13": 4, "python3.12": 0}
    monkeypatch.setattr(steps, "probe", codes.__getitem__)
    assert steps.find_python() == "python3.12"


def test_only_old_interpreters_are_one_sentence(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = load_bootstrap(clone)
    monkeypatch.setattr(steps, "probe", lambda python: 3)
    with pytest.raises(
        steps.BootstrapError, match=r"Python 3\.11 or later is needed and only .* was found: install it"
    ):
        steps.find_python()


def test_a_missing_venv_module_is_one_sentence(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = load_bootstrap(clone)
    monkeypatch.setattr(steps, "probe", lambda python: 4 if python == sys.executable else 127)
    with pytest.raises(steps.BootstrapError, match="apt install python3-venv"):
        steps.find_python()


def test_interpreters_are_told_apart_by_running_them(clone: Path, tmp_path: Path) -> None:
    steps = load_bootstrap(clone)
    assert steps.probe(sys.executable) == 0
    assert steps.probe(str(script(tmp_path / "old", "exit 3"))) == 3
    assert steps.probe(str(tmp_path / "missing")) == 127


def test_no_python_at_all_is_one_sentence(clone: Path) -> None:
    result = make(clone, "run", env={"PYTHON": "no-such-python"})
    assert complaint(result) == "Python 3.11 or later is needed: install it and run this again."


def test_an_environment_that_cannot_be_made_is_one_sentence(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = load_bootstrap(clone)
    broken = script(clone / "python", "echo 'Error: disk full.'; exit 1")
    monkeypatch.setattr(steps, "find_python", lambda: str(broken))
    with pytest.raises(steps.BootstrapError, match=r"could not create \.venv \(Error: disk full\)"):
        steps.create_venv()


def test_failing_pip_is_one_sentence_with_its_reason(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    python = clone / ".venv" / "bin" / "python"
    script(python, 'test "$1" = -c && exit 0; echo "ERROR: No matching distribution"; exit 1')
    result = bootstrap(clone, "run")
    assert complaint(result).startswith("pip could not install requirements.txt (ERROR: No matching distribution)")
    assert "No matching distribution" in (clone / ".venv" / "pip.log").read_text()


@pytest.mark.parametrize("ready", [False, True], ids=["nothing installed", "all installed"])
def test_a_read_only_folder_is_one_sentence(clone: Path, ready: bool) -> None:
    if ready:
        give_environment(clone)
    clone.chmod(0o555)
    try:
        result = bootstrap(clone, "run")
    finally:
        clone.chmod(0o755)
    assert result.returncode == 1
    assert complaint(result).startswith(f"Cannot write {clone}")
    assert "make this folder writable" in complaint(result)


def test_an_unknown_command_is_one_sentence(clone: Path) -> None:
    assert complaint(bootstrap(clone, "fly")) == "Say what to do: scripts/bootstrap.py prepare, run or dev."

"""Text that clients wrote is shown as one harmless line."""

import pytest

from oauth_bridge.client_metadata import clean_text


@pytest.mark.parametrize(
    "name", ["Claude", "Visual Studio Code", "日本語クライアント", "עברית", "Zoë 2.0", "👩‍💻 tools"]
)
def test_leaves_ordinary_names_alone(name: str) -> None:
    assert clean_text(name, 60) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Claude\u202egpj.exe", "Claudegpj.exe"),
        ("\u2066Claude\u2069", "Claude"),
        ("Cla\u200bude", "Claude"),
        ("\ufeffClaude", "Claude"),
        ("Claude\r\nBcc: x@example.org", "Claude Bcc: x@example.org"),
        ("Claude\u2028approved", "Claude approved"),
        ("  Claude \t Code ", "Claude Code"),
        ("Claude\0", "Claude"),
    ],
)
def test_drops_what_turns_hides_or_breaks_text(name: str, shown: str) -> None:
    assert clean_text(name, 60) == shown


def test_drops_piled_up_marks() -> None:
    assert len(clean_text("Z" + "\u0335" * 400, 60)) <= 3


def test_shortens_what_is_long() -> None:
    shown = clean_text("A" * 10_000, 60)
    assert len(shown) == 60
    assert shown.endswith("A…")


def test_is_empty_when_nothing_can_be_seen() -> None:
    assert clean_text("\u202e\u200b\u200d\n\u200c", 60) == ""

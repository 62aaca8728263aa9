"""What people are shown of a change: words of a text, lines of a schema, and what is there but cannot be seen."""

import pytest

from oauth_bridge.difference import difference, visible


def test_words_that_changed_are_told_from_those_that_stayed() -> None:
    assert difference("Say hello to somebody.", "Say nothing to somebody.").segments == [
        ("same", "Say "),
        ("gone", "hello "),
        ("new", "nothing "),
        ("same", "to somebody."),
    ]


def test_a_text_that_was_not_there_is_new() -> None:
    assert difference(None, "Hello") == difference("", "Hello")
    assert difference(None, "Hello").segments == [("new", "Hello")]


def test_the_text_before_and_after_can_be_read_out_of_it() -> None:
    before, after = "Delete  one\nnote.", "Delete every note, \t now."
    segments = difference(before, after).segments
    assert "".join(text for mark, text in segments if mark != "new") == before
    assert "".join(text for mark, text in segments if mark != "gone") == after


def test_lines_of_a_schema_have_signs() -> None:
    found = difference({"a": 1, "b": 2}, {"a": 1, "b": 3})
    assert found.by_lines
    assert "".join(text for _, text in found.segments) == '  {\n    "a": 1,\n-   "b": 2\n+   "b": 3\n  }\n'


def test_the_order_of_a_schemas_members_is_no_change() -> None:
    assert [mark for mark, _ in difference({"b": 2, "a": 1}, {"a": 1, "b": 2}).segments] == ["same"]


def test_much_that_stayed_is_left_out() -> None:
    before = {f"key{number:02}": 0 for number in range(40)}
    shown = "".join(text for _, text in difference(before, {**before, "key20": 1}).segments)
    assert "…" in shown
    assert shown.count("\n") < 20


def test_a_schema_that_is_gone_is_shown_whole() -> None:
    assert difference({"a": 1}, None).segments == [("gone", '- {\n-   "a": 1\n- }\n')]


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\0", "\U000e0041", "\x1b", "\u2028"])
def test_what_cannot_be_seen_is_named(character: str) -> None:
    assert visible(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"


@pytest.mark.parametrize("text", ["Grüße", "a\nb\tc", "日本語", "<b>"])
def test_what_can_be_seen_is_left_alone(text: str) -> None:
    assert visible(text) == text

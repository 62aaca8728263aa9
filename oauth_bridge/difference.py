"""The way from one text or JSON value to another, for people to read."""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["same", "gone", "new"]
Segment = tuple[Mark, str]

CONTEXT = 3
"""Lines of unchanged JSON that are shown around a change."""
SIGNS: dict[Mark, str] = {"same": "  ", "gone": "- ", "new": "+ "}
UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Difference:
    """What is gone, what is new, and what is the same around them."""

    by_lines: bool
    """Each line has its sign; else it is a text, whose words differ."""
    segments: list[Segment]


def difference(before: Any, after: Any) -> Difference:
    """Texts are compared word by word, anything else line by line of its JSON."""
    if isinstance(before or "", str) and isinstance(after or "", str):
        return Difference(False, list(_segments(_words(before or ""), _words(after or ""))))
    return Difference(True, [_signed(mark, text) for mark, text in _segments(_lines(before), _lines(after))])


def visible(text: str, spared: str = "\n\t") -> str:
    """The text with a name for each character that nobody sees or that reorders others: a model reads those too.

    Characters in `spared` stay as they are.
    """
    return "".join(
        f"⟨U+{ord(char):04X}⟩" if unicodedata.category(char) in UNSEEN and char not in spared else char for char in text
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+\s*", text)


def _lines(value: Any) -> list[str]:
    # Sorted: PostgreSQL does not keep the order of a stored object.
    written = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return [] if value is None else [line + "\n" for line in written.split("\n")]


def _segments(before: Sequence[str], after: Sequence[str]) -> Iterable[Segment]:
    for how, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if how == "equal":
            yield "same", visible("".join(before[start:end]))
            continue
        if start < end:
            yield "gone", visible("".join(before[start:end]))
        if new_start < new_end:
            yield "new", visible("".join(after[new_start:new_end]))


def _signed(mark: Mark, text: str) -> Segment:
    """A sign before each line; of many that stayed the same, the first and last ones."""
    lines = [SIGNS[mark] + line for line in text.splitlines(keepends=True)]
    if mark == "same" and len(lines) > 2 * CONTEXT + 1:
        lines[CONTEXT:-CONTEXT] = ["  …\n"]
    return mark, "".join(lines)

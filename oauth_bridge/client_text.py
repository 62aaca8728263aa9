"""Text that a client wrote about itself, made fit to be shown to people."""

import unicodedata

_HIDDEN = {
    "Cc",  # control characters, line breaks among them
    "Cf",  # direction overrides, zero-width characters: they make a name look like another one
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}
# Needed to write words of some languages and emoji, and harmless alone.
_JOINERS = "\u200c\u200d"


def plain(text: str, limit: int) -> str:
    """One line of at most `limit` visible characters; what could turn or hide the text around it is gone.

    Combining marks beyond two on one letter are dropped: they would climb over the lines above and below.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text[: limit * 8]):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > 2:
            continue
        hidden = category in _HIDDEN and character not in _JOINERS
        kept.append(" " if hidden and character.isspace() else "" if hidden else character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"

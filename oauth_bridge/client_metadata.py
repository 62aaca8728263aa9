"""Client metadata as a stranger sends it (RFC 7591 §2): what is kept of it, and in what form."""

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

AUTH_METHODS = ("none", "client_secret_post", "client_secret_basic")
"""How clients that register themselves may authenticate at the token endpoint."""

SUPPORTED_AUTH_METHODS = (*AUTH_METHODS, "private_key_jwt")
"""The same of all clients: those with a metadata document and an operator's may have keys of their own."""

LONGEST_TEXT = 255
LONGEST_URI = 2000
MOST_CONTACTS = 10

# Words of some languages and some emoji are written with them.
JOINERS = "\u200c\u200d"

_TEXTS = ("software_id", "software_version")
_URIS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """One line of at most so many characters; a text that was cut ends in an ellipsis.

    What hides, turns or breaks the text beside it goes: control characters, direction overrides, zero-width ones,
    and marks piled up on one letter.
    """
    kept: list[str] = []
    marks = 0
    for character in text[: longest * 8]:
        if character.isspace():
            character = " "
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= 2 and (not category.startswith("C") or character in JOINERS):
            kept.append(character)
    line = " ".join("".join(kept).split()).strip(JOINERS + " ")
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def is_web_uri(uri: str) -> bool:
    """Whether a link can be shown to people: http or https, never `javascript:`."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return (
        len(uri) <= LONGEST_URI
        and uri.isascii()
        and uri.isprintable()
        and parts.scheme in ("http", "https")
        and bool(parts.hostname)
    )


def described(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a Client that describe it to people; what is malformed is left out."""
    fields: dict[str, Any] = {}
    for name in _URIS:
        value = metadata.get(name)
        fields[name] = value if isinstance(value, str) and is_web_uri(value) else ""
    for name in _TEXTS:
        value = metadata.get(name)
        fields[name] = clean_text(value) if isinstance(value, str) else ""
    contacts = metadata.get("contacts")
    fields["contacts"] = (
        [clean_text(contact) for contact in contacts if isinstance(contact, str)][:MOST_CONTACTS]
        if isinstance(contacts, list)
        else []
    )
    return fields


def malformed(metadata: Mapping[str, Any]) -> list[str]:
    """Names of the describing members that are given but have the wrong type or form."""
    wrong = [
        name
        for name in _URIS
        if metadata.get(name) is not None and not (isinstance(metadata[name], str) and is_web_uri(metadata[name]))
    ]
    wrong += [name for name in _TEXTS if not isinstance(metadata.get(name) or "", str)]
    contacts = metadata.get("contacts")
    if contacts is not None and not (isinstance(contacts, list) and all(isinstance(c, str) for c in contacts)):
        wrong.append("contacts")
    return wrong

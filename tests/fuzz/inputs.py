"""What the tests of this room send: anything, and well-formed requests that something was done to."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

Pairs = list[tuple[str, str]]

# Characters that have broken servers before, beside any others. Surrogates cannot be sent.
_ODD = st.sampled_from(
    ["\0", "\r\n", "%zz", "https://[bad", "\u202e", "ä", "'", '"', "[]", "{}", "9" * 400, "x" * 5000]
)
text = st.one_of(_ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))

names = st.sampled_from(
    [
        *("client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "state", "scope", "resource"),
        *("code", "code_verifier", "code_challenge", "code_challenge_method", "grant_type", "refresh_token", "token"),
        *("token_type_hint", "client_assertion", "client_assertion_type", "device_code", "user_code", "prompt"),
        *("nonce", "claims", "request", "request_uri", "approval_prompt", "allow", "deny", "scopes", "iss"),
    ]
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)

methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
media_types = st.sampled_from(
    [
        *("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"),
        *("multipart/form-data", "text/plain", "application/x-www-form-urlencoded; charset=utf-7", "", "ä"),
    ]
)
authorizations = st.one_of(
    st.just(""),
    st.builds(lambda user, word: f"Basic {b64encode(f'{user}:{word}'.encode()).decode()}", text, text),
    st.binary(max_size=30).map(lambda raw: f"Basic {b64encode(raw).decode()}"),
    st.sampled_from(["Basic", "Basic !", "Bearer", "Bearer x", "Digest x", "Basic =", "\u00e4"]),
)


@st.composite
def spoiled(draw: st.DrawFn, whole: dict[str, Any]) -> Pairs:
    """The parameters of a good request with up to three of them left out, replaced, repeated, or others added."""
    pairs = [(name, str(value)) for name, value in whole.items() if value is not None]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(0, len(pairs) - 1)))
        deed = draw(st.sampled_from(["drop", "replace", "repeat", "add"]))
        if deed == "add" or not pairs:
            pairs.append((draw(names | text), draw(text)))
        elif deed == "drop":
            del pairs[place]
        elif deed == "replace":
            pairs[place] = (pairs[place][0], draw(text))
        else:
            pairs.append((pairs[place][0], draw(st.just(pairs[place][1]) | text)))
    return pairs


@st.composite
def spoiled_document(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """A good JSON object with up to three members that are something else, or new."""
    changes = draw(st.dictionaries(st.sampled_from(sorted(whole)) | text, json_values, max_size=3))
    return {**whole, **changes}


bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.lists(st.tuples(names | text, text), max_size=6).map(lambda pairs: urlencode(pairs).encode()),
)

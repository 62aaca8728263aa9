"""References: who a link is for, and for how long."""

import time

import pytest
from django.test import override_settings

from accounts.upstream import references
from accounts.upstream.references import BadReferenceError, Reference


def text_of(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def test_a_reference_says_what_it_was_made_for() -> None:
    url = references.make_url(7, "github", "an-elicitation")
    assert url.startswith("http://localhost:8000/account/upstream/for/")
    assert references.read(text_of(url)) == Reference("7", "github", "an-elicitation")


def test_it_is_good_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(references.make_url(7, "github", ""))
    now = time.time()
    monkeypatch.setattr(references.time, "time", lambda: now + 3590)
    references.read(text)
    monkeypatch.setattr(references.time, "time", lambda: now + 3605)
    with pytest.raises(BadReferenceError, match="more than an hour old"):
        references.read(text)


@pytest.mark.parametrize("text", ["", "nonsense", "gAAAAA", "a/b"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(BadReferenceError, match="not complete"):
        references.read(text)


def test_another_sites_is_refused() -> None:
    with override_settings(SECRET_KEY="somebody elses " + "k" * 40):
        text = text_of(references.make_url(7, "github", ""))
    with pytest.raises(BadReferenceError, match="not complete"):
        references.read(text)

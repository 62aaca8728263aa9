"""The vault: what is sealed can be read by nobody else, opens for one user and provider, and survives new keys."""

import pickle

import pytest
from pytest_django import Settings

from accounts.upstream.conf import conf
from accounts.upstream.vault import Tokens, UnreadableError, reseal, seal, unseal

TOKENS = Tokens("the-access-token", "the-refresh-token")
OLD, NEW = "old-" + "k" * 40, "new-" + "k" * 40


def test_it_opens_for_whom_it_was_sealed() -> None:
    assert unseal(seal(TOKENS, 1, "github"), 1, "github") == TOKENS


def test_it_shows_nothing() -> None:
    sealed = seal(TOKENS, 1, "github")
    assert TOKENS.access not in sealed
    assert TOKENS.refresh not in sealed


def test_it_is_another_text_each_time() -> None:
    assert seal(TOKENS, 1, "github") != seal(TOKENS, 1, "github")


@pytest.mark.parametrize(("user", "provider"), [(2, "github"), (1, "google"), (11, "github"), (1, "githu")])
def test_a_copy_in_another_row_does_not_open(user: int, provider: str) -> None:
    sealed = seal(TOKENS, 1, "github")
    with pytest.raises(UnreadableError):
        unseal(sealed, user, provider)


def test_a_touched_text_does_not_open() -> None:
    sealed = seal(TOKENS, 1, "github")
    with pytest.raises(UnreadableError):
        unseal(sealed[:-6] + "AAAAA=", 1, "github")


@pytest.mark.parametrize("sealed", ["", "x", "ümlaut"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(UnreadableError):
        unseal(sealed, 1, "github")


def test_a_former_key_still_opens(settings: Settings) -> None:
    settings.UPSTREAM_KEYS = [OLD]
    sealed = seal(TOKENS, 1, "github")
    settings.UPSTREAM_KEYS = [NEW, OLD]
    assert unseal(sealed, 1, "github") == TOKENS


def test_what_is_sealed_anew_needs_the_former_key_no_more(settings: Settings) -> None:
    settings.UPSTREAM_KEYS = [OLD]
    sealed = seal(TOKENS, 1, "github")
    settings.UPSTREAM_KEYS = [NEW, OLD]
    again = reseal(sealed, 1, "github")
    settings.UPSTREAM_KEYS = [NEW]
    assert unseal(again, 1, "github") == TOKENS
    with pytest.raises(UnreadableError):
        unseal(sealed, 1, "github")


def test_the_sites_key_seals_where_no_other_is_set_and_opens_when_one_is(settings: Settings) -> None:
    sealed = seal(TOKENS, 1, "github")
    settings.UPSTREAM_KEYS = [NEW]
    assert unseal(sealed, 1, "github") == TOKENS


def test_a_former_key_of_the_site_still_opens(settings: Settings) -> None:
    sealed = seal(TOKENS, 1, "github")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW
    assert unseal(sealed, 1, "github") == TOKENS


def test_tokens_and_keys_are_not_shown() -> None:
    assert repr(TOKENS) == "Tokens()"
    assert not [key for key in conf().keys if key in repr(conf())]


def test_tokens_are_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(TOKENS)

"""Settings from the environment and .env: read as typed values, refused in one sentence."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from mcpsite.environment import Environment, broken_line, read_env_file


def environment(**values: str) -> Environment:
    env = Environment()
    env.ENVIRON = values
    return env


@pytest.mark.parametrize(
    "text",
    ["", "NAME=value", "export NAME=value", "# a comment", "   ", "NAME=", 'NAME="two words"', "NAME=a=b#c"],
)
def test_a_good_line_is_accepted(text: str) -> None:
    assert broken_line(text) is None


@pytest.mark.parametrize(
    "text", ["NAME", "NAME = value", "1NAME=value", "NAME: value", " NAME=value", 'NAME="open', "NAME='"]
)
def test_a_broken_line_is_found_by_its_number(text: str) -> None:
    problem = broken_line(f"# first\n\n{text}\nLATER=1")
    assert problem is not None
    assert problem[0] == 3


def test_a_broken_line_is_not_repeated_because_it_may_hold_a_secret(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SECRET_KEY hunter2\n")
    with pytest.raises(ImproperlyConfigured) as caught:
        read_env_file(file)
    assert "Line 1 of" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_sets_variables_and_overrides_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"SITE_TEST_SET": "before"}
    monkeypatch.setattr(Environment, "ENVIRON", values)
    file = tmp_path / ".env"
    file.write_text("SITE_TEST_SET=after\nSITE_TEST_NEW=new\n")
    read_env_file(file)
    assert values == {"SITE_TEST_SET": "before", "SITE_TEST_NEW": "new"}


def test_a_missing_file_is_fine(tmp_path: Path) -> None:
    read_env_file(tmp_path / ".env")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"NAME=\xff\xfe\n")
    with pytest.raises(ImproperlyConfigured, match="not UTF-8"):
        read_env_file(file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ".env"
    folder.mkdir()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        read_env_file(folder)


@pytest.mark.parametrize(
    ("word", "value"), [("true", True), ("On", True), ("1", True), ("no", False), ("FALSE", False)]
)
def test_switches_are_read_from_the_usual_words(word: str, value: bool) -> None:
    assert environment(DEBUG=word).bool("DEBUG") is value


def test_a_switch_keeps_its_default() -> None:
    assert environment().bool("DEBUG", default=False) is False


def test_an_unknown_word_is_not_taken_for_false() -> None:
    with pytest.raises(ImproperlyConfigured, match="MCP_SESSIONS must be true or false, not 'maybe'"):
        environment(MCP_SESSIONS="maybe").bool("MCP_SESSIONS", default=True)


def test_a_number_is_read() -> None:
    assert environment(MCP_THREADS="8").int("MCP_THREADS", default=16) == 8


def test_a_word_is_no_number() -> None:
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number, not 'abc'"):
        environment(PORT="abc").port("PORT", default=8000)


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_is_in_range(port: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORT must be between 1 and 65535"):
        environment(PORT=port).port("PORT", default=8000)


def test_an_empty_secret_counts_as_missing() -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        environment(SECRET_KEY=" ").secret("SECRET_KEY")


def test_a_short_secret_is_refused_without_repeating_it() -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is too short") as caught:
        environment(SECRET_KEY="hunter2").secret("SECRET_KEY")
    assert "hunter2" not in str(caught.value)


def test_former_secrets_are_held_to_the_same() -> None:
    old, short = "o" * 32, "short"
    assert environment(SECRET_KEY_FALLBACKS=f"{old},{old}").secrets("SECRET_KEY_FALLBACKS") == [old, old]
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS is too short"):
        environment(SECRET_KEY_FALLBACKS=f"{old},{short}").secrets("SECRET_KEY_FALLBACKS")


def test_an_empty_url_counts_as_unset() -> None:
    assert environment(PUBLIC_URL="").site_url("PUBLIC_URL", default="http://localhost:8000") == "http://localhost:8000"


def test_a_url_that_cannot_be_parsed_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is not a URL"):
        environment(PUBLIC_URL="http://[bad").site_url("PUBLIC_URL", default="")


def test_the_database_is_a_file_by_default() -> None:
    database = environment().database("DATABASE_URL", default=Path("/srv/a #1?/db.sqlite3"))
    assert database == {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/a #1?/db.sqlite3"}


def test_a_database_url_is_read() -> None:
    database = environment(DATABASE_URL="postgres://u:p@db:5432/site").database("DATABASE_URL", default=Path("x"))
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["NAME"]) == ("db", "site")


def test_a_wrong_database_url_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not a database URL") as caught:
        environment(DATABASE_URL="oops://user:hunter2@host/db").database("DATABASE_URL", default=Path("x"))
    assert "hunter2" not in str(caught.value)


def test_a_site_needs_no_redis() -> None:
    assert environment().redis("REDIS_URL") == ""


@pytest.mark.parametrize("url", ["redis://localhost:6379/0", "rediss://user:secret@redis.example.com"])
def test_a_redis_url_is_taken_as_it_is(url: str) -> None:
    assert environment(REDIS_URL=url).redis("REDIS_URL") == url


@pytest.mark.parametrize(
    "url",
    ["localhost:6379", "http://:hunter2@localhost", "redis://:hunter2@localhost:port", "redis://", "redis://[bad"],
)
def test_a_wrong_redis_url_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL is not a Redis URL") as caught:
        environment(REDIS_URL=url).redis("REDIS_URL")
    assert "hunter2" not in str(caught.value)

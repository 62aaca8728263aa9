"""Reads settings from the environment and `.env`, and says in one sentence what is wrong with them.

django-environ skips a line it cannot read, takes any unknown word for "false" and lets a ValueError escape;
a person who mistyped a setting is better served by a start that stops and names it.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# Methods named like the builtin types hide those inside the class.
_int = int
_bool = bool
_str = str

SHORTEST_SECRET = 32
"""Characters. Sealed request state is keyed with it, and the MCP SDK takes no shorter key."""
DATABASES = ("postgres", "postgresql", "sqlite")
REDIS = ("redis", "rediss")
_ASSIGNMENT = re.compile(r"(?:export )?[A-Za-z_][A-Za-z_0-9]*=(?P<value>.*)")
_BOOLEANS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


class Environment(environ.Env):
    """Typed values of environment variables; raises ImproperlyConfigured with a sentence for people."""

    def __init__(self) -> None:
        super().__init__()

    def int(self, var: _str, default: Any = environ.Env.NOTSET) -> _int:
        """A whole number."""
        value = self.str(var, default=default)
        try:
            return _int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{var} must be a whole number, not {value!r}.") from None

    def bool(self, var: _str, default: Any = environ.Env.NOTSET) -> _bool:
        """A switch: true, on, yes, 1 or false, off, no, 0."""
        value = _str(self.str(var, default=default)).strip().lower()
        if value not in _BOOLEANS:
            raise ImproperlyConfigured(f"{var} must be true or false, not {value!r}.")
        return _BOOLEANS[value]

    def choice(self, var: _str, among: Sequence[_str], default: _str) -> _str:
        """One of some words."""
        value = _str(self.str(var, default=default)).strip().lower()
        if value not in among:
            raise ImproperlyConfigured(f"{var} must be {' or '.join(among)}, not {value!r}.")
        return value

    def port(self, var: _str, default: _int) -> _int:
        """A TCP port."""
        value = self.int(var, default=default)
        if not 1 <= value <= 65535:
            raise ImproperlyConfigured(f"{var} must be between 1 and 65535, not {value}.")
        return value

    def site_url(self, var: _str, default: _str) -> _str:
        """A URL that can be taken apart; an empty one counts as unset."""
        value = _str(self.str(var, default=default)).strip() or default
        try:
            urlsplit(value)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is not a URL: {value!r}.") from None
        return value

    def secret(self, var: _str) -> _str:
        """A secret that has no default and is never repeated in a message."""
        value = _str(self.str(var, default="")).strip()
        if not value:
            raise ImproperlyConfigured(
                f"{var} is not set: put a long random value into .env "
                "(`make run` writes one when there is no .env), or set it in the environment."
            )
        return _long_enough(var, value)

    def secrets(self, var: _str) -> list[_str]:
        """Secrets, separated by commas; none by default."""
        return [_long_enough(var, value) for value in self.list(var, default=[])]

    def database(self, var: _str, default: Path) -> dict[_str, Any]:
        """Django's database configuration from a URL; an SQLite file when there is none.

        The URL may hold a password, so no message repeats it.
        """
        value = _str(self.str(var, default="")).strip()
        if not value:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": _str(default)}
        if value.partition(":")[0] not in DATABASES:
            raise ImproperlyConfigured(
                f"{var} is not a database URL: write one such as postgres://user:password@host:5432/name "
                "or sqlite:////absolute/path.sqlite3."
            )
        config: dict[_str, Any] = self.db_url_config(value)
        return config

    def redis(self, var: _str) -> _str:
        """The URL of a Redis; empty when there is none. It may hold a password, so no message repeats it."""
        value = _str(self.str(var, default="")).strip()
        try:
            parts = urlsplit(value)
            usable = not value or (parts.scheme in REDIS and bool(parts.hostname) and parts.port != 0)
        except ValueError:
            usable = False
        if not usable:
            raise ImproperlyConfigured(
                f"{var} is not a Redis URL: write one such as redis://user:password@host:6379/0, or rediss://… for TLS."
            )
        return value


def _long_enough(var: str, value: str) -> str:
    if len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{var} is too short to be a secret: use at least {SHORTEST_SECRET} random characters, which "
            '`python3 -c "import secrets; print(secrets.token_urlsafe(50))"` prints.'
        )
    return value


def read_env_file(path: Path) -> None:
    """Put the file's variables into the environment, where they do not override what is set already.

    A missing file is fine: then the environment is all there is.
    Raises ImproperlyConfigured when the file cannot be read or a line of it is broken.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text: save it again with that encoding.") from None
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read ({error.strerror}): give this user the right to read it."
        ) from None
    if problem := broken_line(text):
        number, reason = problem
        raise ImproperlyConfigured(f"Line {number} of {path} is broken: {reason}.")
    Environment.read_env(path)


def broken_line(text: str) -> tuple[int, str] | None:
    """Number of the first line that is neither blank, a comment nor NAME=value, and what is wrong with it.

    The line itself is left out: it may hold a secret.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            return number, "write NAME=value without spaces around the equals sign, or start it with # for a comment"
        value = match["value"]
        if value[:1] in ("'", '"') and (len(value) < 2 or value[-1] != value[0]):
            return number, "its quotation mark is not closed"
    return None

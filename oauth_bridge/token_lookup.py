"""Finds an access token with everything that decides about it: one query, compiled once for the process.

Django compiles a queryset anew at each use, which costs twenty times what SQLite takes to answer this one, and makes
each of the five models by its `__init__`, which costs as much as the query.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.base import ModelState
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.models import Client, Connection, ConnectionAccessToken

M = TypeVar("M", bound=Model)

_COLUMNS = (
    "connection__resource",
    "connection__scopes",
    "connection__state",
    "connection__suspended",
    "connection__expires_at",
    "connection__last_used_at",
    "connection__read_only",
    "connection__calls_per_minute",
    "connection__calls_per_day",
    "connection__catalogue_id",
    "connection__client__client_id",
    "connection__client__name",
    "connection__client__disabled",
    "access_token__expires",
    "access_token__scope",
    "access_token__user_id",
    "access_token__application_id",
    # All of the user but the password: a tool that reads another field must not query from the event loop.
    *(f"connection__user__{field.attname}" for field in User._meta.concrete_fields if field.name != "password"),
)


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    converters: dict[int, tuple[list[Any], Any]]
    """What turns a column's value into Python's, by position, as the backend wants it."""
    parts: list[tuple[type[Model], list[str], slice]]
    """Which columns make which model."""


@cache
def _statement() -> _Statement:
    links = ConnectionAccessToken.objects.select_related("connection__user", "connection__client", "access_token")
    queryset = links.only("id", *_COLUMNS).filter(access_token__token_checksum="")
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    sql, _ = compiler.as_sql()
    columns = [expression for expression, _, _ in compiler.select]
    positions: dict[type[Model], list[int]] = {}
    for position, column in enumerate(columns):
        positions.setdefault(column.target.model, []).append(position)
    parts = [
        (model, [columns[at].target.attname for at in found], slice(found[0], found[-1] + 1))
        for model, found in positions.items()
    ]
    # By name: to put SQLite's own sign for each nameless one, Django searches the text with a regular expression.
    return _Statement(sql % "%(checksum)s", compiler.get_converters(columns), parts)


def as_stored(
    model: type[M], values: Mapping[str, Any] | Iterable[tuple[str, Any]], alias: str | None = DEFAULT_DB_ALIAS
) -> M:
    """The object that the database has with these values by attribute; what is left out is read when it is asked for.

    What `Model.from_db` gives, of a model that does nothing when it is made.
    """
    made = model.__new__(model)
    made.__dict__.update(values)
    made._state = ModelState()
    made._state.adding, made._state.db = False, alias
    return made


def find_access_token(checksum: str) -> ConnectionAccessToken | None:
    """The link of the access token with this digest, with its connection, user, client and token; else None."""
    statement = _statement()
    database = connections[DEFAULT_DB_ALIAS]
    with database.cursor() as cursor:
        cursor.execute(statement.sql, {"checksum": checksum})
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for position, (functions, expression) in statement.converters.items():
        for function in functions:
            values[position] = function(values[position], expression, database)
    found: dict[type[Model], Any] = {
        model: as_stored(model, zip(names, values[part], strict=True)) for model, names, part in statement.parts
    }
    link: ConnectionAccessToken = found[ConnectionAccessToken]
    link._state.fields_cache.update(access_token=found[AccessToken], connection=found[Connection])
    link.connection._state.fields_cache.update(user=found[User], client=found[Client])
    return link

"""Callers for tools that are run as plain functions."""

from collections.abc import Callable
from unittest.mock import create_autospec

import pytest

from accounts.models import User
from mcp_endpoint import Context

ContextOf = Callable[[User], Context]


@pytest.fixture
def ada() -> User:
    """Somebody who is not stored."""
    return User(username="ada", first_name="Ada")


@pytest.fixture
def context_of() -> ContextOf:
    """Makes a context of a user's client that remembers what it was told to send."""

    def make(user: User) -> Context:
        context: Context = create_autospec(
            Context, instance=True, user=user, client_name="Claude", scopes=frozenset({"notes:read", "mcp"})
        )
        return context

    return make


@pytest.fixture
def ctx(ada: User, context_of: ContextOf) -> Context:
    """Ada's client."""
    return context_of(ada)

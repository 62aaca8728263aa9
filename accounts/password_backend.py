"""Sign-in by password, which takes the same time whoever it is tried for."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import get_user_by_username
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.addresses import owner


class PasswordBackend(AuthenticationBackend):
    """By the address that is somebody's, or else by the user name.

    allauth tries what was typed in several ways, and Django once more: a password is hashed three times for an address
    that has an account and twice for one that has none, which can be told from outside. Here it is once.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """The user; called with a password, which the caller hashes in vain when there is nobody to check it for."""
        typed = str(credentials.get("email") or credentials.get("username") or "")
        return self._check_password(owner(typed) or get_user_by_username(typed), credentials["password"])

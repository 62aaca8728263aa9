"""The tables of this room."""

from accounts.models.invitation import Invitation
from accounts.models.last_code import LastCode
from accounts.models.upstream_account import UpstreamAccount
from accounts.models.user import User

__all__ = ["Invitation", "LastCode", "UpstreamAccount", "User"]

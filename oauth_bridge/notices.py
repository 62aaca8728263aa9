"""What a user is told by e-mail: access that began, or was perhaps stolen, while they were not looking."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.letters import send_later
from accounts.models import User
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.models import Connection, PersonalToken

LONGEST_NAME = 60
"""Characters of a client's name in a letter: enough to know it, too few to write the letter with it."""


def tell_of_new_client(connection: Connection) -> None:
    """A client was connected that this user never connected before."""
    _tell(connection.user, "new_client", f"/account/connections/{connection.pk}/", _name(connection))


def tell_of_reuse(connection: Connection) -> None:
    """A refresh token came back that was exchanged already: two parties have it (RFC 9700 §4.14.2)."""
    _tell(connection.user, "refresh_token_reused", f"/account/connections/{connection.pk}/", _name(connection))


def tell_of_personal_token(made: PersonalToken) -> None:
    """A personal token was made."""
    _tell(made.user, "personal_token", "/account/tokens/", clean_text(made.client.name, LONGEST_NAME))


def _name(connection: Connection) -> str:
    return clean_text(connection.client.display_name, LONGEST_NAME)


def _tell(user: User, notice: str, path: str, name: str) -> None:
    """Send a letter once the transaction is committed, without keeping anybody waiting for the mail server."""
    if not user.email or settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        return
    context = {
        "user": user,
        "name": name,
        "link": settings.PUBLIC_URL + path,
        "site": settings.MCP_ENDPOINTS["default"]["title"],
        "public_url": settings.PUBLIC_URL,
    }
    subject, _, body = render_to_string(f"oauth_bridge/notices/{notice}.txt", context).partition("\n\n")
    letter = EmailMessage(subject.strip(), body.lstrip(), to=[user.email])
    send_later(letter, f"The notice {notice} to user {user.pk}")

"""Invitations: told by mail, and used up by whoever signs up with the address."""

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.conf import sends_email, site_title
from accounts.models import Invitation, User


def tell(invitation: Invitation) -> bool:
    """Mail the invitation; whether mail is sent here at all. Raises OSError when the mail server does not take it.

    The mail holds no secret: what lets somebody in is that the address is shown to be theirs.
    """
    if not sends_email():
        return False
    context = {"invitation": invitation, "site_title": site_title(), "public_url": settings.PUBLIC_URL}
    message = render_to_string("accounts/email/invitation.txt", context)
    send_mail(f"You are invited to {site_title()}", message, None, [invitation.email])
    return True


def accept(user: User, addresses: Iterable[str]) -> None:
    """Use up the invitations of these addresses, which were shown to be the user's."""
    open_ones = Invitation.objects.open().filter(email__in=[address.lower() for address in addresses])
    if open_ones.exists():
        open_ones.update(accepted_at=timezone.now(), accepted_by=user)

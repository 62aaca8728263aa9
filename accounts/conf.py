"""Settings of this room, read in one place."""

from django.conf import settings


def sign_up_is_open() -> bool:
    """Whether people without an account can make one; anything but `open` is closed."""
    return bool(settings.SIGN_UP == "open")

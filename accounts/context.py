"""What the templates of every page may ask of this room."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.conf import local_passwords, local_sign_up, sends_email, sign_up_policy
from accounts.way_back import sign_in_url, way_back


def people(request: HttpRequest) -> dict[str, Any]:
    """Context processor: which ways in this site offers, and where somebody was going before they had to sign in."""
    return {
        "local_passwords": local_passwords(),
        "local_sign_up": local_sign_up(),
        "sends_email": sends_email(),
        "sign_up_policy": sign_up_policy(),
        # Lazy: most pages do not look into the session for them.
        "way_back": SimpleLazyObject(lambda: way_back(request)),
        "sign_in_url": SimpleLazyObject(lambda: sign_in_url(request)),
    }

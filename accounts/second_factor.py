"""Second factors of local accounts: where allauth's rules differ from this site's."""

from typing import Any
from urllib.parse import urlsplit

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts.conf import site_title
from accounts.sealing import seal_text, unseal_text

PURPOSE = "second factor"
# Where allauth keeps what it encrypts.
SEALED_FIELDS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


class SecondFactorAdapter(DefaultMFAAdapter):
    """Codes of an app, passkeys and recovery codes."""

    def encrypt(self, text: str) -> str:
        """What the database holds of the secret of an app, or of the recovery codes."""
        return seal_text(PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart. Raises UnreadableError when no key of this site opens it."""
        return unseal_text(PURPOSE, encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """The QR code for the app; dark on white, as cameras want it."""
        drawing: str = segno.make(url, error="m", micro=False).svg_inline(scale=5, border=4, dark="#000", light="#fff")
        return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that a passkey is for: the host of PUBLIC_URL, never one that a request names."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": self._get_site_name()}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """What a new passkey is called until its owner says otherwise."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "Passkey" if not count else f"Passkey {count + 1}"

    def _get_site_name(self) -> str:
        return site_title()


def reseal() -> int:
    """Seal every second factor anew, with the key that is now the first; how many there are.

    Raises UnreadableError, and changes nothing, when one cannot be opened.
    """
    with transaction.atomic():
        rows = list(Authenticator.objects.select_for_update().filter(type__in=SEALED_FIELDS))
        for row in rows:
            field = SEALED_FIELDS[Authenticator.Type(row.type)]
            row.data[field] = seal_text(PURPOSE, unseal_text(PURPOSE, row.data[field]))
            row.save(update_fields=["data"])
    return len(rows)

"""The steps between a right password and being signed in."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage

from accounts.addresses import adopt
from accounts.models import User


class VerificationStage(EmailVerificationStage):
    """Asks people whose address nobody proved yet for the code that is mailed to it."""

    def handle(self) -> tuple[Any, bool]:
        """Those whose account an operator made pass: with the address written there, or with none."""
        user = self.login.user
        if isinstance(user, User):
            adopt(user)
            if not EmailAddress.objects.filter(user=user).exists():
                return None, True
        response: tuple[Any, bool] = super().handle()
        return response

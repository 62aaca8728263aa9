"""Settings of allauth that are this site's choice, not the operator's."""

from typing import Any


def sign_in_settings(*, sends_email: bool) -> dict[str, Any]:
    """What goes into Django's settings; `sends_email` is whether mail leaves this site."""
    return {
        "ACCOUNT_ADAPTER": "accounts.account_adapter.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        # An address that cannot be proved would be good for nothing.
        "ACCOUNT_SIGNUP_FIELDS": ["username*", *(["email*"] if sends_email else []), "password1*", "password2*"],
        "ACCOUNT_FORMS": {"signup": "accounts.forms.SignUpForm"},
        # Codes, not links: they are typed where the sign-in began, so it goes on there, and no link can be made to
        # lead elsewhere.
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory" if sends_email else "none",
        "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": sends_email,
        "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND": True,
        "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED": True,
        "ACCOUNT_EMAIL_NOTIFICATIONS": sends_email,
        # Else anybody could have mail sent to anybody.
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_RATE_LIMITS": {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "signup": "20/h/ip"},
        "MFA_ADAPTER": "accounts.second_factor.SecondFactorAdapter",
        "MFA_FORMS": {
            "activate_totp": "accounts.forms.AppForm",
            "authenticate": "accounts.forms.CodeForm",
            "reauthenticate": "accounts.forms.CodeAgainForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        # An address that nobody proved opens nothing here, so who claims it keeps nobody out.
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        # A code of the half minute before and after too: clocks differ.
        "MFA_TOTP_TOLERANCE": 1,
        "SOCIALACCOUNT_ADAPTER": "accounts.social_adapter.SocialAccountAdapter",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_QUERY_EMAIL": True,
        "SOCIALACCOUNT_EMAIL_REQUIRED": False,
        # What an address is good for is decided in accounts.admission before an account is made.
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        # Asked before the way to the provider, in accounts.gates: allauth would ask after it, with the token in the
        # session.
        "SOCIALACCOUNT_REAUTHENTICATION_REQUIRED": False,
    }

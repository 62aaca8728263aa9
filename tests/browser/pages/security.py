"""How a person's account is opened, and what they have for that."""

from playwright.sync_api import Page

from tests.browser.at_the_provider import sign_in_there
from tests.browser.pages.heading import at
from tests.browser.stage import Stage


def account(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/account/")
    return at(page, "Account")


def password_change(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/password/change/")
    return at(page, "Change your password")


def password_set(stage: Stage) -> Page:
    """For somebody who came from the provider."""
    page = stage.window()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Continue with Example ID").click()
    sign_in_there(page, "jamie")
    page.get_by_role("button", name="Sign out").wait_for()
    page.goto("/accounts/password/set/")
    return at(page, "Set a password")


def is_it_still_you(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/reauthenticate/?next=/account/")
    return at(page, "Is it still you?")


def email_addresses(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/email/")
    return at(page, "E-mail addresses")


def ways_to_sign_in(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/3rdparty/")
    return at(page, "Ways to sign in")


def second_factor_off(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/2fa/")
    return at(page, "Second factor")


def second_factor_on(stage: Stage) -> Page:
    page = stage.window(stage.careful_person())
    page.goto("/accounts/2fa/")
    return at(page, "Second factor")


def authenticator_app(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/2fa/totp/activate/")
    return at(page, "Set up an authenticator app")


def authenticator_app_off(stage: Stage) -> Page:
    page = stage.window(stage.careful_person())
    page.goto("/accounts/2fa/totp/deactivate/")
    return at(page, "Switch the app off")


def recovery_codes(stage: Stage) -> Page:
    page = stage.window(stage.careful_person())
    page.goto("/accounts/2fa/recovery-codes/")
    return at(page, "Recovery codes")


def recovery_codes_new(stage: Stage) -> Page:
    page = stage.window(stage.careful_person())
    page.goto("/accounts/2fa/recovery-codes/generate/")
    return at(page, "New recovery codes")


def passkeys(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/2fa/webauthn/")
    return at(page, "Passkeys")


def passkey_add(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/2fa/webauthn/add/")
    return at(page, "Add a passkey")


WAYS = [
    account,
    password_change,
    password_set,
    is_it_still_you,
    email_addresses,
    ways_to_sign_in,
    second_factor_off,
    second_factor_on,
    authenticator_app,
    authenticator_app_off,
    recovery_codes,
    recovery_codes_new,
    passkeys,
    passkey_add,
]

"""The site as people meet it in the browser, with a real OpenID provider beside it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from tests.browser.mailbox import Mailbox
from tests.browser.openid_provider import OpenIDProvider
from tests.live import LiveServer, held_port

CALLBACK_PATH = "/accounts/oidc/oidc/login/callback/"


# Offered, and never reached: these browsers know no host but this machine.
GITHUB = {"GITHUB_CLIENT_ID": "an application there", "GITHUB_CLIENT_SECRET": "its secret"}
ADDRESSES = """
from accounts.models import User
for user in User.objects.all():
    user.email = f"{user.username}@example.org"
    user.save(update_fields=["email"])
"""


@contextmanager
def running_site(users: Mapping[str, str], mailbox: Mailbox, **variables: str) -> Iterator[LiveServer]:
    """The site under uvicorn with these people, who all have an address; `variables` add to its environment.

    Whoever the provider names is let in: signing in there makes an account.
    """
    # The provider must know where to send people back to before the site, which must know the provider, starts.
    with ExitStack() as held:
        port = held.enter_context(held_port())
        public_url = variables.get("PUBLIC_URL", f"http://localhost:{port}")
        provider = held.enter_context(OpenIDProvider(public_url + CALLBACK_PATH))
        env = {"SIGN_UP": "open", "EMAIL_URL": mailbox.url, **GITHUB, **provider.environment(), **variables}
        site = LiveServer("uvicorn", settings="tests.browser.settings", env=env, users=users)
        site.port = port
        held.enter_context(site)
        site.manage("shell", "--no-imports", "-c", ADDRESSES)
        yield site

"""The site as people meet it in the browser, with a real OpenID provider beside it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.browser.openid_provider import OpenIDProvider
from tests.live import LiveServer, free_port

CALLBACK_PATH = "/accounts/oidc/oidc/login/callback/"


@contextmanager
def running_site(users: Mapping[str, str], **variables: str) -> Iterator[LiveServer]:
    """The site under uvicorn with these people; `variables` add to its environment.

    Whoever the provider names is let in: signing in there makes an account.
    """
    # The provider must know where to send people back to before the site, which must know the provider, starts.
    port = free_port()
    public_url = variables.get("PUBLIC_URL", f"http://localhost:{port}")
    with OpenIDProvider(public_url + CALLBACK_PATH) as provider:
        env = {"SIGN_UP": "open", **provider.environment(), **variables}
        site = LiveServer("uvicorn", settings="tests.browser.settings", env=env, users=users)
        site.port = port
        with site:
            yield site

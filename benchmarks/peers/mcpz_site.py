"""The peer "django-mcpz": a Django project in one file, its OAuth app's token check in front, for gunicorn threads.

The token is one query on an SQLite file, over a connection that stays open. There is no middleware. `application` is
the WSGI application; run as a program with a token in BENCH_TOKEN, the module makes the database.
"""

import os
import sys
from datetime import timedelta

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="one-benchmark-only-" + "0" * 50,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_mcpz", "django_mcpz.oauth"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    },
)
django.setup()

import msgspec  # noqa: E402  (Django must be set up first)
from django.contrib.auth.models import Group  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_mcpz.oauth.auth import oauth_auth  # noqa: E402
from django_mcpz.server import MCPServer  # noqa: E402

from benchmarks.peers.tools import LISTED  # noqa: E402

server = MCPServer(name="bench", version="1", auth=oauth_auth)


class Greeting(msgspec.Struct):
    """Arguments of `greet`."""

    name: str


class Place(msgspec.Struct):
    """Arguments of `forecast`."""

    city: str
    days: int = 3
    metric: bool = True


class Row(msgspec.Struct):
    """Arguments of `find_group`."""

    name: str


@server.tool(description="Greet somebody.")
def greet(request: HttpRequest, params: Greeting) -> str:
    """A string is a result as it is."""
    return f"Hello, {params.name}!"


def forecast(request: HttpRequest, params: Place) -> str:
    """The same as everywhere else."""
    return f"{params.city}: sun for {params.days} days, {'20 °C' if params.metric else '68 °F'}"


for number in range(1, LISTED):
    server.tool(
        name=f"forecast_{number}",
        description="Forecast the weather of a city for some days, in metric units or those of the United States.",
    )(forecast)

if not LISTED:

    @server.tool(description="Find a group of users by its name.")
    def find_group(request: HttpRequest, params: Row) -> str:
        """One row by a unique column."""
        group = Group.objects.get(name=params.name)
        return f"{group.name} is group {group.pk}"


urlpatterns = [path("mcp", server), path("oauth/", include("django_mcpz.oauth.urls"))]
application = get_wsgi_application()


def fill(token: str, resource: str) -> None:
    """Make the tables, a user with an access token for `resource`, and the row that the ORM tool reads."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone
    from django_mcpz.oauth.models import AccessToken, Client
    from django_mcpz.tokens import sha256_hex

    call_command("migrate", verbosity=0)
    Group.objects.create(name="readers")
    AccessToken.objects.create(
        digest=sha256_hex(token),
        client=Client.objects.create(client_id="bench", kind=Client.Kind.REGISTERED, name="bench"),
        user=User.objects.create_user("bench"),
        resource=resource,
        expires_at=timezone.now() + timedelta(days=1),
    )


if __name__ == "__main__":
    fill(os.environ["BENCH_TOKEN"], sys.argv[1])

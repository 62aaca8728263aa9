"""`manage.py start`: from a fresh clone to a running site, under Daphne, on this machine."""

import errno
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from oauth_bridge.resources import protected_resources

ADMINISTRATOR = "admin"


class Command(BaseCommand):
    """Checks, migrates, makes a first administrator and serves."""

    help = "Prepare the database, create a first administrator when there is no user, and serve the site."
    # They run in `handle`, where a failure is one sentence.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_wrong_settings()
        addresses = free_addresses(settings.PORT)
        migrate()
        password = create_first_administrator()

        def greet() -> None:
            for line in greeting(password):
                self.stdout.write(line)
            self.stdout.flush()

        serve(addresses, settings.PORT, greet)


def refuse_wrong_settings() -> None:
    """Raise CommandError with the first thing that Django's system checks call an error."""
    for message in checks.run_checks():
        if message.is_serious():
            raise CommandError(f"{message.msg} {message.hint or ''} ({message.id})".replace("  ", " "))


def free_addresses(port: int) -> list[str]:
    """The loopback addresses to listen on: 127.0.0.1, and ::1 where this machine has it.

    `localhost` names both, and some clients try ::1 first.
    Raises CommandError when the port is taken or not ours to take.
    """
    addresses = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is in use: stop what listens there, or take another one with "
                    f"PORT={port + 1 if port < 65535 else 8000} make run."
                ) from None
            if error.errno == errno.EACCES:
                raise CommandError(
                    f"Port {port} is reserved for the system: take one above 1023 with PORT=8000 make run."
                ) from None
            if family == socket.AF_INET:
                raise CommandError(f"This machine has no address {address}: switch its loopback network on.") from None
            continue
        addresses.append(address)
    return addresses


def migrate() -> None:
    """Bring the database to the current state; raises CommandError when it cannot be reached or written."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
        if connection.vendor == "sqlite":
            # With nothing to migrate nothing was written: taking the write lock shows whether anything can be.
            with transaction.atomic():
                pass
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        if connection.vendor == "sqlite":
            raise CommandError(
                f"The database {connection.settings_dict['NAME']} cannot be written ({reason}): make it and its "
                "folder writable for you, or name another one with DATABASE_URL in .env."
            ) from error
        raise CommandError(
            f"The database cannot be used ({reason}): start it, or correct DATABASE_URL in .env."
        ) from error


def create_first_administrator() -> str | None:
    """Password of the administrator made just now; None when the site has users already."""
    User = get_user_model()  # noqa: N806  (a class)
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMINISTRATOR, password=password)
    return password


def greeting(password: str | None) -> Iterator[str]:
    """What somebody needs to know next, line by line."""
    url = settings.PUBLIC_URL
    yield ""
    for resource in protected_resources():
        yield f"  MCP URL   {resource.uri}"
    yield f"  Admin     {url}/admin/"
    if password:
        yield f"  Sign in   {ADMINISTRATOR} / {password}   (shown only this once)"
    else:
        yield "  Sign in   with an account you have (manage.py changepassword NAME sets a new password)"
    yield ""
    yield f"  Next: open {url}/ for how to connect your client, and write your tools in an app's mcp.py."
    port = urlsplit(url).port
    if urlsplit(url).hostname == "localhost" and port != settings.PORT:
        yield f"  Mind: PUBLIC_URL says port {port or 80} while this server listens on {settings.PORT}."
    yield "  Ctrl-C stops it."
    yield ""


def serve(addresses: list[str], port: int, ready: Callable[[], None]) -> None:
    """Call `ready` once it listens, and serve until a signal ends it."""
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    Server(
        application=import_string(settings.ASGI_APPLICATION),
        endpoints=[
            endpoint
            for address in addresses
            for endpoint in build_endpoint_description_strings(host=address, port=port)
        ],
        action_logger=log_request,
        ready_callable=ready,
    ).run()


def log_request(protocol: str, action: str, details: dict[str, Any]) -> None:
    """One line for each answer, without the query: authorization codes and session ids travel there."""
    if (protocol, action) == ("http", "complete"):
        path = str(details["path"]).partition("?")[0]
        sys.stdout.write(f"{details['method']} {path} {details['status']} {details['time_taken'] * 1000:.0f} ms\n")
        sys.stdout.flush()

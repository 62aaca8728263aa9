"""`manage.py mcp_doctor [URL]`: what known clients would find at a site, line by line, and how to mend it."""

import getpass
import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.models import User
from mcpsite.checks import origin_problem
from mcpsite.doctor import Examination, Finding, Patient
from mcpsite.doctor.findings import Level, Verdict, as_json, verdict
from mcpsite.doctor.own_token import token_of
from mcpsite.doctor.profiles import EVERYBODY
from mcpsite.doctor.silence import HOLD
from oauth_bridge.resources import ProtectedResource, protected_resources

LONGEST_HOLD = 90.0
"""Seconds: the whole examination has 120."""


class Command(BaseCommand):
    """Prints each finding as it comes; the exit code is 1 when a client would be kept out."""

    help = "Ask a site what the known MCP clients ask, and say what works, what does not, and how to mend it."
    # What they complain about is among the findings.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", nargs="?", default="", help="MCP URL, or the site's address; this site's by default")
        who = parser.add_mutually_exclusive_group()
        who.add_argument(
            "--user", metavar="NAME", help="also make calls, as this user of this site, with a token for just that"
        )
        who.add_argument(
            "--token",
            action="store_true",
            help="also make calls, with a token that is read from MCP_DOCTOR_TOKEN or asked for",
        )
        parser.add_argument(
            "--hold",
            metavar="SECONDS",
            type=float,
            default=HOLD,
            help="how long to watch a silent event stream (%(default)g; 0 for not at all)",
        )
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        url = mcp_url(options["url"])
        is_own = f"{url}/".startswith(f"{settings.PUBLIC_URL}/")
        found: list[Finding] = []
        with self._token(url, is_own, options) as token:
            for finding in Examination(Patient(url, token, is_own=is_own, hold=min(options["hold"], LONGEST_HOLD))):
                found.append(finding)
                if not options["json"]:
                    self._print(finding)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(url, found, EVERYBODY), indent=2))
        else:
            self._conclude([verdict(client, found) for client in EVERYBODY])
        if any(finding.level == "failure" for finding in found):
            sys.exit(1)

    def _token(self, url: str, is_own: bool, options: dict[str, Any]) -> AbstractContextManager[str]:
        if options["token"]:
            # Never on the command line: other users of the machine read that.
            return nullcontext(os.environ.get("MCP_DOCTOR_TOKEN", "") or getpass.getpass("Token: ").strip())
        if not options["user"]:
            return nullcontext("")
        if not is_own:
            raise CommandError(f"--user is for this site, {settings.PUBLIC_URL}. For another one, use --token.")
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        return token_of(user, resource_of(url))

    def _print(self, finding: Finding) -> None:
        self.stdout.write(self._styled(finding.level, f"{finding.sign} {finding.line}"))
        if finding.level == "ok":
            return
        for label, text in (("means", finding.means), ("mend", finding.mend)):
            if text:
                self.stdout.write(f"    {label}: {text}")

    def _conclude(self, verdicts: list[Verdict]) -> None:
        self.stdout.write("")
        for each in verdicts:
            self.stdout.write(self._styled(each.level, f"{each.sign} {each.line}"))

    def _styled(self, level: Level, text: str) -> str:
        styles = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "failure": self.style.ERROR}
        style = styles.get(level)
        return style(text) if style else text


def mcp_url(given: str) -> str:
    """The MCP URL of what was given: the default Endpoint's, where no path was; raises CommandError."""
    default = protected_resources()[0]
    if not given:
        return default.uri
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
    except ValueError:
        raise CommandError(f"{given} is not a URL.") from None
    path = parts.path.rstrip("/") or default.path
    if parts.query or parts.fragment:
        raise CommandError("Leave out what stands behind ? or # in the URL.")
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    origin = origin.removesuffix(":443" if parts.scheme == "https" else ":80")
    if problem := origin_problem(origin):
        raise CommandError(f"{origin} is no address of a site: {problem}.")
    return f"{origin}{path}"


def resource_of(url: str) -> ProtectedResource:
    """The protected resource with that URI; the default one when there is none."""
    resources = protected_resources()
    return next((resource for resource in resources if resource.uri == url), resources[0])

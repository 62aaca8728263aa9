"""Ready-made groups of the staff: what each of them may do in Django admin.

They are made once, when all permissions are there. What you change in them afterwards is yours and stays.
"""

from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS

CREDENTIALS = (
    "oauth2_provider.view_accesstoken",
    "oauth2_provider.view_refreshtoken",
    "oauth2_provider.view_grant",
    "oauth_bridge.view_deviceauthorization",
    "oauth_bridge.view_personaltoken",
)
ACCESS = ("accounts.view_user", "oauth_bridge.view_client", "oauth_bridge.view_connection", *CREDENTIALS)
REVOKE = "oauth_bridge.revoke_access"

# Looks at everything and takes the ledger away; changes nothing.
AUDITOR = (
    *ACCESS,
    "oauth_bridge.view_connectionattempt",
    "mcp_endpoint.view_toolcall",
    "mcp_endpoint.export_toolcall",
    "accounts.view_invitation",
    "accounts.view_upstreamaccount",
    "mfa.view_authenticator",
    "socialaccount.view_socialaccount",
)

# Ends what acts for somebody who asks for it.
SUPPORT = (*ACCESS, REVOKE)

# Runs the site. Changing users is not among it: who changes an administrator's password or address becomes one.
OPERATOR = (
    *AUDITOR,
    REVOKE,
    "oauth_bridge.add_client",
    "oauth_bridge.change_client",
    "oauth_bridge.delete_client",
    "oauth_bridge.change_connection",
    "oauth_bridge.delete_personaltoken",
    "oauth_bridge.deactivate_users",
    "accounts.add_invitation",
    "accounts.change_invitation",
    "accounts.delete_invitation",
    "accounts.delete_upstreamaccount",
    "mcpsite.run_doctor",
)

ROLES = {"operator": OPERATOR, "auditor": AUDITOR, "support": SUPPORT}
"""Permissions of each group, by its name."""


def make_roles(apps: Apps = installed, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make the groups that are missing; told when a migration is done.

    Does nothing while a room is not migrated yet: its permissions would lack in the group for ever.
    """
    try:
        groups = apps.get_model("auth", "Group")._default_manager.using(using)
        permissions = apps.get_model("auth", "Permission")._default_manager.using(using)
    except LookupError:
        return
    missing = ROLES.keys() - set(groups.filter(name__in=ROLES).values_list("name", flat=True))
    if not missing:
        return
    labels = {permission.partition(".")[0] for permission in OPERATOR}
    for label in sorted(labels):
        # Django makes those of an app when its own turn comes, and that may be after this.
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    found = {
        f"{label}.{codename}": pk
        for pk, label, codename in permissions.filter(content_type__app_label__in=labels).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    if found.keys() >= set(OPERATOR):
        for name in sorted(missing):
            groups.create(name=name).permissions.set([found[permission] for permission in ROLES[name]])

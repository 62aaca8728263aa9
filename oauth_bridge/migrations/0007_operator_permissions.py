"""Permissions of operators: to revoke, and to deactivate users, without any other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("oauth_bridge", "0006_connection_details")]

    operations = [
        migrations.AlterModelOptions(
            name="connection",
            options={
                "permissions": [
                    ("revoke_access", "Can revoke what acts for users"),
                    ("deactivate_users", "Can deactivate and activate users"),
                ]
            },
        ),
    ]

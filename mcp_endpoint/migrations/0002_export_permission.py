"""Permission to take the ledger's rows away."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mcp_endpoint", "0001_ledger")]

    operations = [
        migrations.AlterModelOptions(
            name="toolcall",
            options={"permissions": [("export_toolcall", "Can export tool calls")], "verbose_name": "tool call"},
        ),
    ]

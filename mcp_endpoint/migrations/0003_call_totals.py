"""Totals of each hour, and those of the calls that were made before there were any."""

from datetime import UTC
from typing import Any

from django.db import migrations, models
from django.db.models import CharField, Count, F, Max, Q, Sum, Value
from django.db.models.functions import Cast, TruncHour

ANSWERED = ("ok", "asked")
KINDS: dict[str, Any] = {
    "all": (Value(""), Value("")),
    "tool": (F("tool"), F("tool")),
    "client": (F("client_id"), F("client_name")),
    "user": (Cast("user_id", CharField()), F("user_name")),
}


def add_up(apps: Any, schema_editor: Any) -> None:
    calls = apps.get_model("mcp_endpoint", "ToolCall").objects.using(schema_editor.connection.alias)
    totals = apps.get_model("mcp_endpoint", "CallTotal")
    for kind, (key, name) in KINDS.items():
        found = (
            calls.annotate(hour=TruncHour("called_at", tzinfo=UTC), key=key, named=name)
            .values("hour", "key")
            .order_by()
            .annotate(
                name=Max("named"),
                calls=Count("pk"),
                errors=Count("pk", filter=~Q(outcome__in=ANSWERED)),
                total=Sum("duration_ms"),
                longest=Max("duration_ms"),
            )
        )
        totals.objects.using(schema_editor.connection.alias).bulk_create(
            (
                totals(
                    kind=kind,
                    hour=each["hour"],
                    key=each["key"],
                    name=each["name"],
                    calls=each["calls"],
                    errors=each["errors"],
                    duration_ms=each["total"],
                    longest_ms=each["longest"],
                )
                for each in found.iterator()
            ),
            batch_size=500,
        )


class Migration(migrations.Migration):
    dependencies = [("mcp_endpoint", "0002_export_permission")]

    operations = [
        migrations.CreateModel(
            name="CallTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("all", "All"), ("tool", "Tool"), ("client", "Client"), ("user", "User")],
                        max_length=6,
                    ),
                ),
                ("hour", models.DateTimeField(help_text="Its beginning, in UTC.")),
                ("key", models.CharField(help_text="Tool, client ID or number of the user.", max_length=255)),
                ("name", models.CharField(help_text="What the last call of that hour called it.", max_length=255)),
                ("calls", models.PositiveBigIntegerField()),
                ("errors", models.PositiveBigIntegerField()),
                ("duration_ms", models.FloatField(help_text="Milliseconds of all calls together.")),
                ("longest_ms", models.FloatField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "hour", "key"), name="one_total_per_hour")
                ],
            },
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop, elidable=True),
    ]

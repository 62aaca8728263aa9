"""Indexes for rare outcomes, eras and Endpoints, and for the id of a request."""

from django.db import migrations, models

INDEXES = {
    "request_id": "call_by_request",
    "endpoint": "call_by_endpoint",
    "era": "call_by_era",
    "outcome": "call_by_outcome",
}


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_endpoint", "0004_outcome_over_budget"),
    ]

    operations = [
        migrations.AddIndex(model_name="toolcall", index=models.Index(fields=[column, "called_at"], name=name))
        for column, name in INDEXES.items()
    ]

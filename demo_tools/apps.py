"""The demo_tools app."""

from django.apps import AppConfig


class DemoToolsConfig(AppConfig):
    name = "demo_tools"
    verbose_name = "Demo tools"
    default_auto_field = "django.db.models.BigAutoField"

"""The app's configuration."""

from django.apps import AppConfig


class SiteToolsConfig(AppConfig):
    """Tools that the other servers of a benchmark have too."""

    name = "benchmarks.site_tools"

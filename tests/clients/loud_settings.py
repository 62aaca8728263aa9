"""The live site of these tests, with every logger at its loudest."""

from tests.clients.settings import *  # noqa: F403

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "DEBUG"},
    "loggers": {
        "django": {"level": "DEBUG"},
        # One line for each file that its reloader could watch.
        "django.utils.autoreload": {"level": "INFO"},
    },
}

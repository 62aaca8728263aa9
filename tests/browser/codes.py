"""Authorization codes that a running site has made, read from its database, whoever they were given to."""

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg

from tests.live import LiveServer

COUNT = """
SELECT count(*) FROM oauth2_provider_grant
JOIN oauth_bridge_client ON oauth_bridge_client.id = oauth2_provider_grant.application_id
WHERE oauth_bridge_client.client_id = {}
"""


def codes_made(site: LiveServer, client_id: str) -> int:
    """How many codes there are for a client."""
    url = site.environment()["DATABASE_URL"]
    if url.startswith("postgres"):
        with psycopg.connect(url) as database:
            row = database.execute(COUNT.format("%s"), [client_id]).fetchone()
    else:
        with closing(sqlite3.connect(urlsplit(url).path)) as database:
            row = database.execute(COUNT.format("?"), [client_id]).fetchone()
    assert row is not None
    return int(row[0])

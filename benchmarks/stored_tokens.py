"""Fills the database of a running site with access tokens, a million in seconds."""

import sqlite3
from pathlib import Path


def store(database: Path, digests: list[str], total: int) -> None:
    """Copy the one access token that there is until there are `total`, the ones with these digests spread among them.

    All are tokens of the same connection; those without a digest given have a random one.
    """
    with sqlite3.connect(database, timeout=60) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(oauth2_provider_accesstoken)")]
        (first,) = connection.execute("SELECT max(id) FROM oauth2_provider_accesstoken").fetchone()
        connection.execute("CREATE TEMP TABLE known (number INTEGER PRIMARY KEY, digest TEXT)")
        every = max(total // len(digests), 1)
        known = [(at * every, each) for at, each in enumerate(digests)]
        connection.executemany("INSERT INTO known VALUES (?, ?)", known)
        # A digest is random, so its place in the index is as well.
        own = {
            "id": f"{first} + 1 + n.number",
            "token_checksum": "coalesce(known.digest, lower(hex(randomblob(32))))",
            "token": "coalesce(known.digest, lower(hex(randomblob(32))))",
            "source_refresh_token_id": "NULL",
        }
        values = ", ".join(own.get(name, f't."{name}"') for name in columns)
        connection.execute(
            "WITH RECURSIVE n(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number + 1 < ?) "  # noqa: S608
            f"INSERT INTO oauth2_provider_accesstoken ({', '.join(columns)}) SELECT {values} FROM n "
            "LEFT JOIN known ON known.number = n.number JOIN oauth2_provider_accesstoken t ON t.id = ?",
            (total, first),
        )
        connection.execute(
            "INSERT INTO oauth_bridge_connectionaccesstoken (connection_id, access_token_id) "
            "SELECT link.connection_id, t.id FROM oauth2_provider_accesstoken t "
            "JOIN oauth_bridge_connectionaccesstoken link ON link.access_token_id = ? WHERE t.id > ?",
            (first, first),
        )
        connection.execute("ANALYZE")

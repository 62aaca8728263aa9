"""A process of the site that asks for one token from many threads at once: `python -m … USER THREADS`.

Says `ready`, waits for a line, and prints a JSON list of what its threads got.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import connections  # noqa: E402

from accounts.upstream.tokens import fresh_token  # noqa: E402


def token(user_id: int) -> str:
    """The user's token at GitHub."""
    try:
        return fresh_token(user_id, "github")
    finally:
        connections.close_all()


def main(user_id: int, threads: int) -> None:
    """Ask as many times at once."""
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        print(json.dumps(list(pool.map(token, [user_id] * threads))))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

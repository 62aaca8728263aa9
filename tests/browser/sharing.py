"""How processes share the browser tests (`pytest -n 2`): a file at a time, and of test_pages.py a room of pages.

Each process has a browser, a site and an OpenID provider of its own; the largest pieces go first.
"""

import re

from xdist.scheduler import LoadScopeScheduling

from tests.browser.pages import ROOM_OF

# tests/browser/test_pages.py::test_axe_finds_nothing[admin-ledger]
OF_A_PAGE = re.compile(r"test_pages\.py::(?P<test>\w+)\[(?P<page>[\w-]+)\]$")


def piece(nodeid: str) -> str:
    """Name of the piece of work that a test is in; tests of one piece run one after the other in one process."""
    found = OF_A_PAGE.search(nodeid)
    if found is None:
        file = nodeid.partition("::")[0]
        # One long test, which must not come last.
        return "admin" if file.endswith("/test_admin.py") else file
    # Those without scripts have windows of their own.
    return ROOM_OF[found["page"]] + (" without scripts" if "without_scripts" in found["test"] else "")


class Sharing(LoadScopeScheduling):
    """Gives each process a piece, and the next when it is done."""

    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid)

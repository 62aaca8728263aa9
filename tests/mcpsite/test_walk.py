"""The walk with curl on the home page, typed into a shell as it stands there."""

import json
import shutil
import subprocess
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.conftest import PASSWORD
from tests.live import LiveServer
from tests.person import Person

MISSING = [program for program in ("curl", "openssl", "python3") if shutil.which(program) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"This machine has no {', '.join(MISSING)}.")
def test_it_ends_with_the_answer_of_a_tool(daphne: LiveServer) -> None:
    page = BeautifulSoup(httpx.get(daphne.url, timeout=60).text, "html.parser")
    [walk] = [code.get_text() for code in page.select("pre code") if "read -r CODE" in code.get_text()]
    shell = subprocess.Popen(["sh", "-c", walk], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert shell.stdin is not None
    assert shell.stdout is not None
    said = []
    for line in shell.stdout:
        said.append(line)
        if line.startswith(f"{daphne.url}/authorize?"):
            break
    person = Person(daphne.url, "alice", PASSWORD)
    [code] = parse_qs(urlsplit(person.visit(said[-1].strip())).query)["code"]
    person.browser.close()
    rest, _ = shell.communicate(f"{code}\n", timeout=60)
    assert said[0].startswith("HTTP/1.1 401")
    answer = json.loads(rest.strip().splitlines()[-1])
    assert "content" in answer["result"]
    assert not answer["result"].get("isError")

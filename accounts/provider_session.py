"""How this site calls identity providers: never for longer than it should, nor for more than it needs."""

import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError

LONGEST_ANSWER = 512 * 1024
"""Bytes. Key sets are the longest, with some ten kilobytes."""


class BoundedSession(requests.Session):
    """Raises requests.RequestException when an answer is not here, whole, within so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """One call. A POST is not sent on by a redirect: it carries this site's secret."""
        deadline = time.monotonic() + self.seconds
        options = {"allow_redirects": method.upper() != "POST", **options, "timeout": self.seconds, "stream": True}
        response = super().request(method, url, **options)
        # The timeout of requests is for each piece that arrives; this one is for all of them.
        body = bytearray()
        try:
            while piece := response.raw.read1(65536, decode_content=True):
                body += piece
                if len(body) > LONGEST_ANSWER:
                    raise requests.exceptions.ContentDecodingError("The provider's answer is too long.")
                if time.monotonic() > deadline:
                    raise requests.exceptions.ReadTimeout("The provider's answer took too long.")
        except HTTPError as error:
            raise requests.exceptions.ConnectionError("The provider's answer broke off.") from error
        finally:
            response.close()
        response._content = bytes(body)
        return response

"""A web server on this machine that passes for one on the internet: real sockets and TLS, invented DNS."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3.util.connection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "client.example"
PUBLIC = "93.184.215.14"

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Web:
    """What the world looks like to a fetcher, and what it did there."""

    addresses: dict[str, list[list[str]]] = field(default_factory=lambda: {HOST: [[PUBLIC]]})
    """What DNS says of a host: the answer to the first question, the second and so on; the last one stays."""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Hosts that were looked up."""
    connected: list[str] = field(default_factory=list)
    """Addresses that were connected to."""
    requested: list[str] = field(default_factory=list)
    """Paths that were requested."""

    def put(self, path: str, document: Any, **headers: str) -> None:
        """Publish a JSON document."""
        self.answers[path] = lambda handler: reply(handler, json.dumps(document).encode(), **headers)

    def resolve(self, host: str) -> list[str]:
        """One answer of the DNS."""
        self.asked.append(host)
        answers = self.addresses.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown host")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Send an answer, JSON unless a header says otherwise."""
    given = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
    handler.send_response(status)
    for name, value in given.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def write_certificate(folder: Path, host: str) -> Path:
    """A certificate for a host, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


@contextmanager
def serving(web: Web, certificate: Path) -> Iterator[int]:
    """Serve the web's answers over TLS; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.requested.append(self.path)
            answer = web.answers.get(self.path, lambda handler: reply(handler, b"{}", 404))
            try:
                answer(self)
            except OSError:
                self.close_connection = True  # the fetcher had heard enough

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # so that closing waits for them

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A fetcher may hang up whenever it likes."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), Handler)
    # The handshake belongs to each connection's thread.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    """Hosts of the internet, all served from here. Addresses are invented; everything else is real."""
    world = Web()
    certificate = write_certificate(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        found = [host] if host == "127.0.0.1" else world.resolve(host)
        return [answer for address in found for answer in real(address, port, *args, **kwargs)]

    with serving(world, certificate) as port:

        def create_connection(address: tuple[str, int], timeout: Any, *args: Any, **kwargs: Any) -> socket.socket:
            world.connected.append(address[0])
            return socket.create_connection(("127.0.0.1", port), timeout)

        # What urllib3 connects by: the address that it was given is noted, and the server here stands for it.
        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield world

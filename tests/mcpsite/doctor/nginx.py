"""A real nginx in front of a live server, with TLS and whatever a test writes into its configuration."""

import datetime
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.services import nginx

START_SECONDS = 10
FORWARDED = """
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-For $remote_addr;
"""
"""What a right proxy tells the site."""

_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        {server}
    }}
}}
"""


class Certificate:
    """A certificate for `host` that is good for `days` from now, and vouches for itself."""

    def __init__(self, folder: Path, host: str = "localhost", days: float = 90) -> None:
        self.file, self.key_file = folder / f"{host}-{days}.pem", folder / f"{host}-{days}.key"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=100))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = serialization.PrivateFormat.PKCS8
        self.key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))


class Nginx:
    """nginx on a port of localhost; `server` goes into its server block."""

    def __init__(self, port: int, server: str, certificate: Certificate) -> None:
        self._program = nginx()
        self.port = port
        self._server = server
        self._certificate = certificate
        self._folder = tempfile.TemporaryDirectory(prefix="nginx-")

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                port=self.port,
                certificate=self._certificate.file,
                key=self._certificate.key_file,
                server=self._server,
            )
        )
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [self._program, "-p", str(folder), "-e", "stderr", "-c", str(configuration)],
            stderr=self._log,
            env={"PATH": os.environ["PATH"]},
        )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        self.__exit__(None, None, None)
        raise AssertionError(f"nginx did not start: {self._output}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.seek(0)
        self._output = self._log.read()
        self._log.close()
        self._folder.cleanup()

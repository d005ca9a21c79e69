"""A real time-stamping authority: `openssl ts -reply` behind a server on loopback."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.keys.memory import Authority, new_key

CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Tsa:
    """What it does with a request, told by `mode`: stamp, or one of the ways to fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mode = "stamp"
        self.asked = 0
        self.url = ""
        self._one_at_a_time = threading.Lock()

    def reply(self, query: bytes) -> bytes:
        with self._one_at_a_time:  # the file with the serial number
            self.asked += 1
            (self.folder / "query.tsq").write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "one", "-queryfile"]
            done = subprocess.run([*command, self.folder / "query.tsq"], capture_output=True, check=True)
            return done.stdout


@contextmanager
def authority(issuer: Authority, at: datetime, kind: str = "rsa2048") -> Iterator[Tsa]:
    """Serves while the block runs; its certificate is issued by `issuer`, valid a year around `at`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, year = new_key(kind), timedelta(days=365)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time in memory")]))
            .issuer_name(issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - year)
            .not_valid_after(at + year)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private_key.public_key()), critical=False
            )
            .sign(issuer.private_key, SHA256())
        )
        (folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / "ca.pem").write_bytes(issuer.certificate.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
        tsa = Tsa(folder)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                status, body = 200, b""
                if tsa.mode == "stamp":
                    body = tsa.reply(query)
                elif tsa.mode == "status":
                    status = 503
                elif tsa.mode == "redirect":
                    status = 302
                elif tsa.mode == "garbage":
                    body = b"<html>sorry</html>"
                elif tsa.mode == "endless":
                    body = bytes(1024 * 1024)
                elif tsa.mode == "broken":
                    reply = bytearray(tsa.reply(query))
                    reply[-1] ^= 1  # of the signature's value
                    body = bytes(reply)
                elif tsa.mode == "replayed":
                    body = (tsa.folder / "first.tsr").read_bytes()
                elif tsa.mode == "drops":
                    self.connection.close()
                    return
                if tsa.mode == "stamp" and not (tsa.folder / "first.tsr").exists():
                    (tsa.folder / "first.tsr").write_bytes(body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tsa.url = f"http://127.0.0.1:{server.server_port}/tsa"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield tsa
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

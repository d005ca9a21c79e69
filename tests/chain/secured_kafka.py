"""A broker as other people run theirs: TLS with an authority of its own, passwords, client certificates.

The same program as the embedded one, with three more listeners. `secure` asks for a user over TLS (SCRAM and PLAIN),
`mutual` for a client certificate, `open` for a user without TLS. Its certificate is for 127.0.0.1 and nothing else.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.embedded import kafka, processes
from pipeline.embedded.service import Launched, choose_ports, log_of, wait_ready

USER = "entrega-ci"
PASSWORD = "of the tests' own broker"  # noqa: S105

_LISTENERS = """\
listeners=BROKER://127.0.0.1:{kafka},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure},\
MUTUAL://127.0.0.1:{mutual},OPEN://127.0.0.1:{open}
advertised.listeners=BROKER://127.0.0.1:{kafka},SECURE://127.0.0.1:{secure},MUTUAL://127.0.0.1:{mutual},\
OPEN://127.0.0.1:{open}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL,OPEN:SASL_PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/authority.pem
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.open.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.open.scram-sha-256.sasl.jaas.config={scram} required;
listener.name.secure.scram-sha-256.sasl.jaas.config={scram} required;
listener.name.secure.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.secure.plain.sasl.jaas.config={plain} required user_{user}="{password}";
"""


@dataclass(frozen=True)
class Authority:
    """Issues certificates into one folder, as PEM."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, folder: Path, name: str) -> Authority:
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signing = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            _builder(subject, subject, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(signing, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        authority = cls(folder, certificate, key)
        authority.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def issue(self, name: str) -> Path:
        """A key and its certificate for 127.0.0.1, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _builder(subject, self.certificate.subject, key)
            .add_extension(address, critical=False)
            .add_extension(usage, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{name}.pem"
        file.touch(mode=0o600)
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


class SecuredKafka(kafka.Kafka):
    """The embedded broker's jars, Java and settings; what an operator adds to them comes on top."""

    def _launch(self, data: Path, wanted: Mapping[str, int], extra: Sequence[str]) -> Launched:
        storage, log = data / self.name, log_of(data, self.name)
        for folder in (storage, log.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports = choose_ports(("kafka", "controller", "secure", "mutual", "open"), wanted)
        module = "org.apache.kafka.common.security"
        text = kafka._SETTINGS.format(
            port=ports["kafka"], controller=ports["controller"], storage=kafka._escaped(storage / "log")
        ) + _LISTENERS.format(
            **ports,
            folder=kafka._escaped(data),
            scram=f"{module}.scram.ScramLoginModule",
            plain=f"{module}.plain.PlainLoginModule",
            user=USER,
            password=PASSWORD,
        )
        settings = storage / "server.properties"
        settings.write_text(text)
        users = [f"{mechanism}=[name={USER},password={PASSWORD}]" for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
        command = [*kafka._java(), "kafka.tools.StorageTool", "format", "--cluster-id", kafka._cluster_id()]
        command += ["--config", str(settings), *(part for user in users for part in ("--add-scram", user))]
        subprocess.run(command, check=True, capture_output=True)
        return Launched(processes.launch([*kafka._java(), *extra, "kafka.Kafka", settings], log, env=os.environ), ports)


@dataclass(frozen=True)
class Secured:
    """The running broker, and the settings with which a client comes in at each listener."""

    authority: Authority
    stranger: Authority
    ports: Mapping[str, int]

    def settings(self, listener: str, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """`entrega.toml` as an operator writes it for this broker."""
        given = {"kafka_servers": f"127.0.0.1:{self.ports[listener]}"}
        if listener != "open":
            given["kafka_ca_file"] = str(self.authority.file)
        if listener == "mutual":
            file = self.authority.folder / "client.pem"
            return {**given, "kafka_security": "ssl", "kafka_certificate_file": str(file), "kafka_key_file": str(file)}
        given |= {"kafka_username": USER, "kafka_password": PASSWORD, "kafka_sasl_mechanism": mechanism}
        return {**given, "kafka_security": "sasl_ssl" if listener == "secure" else "sasl_plaintext"}


@contextmanager
def running(data: Path) -> Iterator[Secured]:
    """Start the broker in an empty folder; end it."""
    authority = Authority.make(data, "the tests' authority")
    stranger = Authority.make(data / "stranger", "somebody else's authority")
    for name in ("broker", "client"):
        authority.issue(name)
    stranger.issue("client")
    service = SecuredKafka()
    launched = service.launch(data, {}, lambda text: None)
    try:
        wait_ready(service, data, launched, timeout=60)
        yield Secured(authority, stranger, launched.ports)
    finally:
        launched.process.signal(service.stop_signal)
        for left in processes.wait_gone([launched.process], 10):
            left.signal(service.kill_signal)

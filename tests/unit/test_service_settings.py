"""Settings of broker, database and bucket that contradict each other, and files that cannot be what they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.settings import load
from pipeline.topics import client_settings
from schemas.errors import ConfigurationError

SERVER = {"kafka_servers": "broker.example:9093"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kafka_security": "ssl"}, "kafka_servers must be set, for kafka_security is ssl"),
        ({**SERVER, "kafka_security": "sasl_ssl"}, "kafka_username must be set, for kafka_security is sasl_ssl"),
        ({**SERVER, "kafka_ca_file": "ca.pem"}, "kafka_security is plaintext, and kafka_ca_file means nothing to that"),
        (
            {**SERVER, "kafka_security": "ssl", "kafka_password": "x"},
            "kafka_security is ssl, and kafka_password means nothing to that",
        ),
        (
            {**SERVER, "kafka_security": "ssl", "kafka_key_file": "key.pem"},
            "kafka_certificate_file must be set, for kafka_key_file is key.pem",
        ),
        (
            {"database_owner_url": "postgresql://owner:secret@db.example/x"},
            "database_url must be set, for database_owner_url is **********",
        ),
        ({"s3_endpoint": "http://s3.example"}, "s3_bucket must be set, for s3_endpoint is http://s3.example"),
    ],
)
def test_what_would_be_left_out_without_a_word_stops_the_start(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    """A setting that another one makes void, or that needs another one, is named; secrets are not shown."""
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, **given)
    assert caught.value.text == sentence


@pytest.mark.parametrize("port", ["0", "70000"])
def test_a_port_that_no_server_has_is_named(tmp_path: Path, port: str) -> None:
    """At the start and not at the first mail, and whether or not mail goes that way yet."""
    with pytest.raises(ConfigurationError, match=r"^smtp_port: Input should be "):
        load(tmp_path, smtp_port=port)


def test_files_of_tls_are_named_when_they_cannot_be_used(tmp_path: Path) -> None:
    """A missing file and one that holds no PEM: the setting and the file are said."""
    nothing, empty = tmp_path / "nothing.pem", tmp_path / "empty.pem"
    empty.touch()
    for given, sentence in (
        ({"kafka_ca_file": str(nothing)}, f"kafka_ca_file: {nothing} is not there, or we may not read it"),
        ({"kafka_ca_file": str(empty)}, f"kafka_ca_file: {empty} holds no certificates in PEM"),
        (
            {"kafka_certificate_file": str(empty), "kafka_key_file": str(nothing)},
            f"kafka_key_file: {nothing} is not there, or we may not read it",
        ),
        (
            {"kafka_certificate_file": str(empty), "kafka_key_file": str(empty)},
            f"kafka_certificate_file: {empty} and the key in {empty} are no pair in PEM",
        ),
    ):
        settings = load(tmp_path, **{**SERVER, "kafka_security": "ssl", **given})
        with pytest.raises(ConfigurationError) as caught:
            client_settings(settings, SERVER["kafka_servers"])
        assert caught.value.text.startswith(sentence)


def test_a_key_behind_a_password_is_said_and_not_asked_for(tmp_path: Path) -> None:
    """OpenSSL would ask at the terminal, and wait for ever."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pair = tmp_path / "pair.pem"
    pair.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    settings = load(tmp_path, **SERVER, kafka_security="ssl", kafka_certificate_file=str(pair))
    with pytest.raises(ConfigurationError) as caught:
        client_settings(settings, SERVER["kafka_servers"])
    assert caught.value.text == f"kafka_key_file: {pair} is encrypted"


def test_servers_are_a_list(tmp_path: Path) -> None:
    """Spaces after commas do no harm."""
    settings = load(tmp_path, kafka_servers="a.example:9092, b.example:9092")
    assert client_settings(settings, str(settings.kafka_servers)) == {
        "bootstrap_servers": ["a.example:9092", "b.example:9092"]
    }

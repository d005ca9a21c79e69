"""Ways to come to a broker that are wrong in one place each, and what a person is told."""

from __future__ import annotations

from secured_kafka import Secured


def to_the_broker(kafka: Secured) -> dict[str, tuple[dict[str, str], str]]:
    """Settings that are wrong in one place, and how the sentence about it begins."""
    secure, ports = kafka.settings("secure"), kafka.ports
    plain, mutual = kafka.settings("secure", "PLAIN"), kafka.settings("mutual")
    stranger = kafka.stranger
    no_certificate = {name: value for name, value in mutual.items() if "certificate" not in name and "key" not in name}
    of_stranger = {name: str(stranger.folder / "client.pem") for name in ("kafka_certificate_file", "kafka_key_file")}
    without_ca = {name: value for name, value in secure.items() if name != "kafka_ca_file"}
    unprotected = {"kafka_servers": secure["kafka_servers"]}
    at = f"127.0.0.1:{ports['secure']}"
    return {
        "password": (
            {**secure, "kafka_password": "x"},
            f"kafka_password: {at} refuses user entrega-ci by SCRAM-SHA-512; kafka_username or kafka_password is wrong",
        ),
        "password, PLAIN": ({**plain, "kafka_password": "x"}, f"kafka_password: {at} refuses user entrega-ci by PLAIN"),
        "user": ({**secure, "kafka_username": "nobody"}, f"kafka_password: {at} refuses user nobody"),
        "mechanism": (
            kafka.settings("open", "PLAIN"),
            f"kafka_sasl_mechanism: 127.0.0.1:{ports['open']} does not offer PLAIN",
        ),
        "authority": (
            {**secure, "kafka_ca_file": str(stranger.file)},
            f"kafka_ca_file: no authority in {stranger.file} vouches for {at}",
        ),
        "no authority": (
            without_ca,
            f"kafka_ca_file: not set, and no authority that this machine knows vouches for {at}",
        ),
        "host": (
            {**secure, "kafka_servers": f"localhost:{ports['secure']}"},
            f"kafka_servers: the certificate of localhost:{ports['secure']} is for another host",
        ),
        "no such host": (
            {**secure, "kafka_servers": "broker.invalid:9093"},
            "kafka_servers: no host has the name in broker.invalid:9093",
        ),
        "nobody listens": (
            {**secure, "kafka_servers": "127.0.0.1:9"},
            "kafka_servers: nobody listens at 127.0.0.1:9",
        ),
        "no port": ({**secure, "kafka_servers": "127.0.0.1"}, "kafka_servers: 127.0.0.1 is not host:port"),
        "no client certificate": (
            no_certificate,
            f"kafka_certificate_file: 127.0.0.1:{ports['mutual']} asks for a client certificate, and none is set",
        ),
        "client certificate of a stranger": (
            {**mutual, **of_stranger},
            f"kafka_certificate_file: 127.0.0.1:{ports['mutual']} does not accept {stranger.folder / 'client.pem'}",
        ),
        "no TLS": (
            unprotected,
            f"kafka_security: {at} hangs up on a client that comes with plaintext",
        ),
        "a user where nobody asks": (
            {**kafka.settings("open", "SCRAM-SHA-256"), "kafka_servers": f"127.0.0.1:{ports['kafka']}"},
            f"kafka_security: 127.0.0.1:{ports['kafka']} asks for no user, and sasl_plaintext brings one",
        ),
    }

"""Makes the topics, before any worker starts: an agent on a missing topic would wait for ever without a word."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from pipeline.settings import Settings
from pipeline.topology import TOPICS
from schemas.errors import ConfigurationError

RETENTION_MS = 7 * 24 * 3600 * 1000
"""Seven days: Kafka carries references and is no archive."""
SPREAD_SECONDS = 30
"""For all brokers to know of new topics."""


def client_settings(settings: Settings, servers: str) -> dict[str, Any]:
    """What aiokafka's clients take: servers, and TLS and SASL where they are set."""
    options: dict[str, Any] = {"bootstrap_servers": [server.strip() for server in servers.split(",")]}
    if settings.kafka_security != "plaintext":
        options["security_protocol"] = settings.kafka_security.upper()
    if settings.kafka_security.endswith("ssl"):
        options["ssl_context"] = tls_context(settings)
    if settings.kafka_security.startswith("sasl"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value() if settings.kafka_password else None
    return options


def tls_context(settings: Settings) -> Any:
    """TLS that checks the broker's certificate and name, with a client certificate where one is set.

    Raises ConfigurationError naming the file that cannot be used.
    """
    from ssl import Purpose, SSLContext, create_default_context

    names = ("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")
    ca, certificate, key = (getattr(settings, name) for name in names)
    for name, file in zip(names, (ca, certificate, key), strict=True):
        if file is not None and not os.access(file, os.R_OK):
            raise ConfigurationError(f"{name}: {file} is not there, or we may not read it")

    def no_password() -> str:  # without one OpenSSL would ask at the terminal, and wait
        raise ConfigurationError(f"kafka_key_file: {key or certificate} is encrypted")

    try:
        context: SSLContext = create_default_context(Purpose.SERVER_AUTH, cafile=ca)
    except OSError as error:  # an SSLError is one
        raise ConfigurationError(f"kafka_ca_file: {ca} holds no certificates in PEM") from error
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key, no_password)
        except OSError as error:
            what = f"{certificate} and the key in {key or 'it'}"
            raise ConfigurationError(f"kafka_certificate_file: {what} are no pair in PEM") from error
    return context


async def make_topics(settings: Settings, servers: str) -> None:
    """Make what is missing; topics that are there are left as they are. Raises ConfigurationError."""
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic
    from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

    admin = AIOKafkaAdminClient(**client_settings(settings, servers))
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [name for name in TOPICS if name not in existing]
        if not missing:
            return
        configs = {"cleanup.policy": "delete", "retention.ms": str(RETENTION_MS)}
        if settings.kafka_replication >= 3:
            configs |= {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
        answer = await admin.create_topics(
            [
                NewTopic(name, settings.kafka_partitions, settings.kafka_replication, topic_configs=configs)
                for name in missing
            ]
        )
        for topic, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise ConfigurationError(f"kafka_servers: topic {topic} cannot be made: {for_code(code).__name__}")
        async with asyncio.timeout(SPREAD_SECONDS):
            while not set(TOPICS) <= set(await admin.list_topics()):
                await asyncio.sleep(0.05)  # metadata spreads by itself; nothing tells when
    except TimeoutError as error:
        raise ConfigurationError(f"kafka_servers: topics made at {servers} do not show; may we list them?") from error
    except KafkaError as error:
        raise ConfigurationError(f"kafka_servers: {servers} does not answer: {error}") from error
    finally:
        await admin.close()

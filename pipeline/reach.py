"""Whether the services that the settings name let us in; where not, a sentence that begins with the setting to look at.

Clients that run for months wait for a service that is away. At the start that would hide a wrong password for ever, so
it is asked first, once, and answered within seconds. The embedded services are the supervisor's business.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline import topics
from pipeline.settings import Settings
from schemas.errors import ConfigurationError

SECONDS = 5
"""For one server to answer."""

Address = tuple[str, int]

_OTHER_NAME = {62, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH (openssl-verification-options(1))."""
_NOT_TRUSTED = {2, 18, 19, 20, 21}
"""The chain ends at nobody who is trusted: issuer not found, self-signed, one certificate only."""


async def kafka(settings: Settings, servers: str) -> None:
    """Ask the bootstrap servers, then the brokers they name: clients talk to those. Raises ConfigurationError."""
    options = topics.client_settings(settings, servers)
    brokers = await _first(settings, options, [_address(server) for server in options.pop("bootstrap_servers")])
    await _first(settings, options, brokers, "named by the cluster, ")


def _address(server: str) -> Address:
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(f"kafka_servers: {server} is not host:port")
    return host.strip("[]"), int(port)


async def _first(
    settings: Settings, options: dict[str, Any], asked: Sequence[Address], note: str = ""
) -> list[Address]:
    """The brokers that the first to answer names; one is enough, for the others may be down."""
    answers = await asyncio.gather(*(_brokers(address, options) for address in asked), return_exceptions=True)
    refusals = []
    for (host, port), answer in zip(asked, answers, strict=True):
        if not isinstance(answer, BaseException):
            return answer
        if not isinstance(answer, Exception):
            raise answer
        refusals.append((_sentence(settings, f"{note}{host}:{port}", answer), answer))
    # who says no tells more than who says nothing
    text, cause = min(refusals, key=lambda refusal: refusal[0].startswith("kafka_servers"))
    raise ConfigurationError(text) from cause


async def _brokers(address: Address, options: dict[str, Any]) -> list[Address]:
    from aiokafka.conn import create_conn
    from aiokafka.protocol.metadata import MetadataRequest

    async with asyncio.timeout(SECONDS + 1):
        connection = await create_conn(*address, request_timeout_ms=SECONDS * 1000, **options)
        try:
            answer = await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    return [(broker[1], broker[2]) for broker in answer.brokers]


def _sentence(settings: Settings, where: str, error: Exception) -> str:
    """What a person should look at, by what the client met."""
    from aiokafka import errors

    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return _certificate(settings, where, cause)
            case ssl.SSLError() if "CERT" in str(cause.reason) or "UNKNOWN_CA" in str(cause.reason):
                if settings.kafka_certificate_file is None:
                    return f"kafka_certificate_file: {where} asks for a client certificate, and none is set"
                return f"kafka_certificate_file: {where} does not accept {settings.kafka_certificate_file}"
            case errors.SaslAuthenticationFailed() | errors.AuthenticationFailedError():
                who, how = settings.kafka_username, settings.kafka_sasl_mechanism
                return f"kafka_password: {where} refuses user {who} by {how}; kafka_username or kafka_password is wrong"
            case errors.UnsupportedSaslMechanismError():
                return f"kafka_sasl_mechanism: {where} does not offer {settings.kafka_sasl_mechanism}"
            case errors.IllegalSaslStateError():
                return f"kafka_security: {where} asks for no user, and {settings.kafka_security} brings one"
            case socket.gaierror():
                return f"kafka_servers: no host has the name in {where}"
            case TimeoutError():
                return f"kafka_servers: {where} does not answer"
            case ConnectionRefusedError():
                return f"kafka_servers: nobody listens at {where}"
    if isinstance(error, (ssl.SSLError, ConnectionError, errors.KafkaConnectionError)):
        return f"kafka_security: {where} hangs up on a client that comes with {settings.kafka_security}"
    return f"kafka_servers: {where} does not answer: {type(error).__name__}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _certificate(settings: Settings, where: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _OTHER_NAME:
        return f"kafka_servers: the certificate of {where} is for another host: {error.verify_message}"
    if error.verify_code not in _NOT_TRUSTED:
        return f"kafka_servers: the certificate of {where} does not hold: {error.verify_message}"
    if settings.kafka_ca_file is None:
        return f"kafka_ca_file: not set, and no authority that this machine knows vouches for {where}"
    return f"kafka_ca_file: no authority in {settings.kafka_ca_file} vouches for {where}"


def database(settings: Settings) -> None:
    """Log in as the application and look at the schema. Raises ConfigurationError."""
    from pipeline.store.access import application

    assert settings.database_url is not None
    application(settings.database_url.get_secret_value())


def owner(settings: Settings) -> None:
    """Log in as the owner. Raises ConfigurationError."""
    from pipeline.store.access import log_in

    assert settings.database_owner_url is not None
    log_in("database_owner_url", settings.database_owner_url.get_secret_value()).close()


def bucket(settings: Settings) -> None:
    """Ask for the bucket. Raises ConfigurationError."""
    from connectors.storage.bucket import ask

    assert settings.s3_bucket is not None
    secret = settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else None
    ask(settings.s3_bucket, settings.s3_endpoint, settings.s3_region, settings.s3_access_key, secret)


def pages(settings: Settings, port: int) -> None:
    """Whether the pages can listen on their host at this port; 0: at any. Raises ConfigurationError."""
    host = settings.web_host
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (socket.gaierror, UnicodeError):
        raise ConfigurationError(f"web_host: there is no host {host}") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(f"web_port: somebody else listens at {host}, port {port}") from error
        if error.errno == errno.EACCES:
            raise ConfigurationError(f"web_port: we may not listen at port {port}") from error
        raise ConfigurationError(f"web_host: {host} is no address of this machine") from error


async def for_work(settings: Settings) -> None:
    """Ask broker and bucket, where configured; who opens the store asks the database. Raises ConfigurationError."""
    if settings.kafka_servers is not None:
        await kafka(settings, settings.kafka_servers)
    if settings.s3_bucket is not None:
        await asyncio.to_thread(bucket, settings)

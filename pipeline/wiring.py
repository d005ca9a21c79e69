"""Puts the application together: settings in, ports and stages out. The one place that knows every provider."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.keys.source import KeyFile, KeyOnToken, KeySource
from connectors.profiles import FolderProfiles
from connectors.storage import Storage
from pipeline import embedded, halt, maven, reach
from pipeline.door import Door
from pipeline.pool import Stage
from pipeline.settings import Settings
from pipeline.store import pacing
from pipeline.store.database import Store, utc_now
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import AUDITOR_ROLE, application_url
from pipeline.store.personal import KeyRing
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from connectors.timestamp import TimeStamps
    from pipeline.dispatcher import Dispatcher


LEASE_SECONDS = 15.0
"""So long after a dispatcher died its attempts are taken up by another; one that lives renews its leases in time."""


@dataclass(frozen=True)
class Endpoints:
    """Where broker and database answer: configured, or the embedded ones of the data folder."""

    kafka: str
    database: str
    owner: str | None

    def __repr__(self) -> str:
        return f"Endpoints(kafka={self.kafka!r})"  # the URLs hold passwords


def endpoints(settings: Settings) -> Endpoints:
    """Raises ConfigurationError where something is neither configured nor running."""
    return Endpoints(kafka_servers(settings), *database_urls(settings))


def kafka_servers(settings: Settings) -> str:
    """The configured ones, or the embedded broker's. Raises ConfigurationError where there are none."""
    servers = settings.kafka_servers or embedded.running(settings.data).kafka
    if servers is None:
        raise _none_runs(settings, "kafka_servers", "kafka", "Kafka")
    return servers


def _none_runs(settings: Settings, setting: str, service: str, title: str) -> ConfigurationError:
    """Why an embedded service does not answer. Raises StoreUnavailable where the disk is full: it cannot run then."""
    halt.disk_guard(settings)
    if (tail := embedded.crashed(settings.data).get(service)) is not None:
        last = next(iter(tail.strip().splitlines()[-1:]), "its log is empty")
        return ConfigurationError(f"{setting}: the embedded {title} died ({last}); `entrega up` starts it again")
    return ConfigurationError(f"{setting}: none is set and no embedded {title} runs; `entrega up` starts one")


def database_urls(settings: Settings) -> tuple[str, str | None]:
    """The application's and the owner's, configured or of the embedded one. Raises ConfigurationError."""
    if settings.database_url is not None:
        owner = settings.database_owner_url
        return settings.database_url.get_secret_value(), owner.get_secret_value() if owner else None
    running = embedded.running(settings.data)
    if running.database is None:
        raise _none_runs(settings, "database_url", "postgres", "PostgreSQL")
    return application_url(running.database, app_password(settings)), running.database


def auditor_url(settings: Settings) -> str:
    """The embedded database for who may read the history and nothing else; `up` gave the role its password.

    Raises ConfigurationError: a configured database is its owner's, and so are the passwords of its roles.
    """
    from urllib.parse import quote, urlsplit

    if settings.database_url is not None:
        raise ConfigurationError(f"database_url is set: there its owner gives {AUDITOR_ROLE} a password (ALTER ROLE)")
    _, owner = database_urls(settings)
    assert owner is not None, "the embedded database has one"
    parts = urlsplit(owner)
    password = quote(drawn(settings, "auditor-password"), safe="")
    return parts._replace(netloc=f"{AUDITOR_ROLE}:{password}@{parts.hostname}:{parts.port}").geturl()


def app_password(settings: Settings) -> str:
    """Of the role entrega_app in the embedded database, drawn once."""
    return drawn(settings, "database-password")


def drawn(settings: Settings, name: str) -> str:
    """A random word of the data folder, drawn once and kept with mode 0600."""
    import os

    path = settings.secrets / name
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    except FileExistsError:
        pass
    return path.read_text("ascii")


def open_store(settings: Settings, found: Endpoints, *, size: int = 8, by_key: bool = False) -> Store:
    """Not yet opened: `await store.open()`. A configured database is asked first. Raises ConfigurationError."""
    if settings.database_url is not None:
        reach.database(settings)
    return Store(found.database, KeyRing(settings.secrets / "key-ring"), size=size, by_key=by_key)


def storage(settings: Settings) -> Storage:
    """The artefact store: the bucket, or a folder of the data folder."""
    if settings.s3_bucket is not None:
        from connectors.storage.s3 import S3Storage

        secret = settings.s3_secret_key
        return S3Storage(
            settings.s3_bucket, settings.s3_endpoint, settings.s3_region, settings.s3_access_key,
            secret.get_secret_value() if secret else None,
        )  # fmt: skip
    from connectors.storage.folder import FolderStorage

    return FolderStorage(settings.artefacts)


def key_source(settings: Settings) -> KeySource:
    """The configured key, or the demo authority's, made now if need be."""
    password = settings.signing_password.get_secret_value() if settings.signing_password else None
    if settings.signing_pkcs11_module is not None:
        token, label, pin = (
            settings.signing_pkcs11_token, settings.signing_pkcs11_label, settings.signing_pkcs11_pin,
        )  # fmt: skip
        assert token and label and pin, "Settings checks this"  # noqa: PT018
        file = settings.signing_certificate_file
        return KeyOnToken(settings.signing_pkcs11_module, token, label, pin.get_secret_value(), file)
    if settings.signing_pkcs12_file is not None:
        return KeyFile(settings.signing_pkcs12_file, password, setting="signing_pkcs12_file")
    if settings.signing_key_file is not None:
        return KeyFile(settings.signing_key_file, password, settings.signing_certificate_file)
    from connectors.keys import demo

    return KeyFile(demo.ensure(settings.secrets / "demo-ca", utc_now()).key_file)


def time_stamps(settings: Settings) -> TimeStamps | None:
    """The configured authority, not yet asked. Raises ConfigurationError."""
    if settings.tsa_url is None:
        return None
    from connectors.timestamp.http import HttpTimeStamps

    password = settings.tsa_password.get_secret_value() if settings.tsa_password else None
    return HttpTimeStamps(settings.tsa_url, settings.tsa_username, password, settings.tsa_timeout_seconds)


def door(settings: Settings, store: Store) -> Door:
    """The one way in, for whoever takes exports in this process."""
    return Door(
        store,
        storage(settings),
        settings.default_tenant,
        settings.data,
        settings.minimum_free_mib * 1024 * 1024,
        profiles(settings),
    )


def profiles(settings: Settings) -> FolderProfiles:
    return FolderProfiles(settings.profile_folder)


def stage(name: str, settings: Settings, found: Endpoints, store: Store) -> Stage:
    """One stage with its ports. Heavy modules are imported here, when they are needed."""
    directory = PostgresDirectory(found.database)
    ports: dict[str, Any] = {"storage": storage(settings), "clock": utc_now}
    if name == "extraction":
        from stages.extraction import Extraction

        limit = pacing.step_size(settings.documents_ahead)
        return Extraction(directory=directory, profiles=profiles(settings), limit=limit, **ports)
    if name == "conversion":
        from stages.conversion import Conversion

        return Conversion(rule_jars=tuple(maven.jars("rules")), **ports)
    if name == "signing":
        from stages.signing import Signing

        digest = settings.signing_facturae_digest
        return Signing(keys=key_source(settings), stamps=time_stamps(settings), facturae_digest=digest, **ports)
    if name == "rendering":
        from stages.rendering import Rendering
        from stages.signing.profiles import PdfSigning

        sign_pdf = PdfSigning(time_stamps(settings))
        return Rendering(profiles=profiles(settings), keys=key_source(settings), sign_pdf=sign_pdf, **ports)
    if name == "resolution":
        from stages.resolution import Resolution

        return Resolution(directory=directory, profiles=profiles(settings), clock=utc_now)
    if name == "delivery":
        from stages.delivery import Delivery

        return Delivery(profiles=profiles(settings), clock=utc_now)
    if name == "acknowledgement":
        from pipeline import providers
        from pipeline.store.inbox import PostgresInbox
        from stages.acknowledgement import Acknowledgement

        return Acknowledgement(inbox=PostgresInbox(store), parsers=providers.parsers())
    raise ConfigurationError(f"there is no stage {name}")


def dispatcher(settings: Settings, store: Store, gate: halt.Gate | None = None) -> Dispatcher:
    """The dispatcher with the providers that the settings name; by default nothing leaves the house."""
    from connectors.keys.demo import is_demo
    from pipeline import providers
    from pipeline.dispatcher import Dispatcher

    base = public_url(settings)
    return Dispatcher(
        store,
        storage(settings),
        profiles(settings),
        providers.senders(settings, base),
        public_url=base,
        email_sender=settings.email_sender,
        sms_sender=settings.twilio_sender or "Entrega",
        link_days=settings.link_days,
        email_per_second=settings.email_per_second,
        sms_per_second=settings.sms_per_second,
        is_demo=is_demo(key_source(settings).signer().certificate),
        lease_seconds=LEASE_SECONDS,
        gate=gate,
    )


def web_port(settings: Settings) -> int:
    """The configured port, or a free one that is drawn once and kept: links that were sent must stay right."""
    if settings.web_port:
        return settings.web_port
    import socket

    path = settings.secrets / "web-port"
    if not path.exists():
        with socket.socket() as probe:
            probe.bind((settings.web_host, 0))
            path.write_text(str(probe.getsockname()[1]))
    return int(path.read_text())


def public_url(settings: Settings) -> str:
    """What links begin with, without a slash at the end."""
    return (settings.public_url or f"http://{settings.web_host}:{web_port(settings)}").rstrip("/")


def operator_token(settings: Settings) -> str:
    """What opens the operator's pages: as it is set, or drawn once for a data folder."""
    if settings.operator_token is not None:
        return settings.operator_token.get_secret_value()
    return drawn(settings, "operator-token")


def addresses(settings: Settings) -> dict[str, str]:
    """The pages, for people to click."""
    base = public_url(settings)
    return {"operator": f"{base}/operator/login?token={operator_token(settings)}", "outbox": f"{base}/operator/outbox"}


def serve_web(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the pages. They are a plugin by entry point: nothing below `portal` imports it."""
    from importlib.metadata import entry_points

    found = [each for each in entry_points(group="entrega.web") if each.name == "portal"]
    if not found:
        raise ConfigurationError("the pages are not installed: no entry point portal in group entrega.web")
    if settings.s3_bucket is not None:
        reach.bucket(settings)
    found[0].load()(settings, ready)

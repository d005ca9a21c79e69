"""Puts the application together: settings in, ports and stages out. The one place that knows every provider."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.keys.source import KeySource
from connectors.profiles import FolderProfiles
from connectors.storage import Storage
from pipeline import embedded, maven
from pipeline.door import Door
from pipeline.pool import Stage
from pipeline.settings import Settings
from pipeline.store.checkpoint import Signer as CheckpointSigner
from pipeline.store.database import Store, utc_now
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url, migrate
from pipeline.store.personal import KeyRing
from schemas.errors import ConfigurationError


@dataclass(frozen=True)
class Endpoints:
    """Where broker and database answer: configured, or the embedded ones of the data folder."""

    kafka: str
    database: str
    owner: str | None

    def __repr__(self) -> str:
        return f"Endpoints(kafka={self.kafka!r})"  # the URLs hold passwords


def prepare(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> Endpoints:
    """Start what is not configured, make keys and profiles' folders, migrate. Idempotent; what `up` does first."""
    for folder in (settings.data, settings.secrets, settings.profile_folder, settings.artefacts):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    KeyRing.create(settings.secrets / "key-ring")
    CheckpointSigner.create(settings.secrets / "checkpoint-key")
    key_source(settings)
    wants_kafka, wants_database = settings.kafka_servers is None, settings.database_url is None
    if wants_kafka or wants_database:
        embedded.start(settings.data, kafka=wants_kafka, postgres=wants_database, progress=progress)
    maven.jars("rules")
    found = endpoints(settings)
    if found.owner is not None:
        password = _app_password(settings) if settings.database_url is None else None
        migrate(found.owner, password)
    return found


def endpoints(settings: Settings) -> Endpoints:
    """Raises ConfigurationError where something is neither configured nor running."""
    running = embedded.running(settings.data)
    kafka = settings.kafka_servers or running.kafka
    if kafka is None:
        raise ConfigurationError("kafka_servers: none is set and no embedded Kafka runs; `entrega up` starts one")
    if settings.database_url is not None:
        owner = settings.database_owner_url
        return Endpoints(kafka, settings.database_url.get_secret_value(), owner.get_secret_value() if owner else None)
    if running.database is None:
        raise ConfigurationError("database_url: none is set and no embedded PostgreSQL runs; `entrega up` starts one")
    return Endpoints(kafka, application_url(running.database, _app_password(settings)), running.database)


def _app_password(settings: Settings) -> str:
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


def open_store(settings: Settings, found: Endpoints, *, size: int = 8) -> Store:
    """Not yet opened: `await store.open()`."""
    return Store(found.database, KeyRing(settings.secrets / "key-ring"), size=size)


def storage(settings: Settings) -> Storage:
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
    if settings.signing_pkcs12_file is not None:
        return KeySource(settings.signing_pkcs12_file, password)
    if settings.signing_key_file is not None:
        return KeySource(settings.signing_key_file, password, settings.signing_certificate_file)
    from connectors.keys import demo

    return KeySource(demo.ensure(settings.secrets / "demo-ca", utc_now()).key_file)


def door(settings: Settings, store: Store) -> Door:
    return Door(
        store, storage(settings), settings.default_tenant, settings.data, settings.minimum_free_mib * 1024 * 1024
    )


def profiles(settings: Settings) -> FolderProfiles:
    return FolderProfiles(settings.profile_folder)


def stage(name: str, settings: Settings, found: Endpoints, store: Store) -> Stage:
    """One stage with its ports. Heavy modules are imported here, when they are needed."""
    directory = PostgresDirectory(found.database)
    ports: dict[str, Any] = {"storage": storage(settings), "clock": utc_now}
    if name == "extraction":
        from stages.extraction import Extraction

        return Extraction(directory=directory, profiles=profiles(settings), **ports)
    if name == "conversion":
        from stages.conversion import Conversion

        return Conversion(rule_jars=tuple(maven.jars("rules")), **ports)
    if name == "signing":
        from stages.signing import Signing

        return Signing(keys=key_source(settings), **ports)
    if name == "rendering":
        from stages.rendering import Rendering
        from stages.signing.pades import sign_pdf

        return Rendering(profiles=profiles(settings), keys=key_source(settings), sign_pdf=sign_pdf, **ports)
    if name == "resolution":
        from stages.resolution import Resolution

        return Resolution(directory=directory, profiles=profiles(settings), clock=utc_now)
    if name == "delivery":
        from stages.delivery import Delivery

        return Delivery(clock=utc_now)
    if name == "acknowledgement":
        from pipeline.store.inbox import PostgresInbox
        from stages.acknowledgement import Acknowledgement

        return Acknowledgement(inbox=PostgresInbox(store), parsers=parsers())
    raise ConfigurationError(f"there is no stage {name}")


def parsers() -> dict[str, Any]:
    """Which reader takes the reports of which source."""
    raise NotImplementedError


def profile_file(settings: Settings, tenant: str) -> Path:
    return settings.profile_folder / f"{tenant}.yaml"

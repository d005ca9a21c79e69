"""What must be there and right before anything starts: services, keys, profiles, the database's tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain

from pipeline import demo, embedded, maven, reach, wiring, zones
from pipeline.settings import Settings
from pipeline.store.checkpoint import Signer as CheckpointSigner
from pipeline.store.migrate import APPLICATION_ROLE, migrate, password_of
from pipeline.store.personal import KeyRing
from schemas.errors import ConfigurationError
from schemas.tenants import TenantProfile


def prepare(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> wiring.Endpoints:
    """Start what is not configured, make keys and profiles' folders, migrate. Idempotent; what `up` does first.

    What is configured is asked first. Raises ConfigurationError with the setting's name.
    """
    if settings.kafka_servers is not None:
        asyncio.run(reach.kafka(settings, settings.kafka_servers))
    if settings.database_owner_url is not None:
        reach.owner(settings)
    if settings.s3_bucket is not None:
        reach.bucket(settings)
    reach.pages(settings, 0)
    made = () if settings.profiles is not None else (settings.profile_folder,)
    for folder in (settings.data, settings.secrets, settings.artefacts, *made):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    KeyRing.create(settings.secrets / "key-ring")
    CheckpointSigner.create(settings.secrets / "checkpoint-key")
    demo.install_profile(settings)
    check(settings)
    wants_kafka, wants_database = settings.kafka_servers is None, settings.database_url is None
    if wants_kafka or wants_database:
        embedded.start(settings.data, kafka=wants_kafka, postgres=wants_database, progress=progress)
    maven.jars("rules")
    found = wiring.endpoints(settings)
    if settings.database_url is None:
        assert found.owner is not None, "the embedded database has one"
        migrate(found.owner, wiring.app_password(settings), wiring.drawn(settings, "auditor-password"))
        return found
    if found.owner is not None:
        migrate(found.owner, first_app_password=password_of(found.database, APPLICATION_ROLE))
    reach.database(settings)
    return found


def check(settings: Settings) -> None:
    """What must be right before anything starts: the signing key opens, every tenant's profile can be used, and who
    asks for time-stamps has an authority for them.

    Raises ConfigurationError with the setting's name. A certificate that has expired is no such error: its documents
    are parked, and go on once it is renewed.
    """
    from stages.signing.profiles import PROFILES

    if settings.profiles is not None and not settings.profiles.is_dir():
        raise ConfigurationError(f"profiles: there is no folder {settings.profiles}")
    wiring.key_source(settings).signer()
    stamps, tenants = wiring.time_stamps(settings), wiring.profiles(settings)
    try:
        for tenant in sorted({settings.default_tenant, *tenants.tenants()}):
            profile = tenants.current(tenant).profile
            check_profile(profile)
            for name in (profile.signature, profile.pdf_signature):
                if stamps is None and name in PROFILES and PROFILES[name].stamped:
                    raise ConfigurationError(f"{tenant} asks for {name}, and tsa_url is not set")
    except ConfigurationError as error:
        raise ConfigurationError(f"profiles: {error.text}") from error


def check_profile(profile: TenantProfile) -> None:
    """The profile's language has texts, its time zone is one, every format and option that it names is written.

    Raises ConfigurationError.
    """
    from stages.formats import registry
    from stages.words import LANGUAGES, known

    if known(profile.language) is None:
        there = ", ".join(LANGUAGES)
        raise ConfigurationError(f"{profile.tenant}: the language {profile.language} has no texts; there are {there}")
    zone = profile.policy.timezone
    if (right := zones.wanted(zone)) is not None:
        raise ConfigurationError(f"{profile.tenant}: policy.timezone: found {zone!r}, expected {right}")
    for name in {*profile.formats, *profile.format_options, *profile.losses, *chain(*profile.country_formats.values())}:
        target = registry.target(name)
        try:
            target.check(profile.format_options.get(name, {}))
        except ConfigurationError as error:
            raise ConfigurationError(f"{profile.tenant}: {error.text}") from error

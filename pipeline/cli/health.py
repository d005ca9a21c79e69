"""What answers: the body of `doctor`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pipeline import embedded, halt, kept
from pipeline.settings import Settings
from schemas.errors import EntregaError, SignerUnavailable

if TYPE_CHECKING:
    from pipeline.backlog import Backlog, Waiting
    from pipeline.store.database import Connection
    from pipeline.topology import StageSpec

T = TypeVar("T")


class Wrong(Exception):
    """What answers, and is not as it should be: in words for the operator."""


Question = Callable[[], Awaitable[str]]
ANSWER_SECONDS = 30.0
"""More than a time-stamping authority may be given."""


def questions(settings: Settings) -> list[tuple[str, Question]]:
    """What is asked, and how: everything that is configured."""
    stamps: list[tuple[str, Question]] = [("time-stamps", lambda: asyncio.to_thread(_stamps, settings))]
    return [
        ("keeper", lambda: asyncio.to_thread(_looked_after, settings)),
        ("kafka", lambda: _kafka(settings)),
        ("database", lambda: _database(settings)),
        ("stages", lambda: _stages(settings)),
        ("reports", lambda: _reports(settings)),
        ("artefacts", lambda: asyncio.to_thread(_artefacts, settings)),
        ("signing key", lambda: asyncio.to_thread(_key, settings)),
        *(stamps if settings.tsa_url is not None else ()),
        ("rule sets", lambda: asyncio.to_thread(_rules)),
        ("profile", lambda: asyncio.to_thread(_profile, settings)),
        ("disk", lambda: asyncio.to_thread(_disk, settings)),
        ("history", lambda: asyncio.to_thread(_history, settings)),
        ("e-mail", lambda: _email(settings)),
        ("sms", lambda: _sms(settings)),
        ("edi", lambda: asyncio.to_thread(_edi, settings)),
    ]


async def check(settings: Settings) -> list[dict[str, str]]:
    """Ask broker, database, artefacts, keys, rule sets, profile, providers, disk; and whether the stages take what
    waits for them.
    """
    results = []
    for what, ask in questions(settings):
        try:
            results.append({"what": what, "is": "ok", "detail": await asyncio.wait_for(ask(), ANSWER_SECONDS)})
        except Wrong as error:
            results.append({"what": what, "is": "wrong", "detail": str(error)})
        except EntregaError as error:
            results.append({"what": what, "is": "wrong", "detail": error.text})
        except Exception as error:
            results.append({"what": what, "is": "wrong", "detail": f"{type(error).__name__}: {error}"[:200]})
    return results


def _history(settings: Settings) -> str:
    """Whether the copy outside knows more than the database: the sealer compares them, and says so."""
    if (said := halt.rolled_back(settings.data)) is not None:
        raise Wrong(said)
    return "the sealer found nothing missing; `entrega verify` proves it"


def _looked_after(settings: Settings) -> str:
    """What runs, and whether with these settings: what is asked below is what they name."""
    last = kept.last(settings.data)
    if last is None:
        return "none: `entrega up` was not called, or it was stopped"
    if not last.keeper.alive():
        raise Wrong("it died and was not stopped; nothing is looked after until `entrega up`")
    if last.stranger:
        raise Wrong("what runs was started by another release; `entrega up` starts it anew")
    if last.silent:
        raise Wrong("; ".join(f"{name} gives no sign of life since {since}" for name, since in last.silent.items()))
    if names := kept.changed(settings, last):
        raise Wrong(f"what runs was started with other settings: {', '.join(names)}; `entrega up` starts it anew")
    return "runs with these settings"


def _in_force(settings: Settings, *names: str) -> None:
    """Raises Wrong where what runs has other values: the file's answer would be about nobody."""
    running = kept.kept(settings.data)
    others = [name for name in kept.changed(settings, running) if name in names] if running else []
    if others:
        raise Wrong(f"what runs was started with another {' and another '.join(others)}; `entrega up` starts it anew")


async def _kafka(settings: Settings) -> str:
    from aiokafka.admin import AIOKafkaAdminClient

    from pipeline import reach, wiring
    from pipeline.topics import client_settings
    from pipeline.topology import TOPICS

    servers = wiring.kafka_servers(settings)
    await reach.kafka(settings, servers)
    admin = AIOKafkaAdminClient(**client_settings(settings, servers))
    await admin.start()
    try:
        missing = set(TOPICS) - set(await admin.list_topics())
    finally:
        await admin.close()
    return f"{servers}; {len(TOPICS) - len(missing)} of {len(TOPICS)} topics"


PATIENCE_SECONDS = 60.0
"""Messages that wait for longer may mean that nobody reads them; it is looked twice, LOOKS_SECONDS apart."""
LOOKS_SECONDS = 5.0


async def _stages(settings: Settings) -> str:
    from pipeline import backlog, reach, wiring
    from pipeline.topics import client_settings
    from pipeline.topology import STAGES

    servers = wiring.kafka_servers(settings)
    await reach.kafka(settings, servers)
    async with backlog.asking(client_settings(settings, servers)) as broker:
        return await waiting(broker, STAGES, lambda: asyncio.sleep(LOOKS_SECONDS))


async def waiting(broker: Backlog, stages: Sequence[StageSpec], pause: Callable[[], Awaitable[None]]) -> str:
    """What waits for the stages, and whether it becomes less. Raises Wrong where old messages stay."""
    from pipeline.store.database import utc_now

    told: list[str] = []
    old: dict[StageSpec, dict[int, Waiting]] = {}
    for stage in stages:
        before, oldest = await broker.waiting(stage), await broker.oldest(stage)
        if not before or oldest is None:
            continue
        seconds = (utc_now() - oldest).total_seconds()
        told.append(f"{stage.name}: {sum(each.messages for each in before.values())} wait, the oldest {seconds:.0f} s")
        if seconds > PATIENCE_SECONDS:
            old[stage] = before
    if old:
        await pause()
    still = [stage for stage, before in old.items() if await broker.waiting(stage) == before]
    told += [f"{stage.name} took none meanwhile; {await broker.members(stage)} workers read it" for stage in still]
    if still:
        raise Wrong("; ".join(told))
    return "; ".join(told) or "nothing waits"


async def _asked(settings: Settings, question: Callable[[Connection], Awaitable[T]]) -> T:
    from pipeline.cli.session import unopened

    store = unopened(settings)
    await store.open()
    try:
        async with store.transaction() as conn:
            return await question(conn)
    finally:
        await store.close()


async def _database(settings: Settings) -> str:
    from pipeline.store import queries

    about = await _asked(settings, queries.about)
    return f"PostgreSQL {about['version']}, schema {about['schema']}, as {about['role']}"


async def _reports(settings: Settings) -> str:
    """What was told of deliveries that nobody knows of: no fault of ours, and worth a look."""
    from pipeline.store import orphans

    count = await _asked(settings, orphans.count)
    return f"{count} fit no delivery: entrega orphans --all-tenants" if count else "every one fits a delivery"


def _set_up(settings: Settings) -> None:
    """Raises Wrong for a folder that was never set up: to look at it must not fill it."""
    if not (settings.secrets / "key-ring").exists():
        raise Wrong(f"{settings.data} is not set up; `entrega up` does it")


def _artefacts(settings: Settings) -> str:
    from uuid import UUID

    from connectors.storage import get, put
    from pipeline import reach, wiring
    from schemas.messages import ArtefactKind

    if settings.s3_bucket is not None:
        reach.bucket(settings)
    _set_up(settings)
    storage = wiring.storage(settings)
    ref = put(
        storage,
        settings.default_tenant,
        UUID(int=0),
        ArtefactKind.SOURCE,
        b"doctor",
        media_type="text/plain",
        name="doctor",
    )
    get(storage, ref)
    return f"{settings.s3_bucket or settings.artefacts}: written and read back"


def _key(settings: Settings) -> str:
    from connectors.keys.demo import is_demo
    from pipeline import wiring
    from pipeline.store.database import utc_now
    from stages.signing import certificate

    _set_up(settings)
    signer = wiring.key_source(settings).signer()
    certificate.check(signer.certificate, utc_now())
    days = certificate.days_left(signer.certificate, utc_now())
    kind = "demonstration certificate, no legal value" if is_demo(signer.certificate) else "certificate"
    return f"{kind}; {days} days left"


def _stamps(settings: Settings) -> str:
    """Asked for a stamp as signing asks: over a digest of nobody's document, which is thrown away."""
    from hashlib import sha256

    from pipeline import wiring

    _in_force(settings, "tsa_url", "tsa_username", "tsa_timeout_seconds")
    stamps = wiring.time_stamps(settings)
    assert stamps is not None, "asked only where one is set"
    try:
        stamps.stamp(sha256(b"doctor").digest())
    except SignerUnavailable as error:
        cause = error.__cause__
        why = f" ({cause})" if isinstance(cause, OSError) and str(cause) else ""
        raise Wrong(f"tsa_url: {settings.tsa_url}: {error.text}{why}") from error
    return f"{settings.tsa_url} gives them"


def _rules() -> str:
    from pipeline import maven

    return ", ".join(path.name for path in maven.jars("rules"))


def _profile(settings: Settings) -> str:
    """Its version; and what of the demonstration's it still has, for documents of any seller go out under it."""
    from pipeline import demo, wiring

    found = wiring.profiles(settings).current(settings.default_tenant)
    if left := demo.left_in(found):
        what = ", ".join(left)
        return (
            f"{found.version}; documents go out with the demonstration's {what}: change them in "
            f"{settings.profile_folder}"
        )
    return found.version


def _disk(settings: Settings) -> str:
    if (short := halt.low(settings)) is not None:
        raise Wrong(short)
    return "; ".join(f"{place}: {free >> 20} MiB free" for place, free in embedded.free_space(settings.data).items())


async def _email(settings: Settings) -> str:
    _in_force(settings, "email_provider", "smtp_host", "smtp_port", "sendgrid_url")
    if settings.email_provider == "outbox":
        return "outbox: nothing leaves the house"
    if settings.email_provider == "smtp":
        assert settings.smtp_host is not None
        return await _connects(settings.smtp_host, settings.smtp_port)
    return await _connects_url(settings.sendgrid_url)


async def _sms(settings: Settings) -> str:
    _in_force(settings, "sms_provider", "twilio_url")
    if settings.sms_provider == "outbox":
        return "outbox: nothing leaves the house"
    return await _connects_url(settings.twilio_url)


def _edi(settings: Settings) -> str:
    _in_force(settings, "edi_provider", "edi_folder")
    if settings.edi_provider == "outbox":
        return "outbox: nothing leaves the house"
    from connectors.edi.folder import FolderEdi

    assert settings.edi_folder is not None, "Settings checks this"
    found = FolderEdi(settings.edi_folder).look()
    if found is None:
        return f"{settings.edi_folder} is not there: the first interchange makes it"
    since = f", the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC" if found.oldest else ""
    waiting = "1 interchange waits" if found.waiting == 1 else f"{found.waiting} interchanges wait"
    mailboxes = "1 mailbox" if found.partners == 1 else f"{found.partners} mailboxes"
    return f"{settings.edi_folder}: {mailboxes} can be written; {waiting} to be fetched{since}"


async def _connects_url(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return await _connects(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


async def _connects(host: str, port: int) -> str:
    _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 5)
    writer.close()
    await writer.wait_closed()
    return f"{host}:{port} answers"

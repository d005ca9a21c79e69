"""One stage, one micro-batch: decode, compute, commit, produce, and only then let the transport acknowledge.

A replay finds its outcome recorded and sends that on. Infrastructure errors are retried in place, with backoff; a
batch that fails as a whole for another reason is run again one message at a time. A flood of bugs stops the stage
instead of emptying the topic into the dead letters.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from pipeline import door
from pipeline.consumer import Raw
from pipeline.decoding import UNDECODABLE, Newer, decode, heading, readable
from pipeline.pool import Pool, Stage, Undecodable, guarded, written
from pipeline.store import due, parking, retries, work
from pipeline.store.batch import Item, Key, Sends
from pipeline.store.database import Store
from pipeline.topology import EXPORT_RECEIVED, StageSpec
from pipeline.transport import Outgoing, OutputRefused
from schemas.errors import DoorClosed, PermanentError, StoreUnavailable
from schemas.messages import Frozen
from schemas.outcomes import Parked, Refusal, Result, Retry

log = structlog.get_logger()

PORTION = 64
"""Messages that are computed, committed and sent on together: a kill costs this much work and no more, and a document
does not wait until 200 others are done before the next stage has it."""
BUG_WINDOW = 100
BUG_LIMIT = 25
"""More bugs than this among the last BUG_WINDOW outcomes stop the stage."""

DUE, TRY = "entrega_due", "entrega_try"
"""Headers of what was sent from a due row: which one, and how often it was tried before."""

INFRASTRUCTURE = (StoreUnavailable, KafkaError, ConnectionError, OSError)

Produce = Callable[[Sequence[Outgoing]], Awaitable[None]]


Gather = Callable[[Sequence[Any]], Stage]
"""A stage's own `gathered`: the stage for these messages, with what all of them need asked for at once."""


class StageStopped(Exception):
    """Too many bugs: the process must end, with nothing acknowledged."""


class Runner:
    """Runs one stage over micro-batches of raw messages."""

    def __init__(
        self, spec: StageSpec, stage: Stage, store: Store, pool: Pool, produce: Produce, door_: door.Door
    ) -> None:
        self.spec = spec
        self.stage = stage
        self.store = store
        self.pool = pool
        self.produce = produce
        self.door = door_
        self.handled = 0
        self.handle_seconds = 0.0
        """CPU that the stage's own code took, wherever it ran: what is left of the process's is plumbing."""
        self.busy_since: float | None = None
        """By the monotonic clock: since when it is at work on a portion, or on one more try at a closed door."""
        self.paused = False
        """It has a file that was produced straight to the topic, and the door is closed: it waits, and is not stuck."""
        self._bugs: deque[bool] = deque(maxlen=BUG_WINDOW)

    async def batch(self, raws: Sequence[Raw]) -> None:
        """Bring every message to an outcome. Raises only CancelledError and StageStopped."""
        try:
            for start in range(0, len(raws), PORTION):
                self.busy_since, self.paused = time.monotonic(), False
                await self._portion(raws[start : start + PORTION])
        finally:
            self.busy_since, self.paused = None, False
        self.handled += len(raws)

    async def _portion(self, raws: Sequence[Raw]) -> None:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(INFRASTRUCTURE),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            before_sleep=self._waiting,
            reraise=True,
        ):
            with attempt:
                await self._whole_or_alone(raws)

    def _waiting(self, state: Any) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.paused = isinstance(error, DoorClosed)
        if self.paused:
            self.busy_since = time.monotonic()
        log.warning("waiting", stage=self.spec.name, attempt=state.attempt_number, error=repr(error)[:300])

    async def _whole_or_alone(self, raws: Sequence[Raw]) -> None:
        try:
            await self._once(raws)
        except (*INFRASTRUCTURE, StageStopped):
            raise
        except Exception:
            if len(raws) == 1:
                log.exception("cannot-commit", stage=self.spec.name, offset=raws[0].offset)
                await self._give_up(raws[0])
                self._count_bug(self._bugs, True)
                return
            log.exception("batch-failed", stage=self.spec.name, messages=len(raws))
            for raw in raws:
                await self._whole_or_alone([raw])

    async def _give_up(self, raw: Raw) -> None:
        """Park what has no outcome that can be committed: its subject, or the bytes where not even that can be."""
        why = "the outcome cannot be committed"
        try:
            item = Item(self._message(raw), raw.value or b"", Parked(Refusal("bug", why)))
            if not await work.commit(self.store, self.spec, [item]):
                return
        except INFRASTRUCTURE:
            raise
        except Exception:
            log.exception("cannot-park", stage=self.spec.name, offset=raw.offset)
        await parking.park_raw(self.store, self.spec, raw, "bug", why)

    async def _once(self, raws: Sequence[Raw]) -> None:
        decoded = await self._decode(raws)
        known = await work.recorded(self.store, self.spec, [item.key for item in decoded])
        # first, for it has waited since a crash: what was recorded does not wait for what is still to be computed
        await self._send([message for messages in known.values() for message in messages])
        unknown = [item for item in decoded if item.key not in known]
        waiting = await self._make(unknown) if unknown else set()
        if done := {row for raw in raws if (row := due_row(raw.headers))} - waiting:
            async with self.store.statement() as conn:
                await due.done(conn, done)

    async def _make(self, unknown: Sequence[Item]) -> set[UUID]:
        """Bring to an outcome what has none yet; gives the due rows of what is to be tried again."""
        bugs = self._bugs.copy()
        fresh: list[Item] = []
        for item, result in zip(unknown, await self._compute(unknown), strict=True):
            item.result = Parked(Refusal("undecodable", result.why)) if isinstance(result, Undecodable) else result
            fresh.append(item)
            self._count_bug(bugs, isinstance(result, Parked) and result.refusal.reason == "bug")
        outgoing = await work.commit(self.store, self.spec, fresh)
        self._bugs = bugs  # only now: a batch that is tried again while the database is away counts once
        await self._send(outgoing)
        return {retries.row_of(self.spec, item) for item in fresh if isinstance(item.result, Retry)}

    async def _send(self, messages: Sequence[Sends]) -> None:
        if not messages:
            return
        try:
            await self.produce([self._outgoing(message) for message in messages])
        except OutputRefused as refused:
            async with self.store.transaction() as conn:
                await parking.park_unsent(conn, refused.messages, self.store.clock(), self.store.keys)

    async def _compute(self, items: Sequence[Item]) -> Sequence[Result | Undecodable]:
        if self.spec.cpu:
            name = type(self.stage).__name__
            before = self.pool.spent[name]
            try:
                return await self.pool.run(self.stage, self.spec.takes, [item.raw for item in items])
            finally:
                self.handle_seconds += self.pool.spent[name] - before
        before = time.thread_time()  # of the loop's thread: such a stage hardly ever gives way to another
        try:
            messages = [item.message for item in items]
            gather: Gather | None = getattr(self.stage, "gathered", None)
            stage = self.stage if gather is None else gather(messages)
            results = [await guarded(stage, message) for message in messages]
        finally:
            self.handle_seconds += time.thread_time() - before
        return [written(result) for result in results]

    def _count_bug(self, bugs: deque[bool], bug: bool) -> None:
        bugs.append(bug)
        if sum(bugs) > BUG_LIMIT:
            raise StageStopped(f"{self.spec.name}: {sum(bugs)} bugs among the last {len(bugs)} outcomes")

    async def _decode(self, raws: Sequence[Raw]) -> list[Item]:
        """Each subject once; what cannot be decoded is parked, what is newer than this code waits."""
        items: dict[Key, Item] = {}
        for raw in raws:
            try:
                message = self._message(raw)
            except _RawExport:
                await self._take_raw_export(raw)
                continue
            except Newer as newer:
                await parking.postpone(self.store, self.spec, raw, str(newer))
                continue
            except UNDECODABLE as error:
                await parking.park_raw(self.store, self.spec, raw, "undecodable", readable(error))
                continue
            item = Item(message, raw.value or b"", tries=_tries(raw.headers))
            items.setdefault(item.key, item)
        return list(items.values())

    def _message(self, raw: Raw) -> Frozen:
        if raw.value is None:
            raise ValueError("the message has no value")
        if self.spec.source == EXPORT_RECEIVED and "ce_type" not in raw.headers:
            raise _RawExport
        return (heading if self.spec.cpu else decode)(self.spec.takes, raw.value)

    async def _take_raw_export(self, raw: Raw) -> None:
        """Somebody produced a file's bytes straight to the topic: they come in by the door like any other."""
        try:
            await self.door.receive_raw(raw.value or b"", raw.headers, f"{raw.topic}/{raw.partition}/{raw.offset}")
        except PermanentError as error:
            await parking.park_raw(self.store, self.spec, raw, error.reason, error.text)

    def _outgoing(self, message: Sends) -> Outgoing:
        now = self.store.clock()
        if self.spec.target is None:
            raise ValueError(f"{self.spec.name} writes to no topic")
        if isinstance(message, dict):
            return outgoing(self.spec.target, message, now)
        about = {"document_id": message.document_id, "export_id": message.export_id, "tenant": message.tenant}
        return outgoing(self.spec.target, about, now, value=message.json)


def outgoing(
    topic: str,
    message: dict[str, Any],
    now: datetime,
    tries: int = 0,
    value: bytes | None = None,
    row: UUID | None = None,
) -> Outgoing:
    """A message on the wire: JSON value, subject as key, CloudEvents 1.0 attributes in binary mode as headers.

    Where the `value` is given, `message` need only hold what key and headers are made of.
    """
    subject = str(message.get("document_id") or message.get("export_id") or message.get("inbox_id"))
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": uuid4().hex.encode(),
        "ce_type": topic.encode(),
        "ce_source": b"/entrega",
        "ce_subject": subject.encode(),
        "ce_time": now.isoformat().encode(),
        "content-type": b"application/json",
        "ce_tenant": str(message["tenant"]).encode(),
    }
    if "export_id" in message:
        headers["ce_batch"] = str(message["export_id"]).encode()
    if tries:
        headers[TRY] = str(tries).encode()
    if row is not None:
        headers[DUE] = str(row).encode()
    return Outgoing(topic, subject.encode(), orjson.dumps(message) if value is None else value, headers)


def due_row(headers: Mapping[str, bytes]) -> UUID | None:
    """The due row that a message was sent from. Anybody may write to a topic: what is no id is no row."""
    try:
        return UUID(headers[DUE].decode())
    except (KeyError, ValueError):
        return None


def _tries(headers: Mapping[str, bytes]) -> int:
    """How often a message was tried before; what is no number says nothing."""
    said = headers.get(TRY, b"")
    return int(said) if said.isdigit() and len(said) < 4 else 0


class _RawExport(Exception):
    """A value without CloudEvents headers on the export topic."""

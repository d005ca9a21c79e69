"""Work that takes CPU runs in child processes, with deadlines that kill.

A stage and its messages go to a child, which runs `handle` for each and gives back values. A child that hangs or
crashes takes its chunk with it: the chunk is run again one message at a time, and what kills a second time is parked.
Children are started on demand and ended when idle, so that an idle system holds no rule engine in memory.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as DeadlineExceeded
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from connectors.storage import Storage
from pipeline.decoding import UNDECODABLE, decode, readable
from schemas.errors import EntregaError, OutcomeUnknown, PermanentError, StoreUnavailable, TransientError
from schemas.messages import Frozen, Message, Written
from schemas.outcomes import Done, Parked, Refusal, Result, Retry

log = structlog.get_logger()

CHUNK = 16
"""Messages that go to a child in one call: enough to hide the call, few enough to keep both cores busy."""


class Stage(Protocol):
    """A frozen dataclass of ports with one coroutine."""

    async def handle(self, message: Any) -> Result: ...


async def guarded(stage: Stage, message: Frozen) -> Result:
    """Turn every exit of `handle` into a value; only cancellation passes."""
    try:
        return await stage.handle(message)
    except PermanentError as error:
        return Parked(Refusal(error.reason, error.text, error.findings, error.detail))
    except TransientError as error:
        return Retry(error.reason, error.text, error.retry_after)
    except OutcomeUnknown as error:
        return Retry(error.reason, error.text)
    except EntregaError as error:  # ConfigurationError: the stage cannot work at all
        return Retry(error.reason, error.text)
    except Exception as error:
        import traceback

        log.exception("bug", stage=type(stage).__name__)
        return Parked(
            Refusal(
                "bug",
                f"{type(error).__name__} in {type(stage).__name__}",
                detail={"traceback": "".join(traceback.format_exception(error))[-4000:]},
            )
        )


_loop: asyncio.AbstractEventLoop | None = None


@dataclass(frozen=True)
class Undecodable:
    """A message that only its beginning could be read of."""

    why: str


def _run(stage: Stage, takes: type[Frozen], raws: Sequence[bytes]) -> tuple[list[Result | Undecodable], float]:
    """In the child: run the messages one after the other on a loop that stays. Results, and the seconds of CPU."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
    messages = [_decoded(takes, raw) for raw in raws]
    before = time.process_time()
    storage: Storage | None = getattr(stage, "storage", None)
    try:
        with storage.batch() if storage is not None else nullcontext():  # what they wrote becomes durable in one go
            results: list[Result | Undecodable] = [
                message if isinstance(message, Undecodable) else _loop.run_until_complete(guarded(stage, message))
                for message in messages
            ]
    except StoreUnavailable as error:
        results = [Retry(error.reason, error.text, error.retry_after) for _ in messages]
    seconds = time.process_time() - before
    return [written(result) for result in results], seconds


def _decoded(takes: type[Frozen], raw: bytes) -> Frozen | Undecodable:
    try:
        return decode(takes, raw)
    except UNDECODABLE as error:
        return Undecodable(readable(error))


def written(result: Result | Undecodable) -> Result | Undecodable:
    """What goes on is written once: as it will be recorded and produced."""
    if isinstance(result, Done) and isinstance(result.message, Message):
        return replace(result, message=Written(result.message.model_dump_json(exclude_none=True).encode()))
    return result


def _start_child(parent: int) -> None:
    """A child dies with its parent, ignores the terminal's Ctrl-C (the parent ends it), and has bounded memory."""
    import ctypes
    import resource
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it died before that was said, and nobody will tell
        os._exit(1)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


class Pool:
    """A pool of `workers` children, shared by the stages of a process."""

    def __init__(self, workers: int = 2, *, deadline: float = 30.0, idle: float = 60.0) -> None:
        self.workers = workers
        self.deadline = deadline
        self.idle = idle
        self.spent: defaultdict[str, float] = defaultdict(float)
        """CPU seconds that `handle` took in the children, by the stage's class."""
        self._pool: Any = None
        self._last = time.monotonic()
        self._running = 0

    def start(self) -> None:
        """Start the children now (they start by themselves at the first call)."""
        self._ensure()

    def _ensure(self) -> Any:
        if self._pool is None:
            import pebble

            self._pool = pebble.ProcessPool(
                max_workers=self.workers,
                initializer=_start_child,
                initargs=(os.getpid(),),
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool

    def reap(self) -> bool:
        """End the children when nothing has run for `idle` seconds. True when it did."""
        if self._pool is None or self._running or time.monotonic() - self._last < self.idle:
            return False
        self.close()
        return True

    def close(self) -> None:
        """End the children; what runs in them is run again by whoever takes the message next."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join(timeout=5)

    async def run(self, stage: Stage, takes: type[Frozen], raws: Sequence[bytes]) -> list[Result | Undecodable]:
        """Run all messages, in chunks over the children; results in the order of the messages."""
        self._running += 1
        try:
            size = max(1, min(CHUNK, -(-len(raws) // self.workers)))
            chunks = [raws[i : i + size] for i in range(0, len(raws), size)]
            done = await asyncio.gather(*(self._chunk(stage, takes, chunk) for chunk in chunks))
            return [result for part in done for result in part]
        finally:
            self._running -= 1
            self._last = time.monotonic()

    async def _chunk(self, stage: Stage, takes: type[Frozen], raws: Sequence[bytes]) -> list[Result | Undecodable]:
        results = await self._call(stage, takes, raws)
        if results is not None:
            return results
        alone: list[Result | Undecodable] = []
        for raw in raws:
            again = await self._call(stage, takes, [raw])
            alone.extend(again if again is not None else [_killer(stage)])
        return alone

    async def _call(
        self, stage: Stage, takes: type[Frozen], raws: Sequence[bytes]
    ) -> list[Result | Undecodable] | None:
        """None when the child hung past its deadline or died."""
        import pebble

        deadline = self.deadline + 2.0 * len(raws)
        pool = self._ensure()
        try:
            future: Future[tuple[list[Result | Undecodable], float]] = pool.schedule(
                _run, args=(stage, takes, list(raws)), timeout=deadline
            )
        except RuntimeError as error:  # no child could be started: that is said of the machine, not of the messages
            self.close()
            raise ChildProcessError(f"the child processes cannot be had: {error}") from error
        try:
            results, seconds = await asyncio.wrap_future(future)
        except (TimeoutError, DeadlineExceeded):
            log.error("child-hung", stage=type(stage).__name__, messages=len(raws), seconds=deadline)
            return None
        except pebble.ProcessExpired as error:
            log.error("child-died", stage=type(stage).__name__, messages=len(raws), exit_code=error.exitcode)
            return None
        self.spent[type(stage).__name__] += seconds
        return results


def _killer(stage: Stage) -> Parked:
    return Parked(Refusal("bug", f"{type(stage).__name__} crashed or hung twice on this message"))

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
from typing import Any, Protocol

import structlog

from connectors.storage import Storage
from schemas.errors import EntregaError, OutcomeUnknown, PermanentError, StoreUnavailable, TransientError
from schemas.messages import Frozen
from schemas.outcomes import Parked, Refusal, Result, Retry

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


def _run(stage: Stage, messages: Sequence[Frozen]) -> tuple[list[Result], float]:
    """In the child: run the messages one after the other on a loop that stays. Results, and the seconds of CPU."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
    before = time.process_time()
    storage: Storage | None = getattr(stage, "storage", None)
    try:
        with storage.batch() if storage is not None else nullcontext():  # what they wrote becomes durable in one go
            results = [_loop.run_until_complete(guarded(stage, message)) for message in messages]
    except StoreUnavailable as error:
        results = [Retry(error.reason, error.text, error.retry_after) for _ in messages]
    return results, time.process_time() - before


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

    async def run(self, stage: Stage, messages: Sequence[Frozen]) -> list[Result]:
        """Run all messages, in chunks over the children; results in the order of the messages."""
        self._running += 1
        try:
            size = max(1, min(CHUNK, -(-len(messages) // self.workers)))
            chunks = [messages[i : i + size] for i in range(0, len(messages), size)]
            done = await asyncio.gather(*(self._chunk(stage, chunk) for chunk in chunks))
            return [result for part in done for result in part]
        finally:
            self._running -= 1
            self._last = time.monotonic()

    async def _chunk(self, stage: Stage, messages: Sequence[Frozen]) -> list[Result]:
        results = await self._call(stage, messages)
        if results is not None:
            return results
        alone: list[Result] = []
        for message in messages:
            again = await self._call(stage, [message])
            alone.extend(again if again is not None else [_killer(stage)])
        return alone

    async def _call(self, stage: Stage, messages: Sequence[Frozen]) -> list[Result] | None:
        """None when the child hung past its deadline or died."""
        import pebble

        deadline = self.deadline + 2.0 * len(messages)
        pool = self._ensure()
        future: Future[tuple[list[Result], float]] = pool.schedule(_run, args=(stage, list(messages)), timeout=deadline)
        try:
            results, seconds = await asyncio.wrap_future(future)
        except (TimeoutError, DeadlineExceeded):
            log.error("child-hung", stage=type(stage).__name__, messages=len(messages), seconds=deadline)
            return None
        except pebble.ProcessExpired as error:
            log.error("child-died", stage=type(stage).__name__, messages=len(messages), exit_code=error.exitcode)
            return None
        self.spent[type(stage).__name__] += seconds
        return results


def _killer(stage: Stage) -> Parked:
    return Parked(Refusal("bug", f"{type(stage).__name__} crashed or hung twice on this message"))

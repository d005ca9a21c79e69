"""Logs as JSON lines on stderr: times, levels, never content, addresses or tokens."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

_LINK = re.compile(r"/d/[A-Za-z0-9_-]{16,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
CHATTY = ("aiokafka", "psycopg")
_SECRET = re.compile(r"(password|token|secret|key|authorization)", re.IGNORECASE)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask link tokens and addresses in every text, and what a field's name calls secret."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = "***" if _SECRET.search(name) else _ADDRESS.sub("***@***", _LINK.sub("/d/***", value))
    return event


class Seldom(logging.Filter):
    """Lets the same complaint of a library through once in ten seconds: while a broker is away, its clients write some
    two hundred lines a second that say so, and would fill the disk in an outage. What is said again says how often.
    """

    def __init__(self, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.seconds = seconds
        self.clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, str(record.msg)[:80])
        now = self.clock()
        last, dropped = self._said.get(key, (float("-inf"), 0))
        if now - last < self.seconds:
            self._said[key] = (last, dropped + 1)
            return False
        if dropped:
            record.msg, record.args = f"{record.getMessage()} (and {dropped} more of the kind)", ()
        if len(self._said) > 1000:
            self._said.clear()
        self._said[key] = (now, 0)
        return True


def configure(level: str) -> None:
    """structlog, and the standard library's loggers (Faust, aiokafka, uvicorn) through the same renderer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    seldom = Seldom()
    handler.addFilter(lambda record: not record.name.startswith(CHATTY) or seldom.filter(record))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "faust", "mode", "kafka", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))

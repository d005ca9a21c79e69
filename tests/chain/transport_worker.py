"""A worker for the transport's tests: the same job on stock Faust or on ours. Run as a program, killed at will.

The job: copy each message of one topic to a file (`done`), one line each. Some messages make the handler raise, hang,
or write an output that the broker refuses; with `--mended` the fault is gone, as after a deployment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import faust

from pipeline import transport
from pipeline.consumer import Raw


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["stock", "safe"])
    for name in ("servers", "topic", "out", "fault"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--done", type=Path, required=True)
    parser.add_argument("--bad", type=lambda text: {int(n) for n in text.split(",") if n}, default=set())
    parser.add_argument("--mended", action="store_true")
    return parser.parse_args()


given = parse()


def record(word: str, number: object) -> None:
    """One line, written at once: what a kill -9 leaves is what was done."""
    descriptor = os.open(given.done, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{word} {number}\n".encode())
    os.close(descriptor)


async def handle(number: int) -> None:
    if number in given.bad and not given.mended:
        if given.fault == "raise":
            raise ValueError("the fault that is mended later")
        if given.fault == "hang":
            record("hung", number)
            await asyncio.sleep(3600)
    record("done", number)


def output(number: int) -> bytes:
    """The broker takes 2,000 bytes on this topic."""
    return b"x" * 5000 if number in given.bad and given.fault == "refused" else str(number).encode()


class Typed(faust.Record, validation=True):
    number: int


def stock() -> faust.App:
    app = faust.App(
        f"stock-{given.topic}", broker=f"kafka://{given.servers}", topic_allow_declare=False, topic_disable_leader=True,
        web_enabled=False, broker_commit_interval=0.5, stream_wait_empty=False, datadir=given.done.parent / "faust",
    )  # fmt: skip
    out = app.topic(given.out, value_type=bytes, value_serializer="raw")
    if given.fault == "undecodable":
        source = app.topic(given.topic, value_type=Typed)
    else:
        source = app.topic(given.topic, value_type=bytes, value_serializer="raw")

    @app.agent(source, concurrency=4 if given.fault == "hang" else 1)
    async def agent(stream):  # type: ignore[no-untyped-def]
        async for value in stream:
            number = value.number if given.fault == "undecodable" else int(value)
            if given.fault == "refused":
                await out.send(value=output(number))
            await handle(number)

    return app


def safe() -> faust.App:
    app = transport.make_app(f"safe-{given.topic}", transport.Broker(given.servers), folder=given.done.parent)

    async def batch(raws: list[Raw]) -> None:
        for raw in raws:
            try:
                value = raw.value or b""
                number = json.loads(value)["number"] if given.fault == "undecodable" else int(value)
                if not isinstance(number, int):
                    raise ValueError("not a number")
                if given.fault == "refused":
                    await transport.produce(app, [transport.Outgoing(given.out, b"k", output(number), {})])
                await handle(number)
            except Exception:
                record("parked", raw.offset)

    transport.attach(app, given.topic, batch)  # type: ignore[arg-type]
    return app


app = stock() if given.kind == "stock" else safe()
faust.Worker(app, loglevel="ERROR", logfile=os.devnull).execute_from_commandline()
sys.exit(0)

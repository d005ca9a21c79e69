"""Nothing lost, nothing twice: a whole system under kills and crashes, judged from outside.

`make test` runs 500 documents under 12 faults, and stops a worker in an orderly way in mid-work. The longer form is for
a night: `make chaos`, which runs this file with

    CHAOS_DOCUMENTS    documents dropped (500)
    CHAOS_WORKERS      times that a worker gets kill -9 (8)
    CHAOS_BROKERS      times that the broker gets kill -9 (2)
    CHAOS_DATABASES    immediate stops of the database (2)
    CHAOS_SEED         of documents, order of faults and the providers' moods (1)
    CHAOS_KEEP         anything: the data of a good run stays too; those of a bad run always do

Source: reliability.md A1, A2, A11
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence

import pytest
from chaos.documents import Expected, Export, exports, manifest, recipients
from chaos.faults import KINDS, Fault, inflict, plan, strike
from chaos.judge import Verdict, judge
from chaos.system import TENANT, Sandbox, System, sandbox, scene, until

from pipeline import wiring
from pipeline.settings import load
from schemas.errors import StoreUnavailable

pytestmark = pytest.mark.xdist_group("chaos")

SEED = int(os.environ.get("CHAOS_SEED", "1"))
DOCUMENTS = int(os.environ.get("CHAOS_DOCUMENTS", "500"))
WORKERS, BROKERS, DATABASES = (
    int(os.environ.get(f"CHAOS_{name}", default))
    for name, default in (("WORKERS", "8"), ("BROKERS", "2"), ("DATABASES", "2"))
)
STEPS = 8
"""Of a document: six outcomes, and two reports at least."""
PATIENCE = 90.0
UNFINISHED = "SELECT count(*) FROM document WHERE state IN ('moving', 'waiting')"


async def drop(system: System, dropped: Sequence[Export]) -> None:
    """Hand everything in at the door, as an operator does: again until there is a receipt, under the same id."""
    settings = load(system.data)
    store = wiring.open_store(settings, wiring.endpoints(settings), size=2)
    await store.open()
    try:
        door = wiring.door(settings, store)
        for export in dropped:
            while True:
                try:
                    receipt = await door.receive(
                        export.content, name=export.name, tenant=TENANT, by="operator:chaos",
                        export_id=export.export_id,
                    )  # fmt: skip
                except StoreUnavailable:
                    await asyncio.sleep(0.2)
                    continue
                assert receipt.export_id == export.export_id
                break
    finally:
        await store.close()


async def test_nothing_is_lost_and_nothing_is_sent_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """Documents in two formats reach their recipients once, though workers, broker and database are killed."""
    expected = manifest(DOCUMENTS, SEED)
    with scene("chaos") as system, sandbox(system.data.parent / "sandbox", system.webhook, SEED) as providers:
        system.prepare(recipients(expected), providers)
        faults = plan(DOCUMENTS * STEPS, WORKERS, BROKERS, DATABASES, SEED)
        with system.kept():
            try:
                await until(system.ready, 60, "a worker")
                started = time.monotonic()
                await asyncio.gather(drop(system, exports(expected, SEED)), inflict(system, faults, PATIENCE))
                await until(lambda: finished(system, providers), PATIENCE * 2, "every document at its end")
                seconds = time.monotonic() - started
                await until(lambda: system.count(UNSEALED) == 0, 30, "everything sealed")
                verdict = await asyncio.to_thread(judge, system, expected, providers.accepted)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{where(system)}\n{system.tail()}") from error
        with capsys.disabled():
            print(summary(expected, faults, seconds, verdict))
        assert not verdict.faults, verdict.faults
        orphans = [fault.orphans for fault in faults if fault.orphans]
        assert not orphans, f"children of a worker outlived it: {orphans}"
        (stop,) = (fault for fault in faults if fault.kind == "stop")
        assert stop.ended < 10, "SIGTERM under load takes under ten seconds"
        assert stop.status == 0


async def test_a_provider_that_hangs_does_not_hold_up_the_stop() -> None:
    """Calls that no answer comes to are left with an unknown outcome; SIGTERM ends the worker within ten seconds."""
    expected = manifest(8, SEED)
    hangs = [{"provider": "sendgrid", "wait": 120}]
    with scene("chaos") as system, sandbox(system.data.parent / "sandbox", system.webhook, SEED, hangs) as providers:
        system.prepare(recipients(expected), providers)
        with system.kept():
            await until(system.ready, 60, "a worker")
            await drop(system, exports(expected, SEED))
            calling = "SELECT count(*) FROM attempt WHERE state = 'calling'"
            await until(lambda: system.count(calling) == 8, PATIENCE, "eight calls under way")
            stop = Fault("stop", 0)
            await strike(system, stop)
            unknown = "SELECT count(*) FROM event WHERE type = 'outcome-unknown'"
            await until(lambda: system.count(unknown) == 8, PATIENCE, "that nobody knows what came of them")
        assert stop.ended < 10
        assert stop.status == 0
        assert not stop.orphans


UNSEALED = "SELECT (SELECT count(*) FROM event) - (SELECT count(*) FROM log_leaf)"


def finished(system: System, providers: Sandbox) -> bool:
    """Every document registered and at its end, and no report on its way any more."""
    return (
        system.count("SELECT count(*) FROM document") == DOCUMENTS
        and system.count(UNFINISHED) == 0
        and providers.pending() == 0
        and system.count("SELECT count(*) FROM inbox WHERE processed_at IS NULL") == 0
        and system.count(UNFINISHED) == 0  # a late bounce opens a document again
    )


def where(system: System) -> str:
    try:
        rows = system.ask("SELECT stage, state, coalesce(reason, ''), count(*) FROM document GROUP BY 1, 2, 3")
        rows += system.ask("SELECT 'attempt', state, coalesce(reason, ''), count(*) FROM attempt GROUP BY 2, 3")
        rows += system.ask("SELECT 'due', kind, coalesce(reason, ''), count(*) FROM due GROUP BY 2, 3")
    except Exception as error:
        return repr(error)
    return "\n".join(" ".join(map(str, row)) for row in rows)


def summary(expected: Sequence[Expected], faults: Sequence[Fault], seconds: float, verdict: Verdict) -> str:
    """One page."""
    lines = [
        "",
        f"chaos: {len(expected)} documents, {len(faults) - 1} faults and one orderly stop, seed {SEED}",
        f"  {seconds:.0f} s from the first drop to the last end, {len(expected) / seconds:.1f} documents/s",
    ]
    for kind, words in KINDS.items():
        mine = [fault for fault in faults if fault.kind == kind]
        if mine:
            back, moved = ([getattr(fault, name) for fault in mine] for name in ("back", "moved"))
            lines.append(
                f"  {len(mine)} x {words}: back after {min(back):.1f} to {max(back):.1f} s, "
                f"work moved on after {min(moved):.1f} to {max(moved):.1f} s"
            )
    lines += [
        *(f"  stopped in {fault.ended:.1f} s with status {fault.status}" for fault in faults if fault.kind == "stop"),
        f"  accepted by the providers: {verdict.emails} e-mails, {verdict.texts} text messages "
        f"({sum(each.bounces for each in expected)} addresses bounce)",
        f"  outcome not known at first: {verdict.unknown}; sent once more and explained: {len(verdict.explained)}",
        *(f"    {line}" for line in verdict.explained),
        f"  lost {len(verdict.lost)}, sent twice without a word {len(verdict.twice)}, not at their end "
        f"{len(verdict.not_ended)}, outcomes or events twice {len(verdict.repeated)}, missing {len(verdict.missing)}",
        "  the history is whole" if not verdict.not_whole else f"  THE HISTORY IS NOT WHOLE: {verdict.not_whole}",
    ]
    return "\n".join(lines)

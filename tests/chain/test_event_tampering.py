# ruff: noqa: S608  (the attacker's statements are text)
"""What a superuser with triggers off may do to the log and its copy outside, and that verify names it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from event_forging import HARM, A, B, C, _cut
from event_store import Log, event, keep, make_log, restored

from pipeline.store.checkpoint import OutsideCopy
from pipeline.store.personal import destroy_keys


@pytest.fixture(scope="module")
def original(postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Three streams under three checkpoints and, of the third stream, two events that are not sealed yet."""
    import asyncio

    log = make_log(postgres(), tmp_path_factory.mktemp("log"))

    async def fill() -> None:
        for cause in ("one", "two", "three"):
            await log.append(*(event(number, cause, data={"n": number, "cause": cause}) for number in (1, 2)))
            await log.append(event(3, cause, personal={"to": f"{cause}@example.com"}))
            await log.seal()
        await log.append(event(3, "four"), event(3, "five"))

    asyncio.run(fill())
    keep(log)
    return log


@pytest.fixture
def log(original: Log, tmp_path: Path) -> Log:
    """The same log again, for each test to do harm to."""
    return restored(original, tmp_path / "log")


async def test_an_honest_log_verifies(log: Log) -> None:
    """Nothing is found where nothing was done; what is not sealed yet is said."""
    result = await log.verify()
    assert (result.ok, result.first_bad, result.faults) == (True, None, ())
    assert (result.events, result.streams, result.checkpoints, result.unsealed, result.outside) == (11, 3, 3, 2, 3)
    one = await log.verify(A)
    assert (one.ok, one.events, one.streams, one.checkpoints) == (True, 3, 1, 3)


# one statement each: (what is done, stream and version that verify names first)
STATEMENTS: dict[str, tuple[str, tuple[str | None, int | None]]] = {
    **{
        f"edit {column}": (f"UPDATE event SET {column} = {value} WHERE stream = '{stream}' AND ver = 2", (stream, 2))
        for stream, column, value in (
            (A, "data", """'{"n": 1, "cause": "another"}'"""),
            (A, "tenant", "'zenith'"),
            (A, "type", "'delivered'"),
            (A, "cause", "'x'"),
            (A, "actor", "'operator:eve'"),
            (A, "event_id", "gen_random_uuid()"),
            (A, "occurred_at", "occurred_at - interval '1 microsecond'"),
            (A, "recorded_at", "recorded_at - interval '1 day'"),
            (A, "prev_hash", r"'\x" + "00" * 32 + "'"),
            (A, "hash", r"'\x" + "ab" * 32 + "'"),
            (C, "personal_hash", r"'\x" + "ab" * 32 + "'"),
            (C, "personal_ct", r"'\x" + "ab" * 60 + "'"),
            (C, "key_id", "gen_random_uuid()"),
        )
    },
    "edit ver": (f"UPDATE event SET ver = 20 WHERE stream = '{C}' AND ver = 2", (C, 3)),
    "exchange two events": (
        f"UPDATE event e SET data = o.data, cause = o.cause FROM event o "
        f"WHERE e.stream = '{A}' AND o.stream = '{A}' AND e.ver + o.ver = 3",
        (A, 1),
    ),
    "remove personal details": (
        f"UPDATE event SET personal_ct = NULL, personal_hash = NULL, key_id = NULL WHERE stream = '{C}' AND ver = 1",
        (C, 1),
    ),
    "edit an unsealed event": (f"UPDATE event SET actor = 'x' WHERE stream = '{C}' AND ver = 5", (C, 5)),
    "delete the first": (f"DELETE FROM event WHERE stream = '{A}' AND ver = 1", (A, 2)),
    "delete one between": (f"DELETE FROM event WHERE stream = '{A}' AND ver = 2", (A, 3)),
    "delete the last": (f"DELETE FROM event WHERE stream = '{A}' AND ver = 3", (A, 3)),
    "delete a stream": (
        f"WITH e AS (DELETE FROM event WHERE stream = '{A}') DELETE FROM stream WHERE stream = '{A}'",
        (A, 1),
    ),
    "delete a registration": (f"DELETE FROM stream WHERE stream = '{A}'", (A, 1)),
    "move a registration": (f"UPDATE stream SET month = '2026-12-01' WHERE stream = '{A}'", (A, 1)),
    "give a stream away": (f"UPDATE stream SET tenant = 'zenith' WHERE stream = '{A}'", (A, 1)),
    "move a stream": (
        f"WITH s AS (UPDATE stream SET month = '2026-12-01' WHERE stream = '{A}'), "
        f"l AS (UPDATE log_leaf SET month = '2026-12-01' WHERE stream = '{A}') "
        f"UPDATE event SET month = '2026-12-01' WHERE stream = '{A}'",
        (A, 1),
    ),
    "exchange two streams": (
        f"UPDATE event SET stream = CASE stream WHEN '{A}' THEN '{B}x' ELSE '{A}x' END WHERE stream IN ('{A}', '{B}')",
        (f"{B}x", 1),  # it sorts first
    ),
    "hide an event from the sealer": (
        f"""INSERT INTO event SELECT month, '{A}x', 1, gen_random_uuid(), '3', tenant, type, cause, occurred_at,
                   recorded_at, actor, data, NULL, NULL, NULL, prev_hash, hash
              FROM event WHERE stream = '{A}' AND ver = 1""",
        (f"{A}x", 1),
    ),
    "delete a leaf": ("DELETE FROM log_leaf WHERE tree_index = 3", (None, None)),
    "delete the last leaf": ("DELETE FROM log_leaf WHERE tree_index = 8", (None, None)),
    "edit a leaf": (r"UPDATE log_leaf SET leaf_hash = '\x" + "00" * 32 + f"' WHERE stream = '{B}' AND ver = 2", (B, 2)),
    "exchange two leaves": (
        f"UPDATE log_leaf l SET leaf_hash = o.leaf_hash FROM log_leaf o "
        f"WHERE l.stream = '{A}' AND o.stream = '{A}' AND l.ver + o.ver = 3",
        (A, 1),
    ),
    "exchange the places of two leaves": (
        """WITH gone AS (DELETE FROM log_leaf WHERE tree_index IN (0, 1) RETURNING *)
           INSERT INTO log_leaf SELECT CASE tree_index WHEN 0 THEN 100 ELSE 101 END, month, stream, ver, leaf_hash
             FROM gone""",
        (None, None),
    ),
    "delete a checkpoint": ("DELETE FROM checkpoint WHERE tree_size = 6", (None, None)),
    "delete the last checkpoint": ("DELETE FROM checkpoint WHERE tree_size = 9", (None, None)),
    "delete all checkpoints": ("DELETE FROM checkpoint", (None, None)),
    "edit a root": (r"UPDATE checkpoint SET root = '\x" + "00" * 32 + "' WHERE tree_size = 6", (None, None)),
    "edit a frontier": (r"UPDATE checkpoint SET frontier = '\x" + "00" * 64 + "' WHERE tree_size = 6", (None, None)),
    "edit a signature": (r"UPDATE checkpoint SET signature = '\x" + "00" * 64 + "' WHERE tree_size = 6", (None, None)),
    "edit a time": ("UPDATE checkpoint SET made_at = made_at - interval '1 year' WHERE tree_size = 6", (None, None)),
    "edit a key name": ("UPDATE checkpoint SET key_id = 'x' WHERE tree_size = 6", (None, None)),
    "edit a note": ("UPDATE checkpoint SET note = replace(note, 'time 2026', 'time 2025')", (None, None)),
    "delete a data key": (f"DELETE FROM data_key WHERE stream = '{C}'", (C, 1)),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_statement(log: Log, name: str) -> None:
    """Each change to any table of the log is found, and the event it touched is named where there is one."""
    statement, named = STATEMENTS[name]
    async with await log.owner() as owner:
        assert (await owner.execute(statement.encode())).rowcount > 0
    result = await log.verify()
    assert not result.ok
    assert result.first_bad is not None
    if named != (None, None):
        assert result.first_bad[:2] == named, result.faults
    else:
        assert re.search(r"leaves|checkpoint|copy outside|sealed", result.first_bad.what), result.faults


@pytest.mark.parametrize("name", HARM)
async def test_a_forger_with_patience(log: Log, name: str) -> None:
    """Hashes, leaves and checkpoints made to fit: found by what was sealed, signed, or kept outside."""
    harm, named, what = HARM[name]
    async with await log.owner() as owner:
        await harm(log, owner)
    result = await log.verify()
    assert result.first_bad is not None
    assert result.first_bad[:2] == named, result.faults
    assert what in result.first_bad.what


async def test_without_the_copy_outside_a_cut_is_not_seen(log: Log) -> None:
    """The control of the two tests above: a cut history verifies when nobody kept a later checkpoint."""
    async with await log.owner() as owner:
        await _cut(log, owner)
    log.checkpoints.write_text("".join(log.checkpoints.read_text().splitlines(keepends=True)[:2]))
    result = await log.verify()
    assert (result.ok, result.outside) == (True, 2)


def _line(number: int, **changes: Any) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        lines[number] = json.dumps(json.loads(lines[number]) | changes) + "\n"
        return lines

    return change


OUTSIDE: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "another root": (_line(1, root="00" * 32), "not those that the copy outside knows"),
    "another size": (_line(1, tree_size=7), "not those that the copy outside knows"),
    "another note": (_line(1, note="x"), "no signature"),
    "a size that is none": (_line(1, tree_size="x"), "line 2"),
    "garbage": (lambda lines: [*lines, "garbage\n"], "line 4"),
    "out of order": (lambda lines: lines[::-1], "not in order"),
    "emptied": (lambda lines: [], "it knows 0 checkpoints, and lacks 3 from 3 on"),
    "cut at its end": (lambda lines: lines[:2], "it knows 2 checkpoints, and lacks 1 from 9 on"),
    "a line taken out": (lambda lines: [lines[0], lines[2]], "lacks checkpoint 6, and knows later ones"),
    "a later checkpoint": (lambda lines: [*lines, *_line(0, tree_size=99)(lines[2:])], "knows 99 sealed events"),
}


@pytest.mark.parametrize("name", OUTSIDE)
async def test_a_copy_outside_that_was_changed(log: Log, name: str) -> None:
    """Each change to the file of checkpoints is found."""
    change, what = OUTSIDE[name]
    log.checkpoints.write_text("".join(change(log.checkpoints.read_text().splitlines(keepends=True))))
    result = await log.verify()
    assert result.first_bad is not None
    assert what in result.first_bad.what


async def test_a_copy_taken_earlier_may_end_earlier(log: Log) -> None:
    """An auditor's copy of last week is compared as far as it goes, and that is said; an empty one proves nothing."""
    copy = log.folder / "kept.jsonl"
    lines = log.checkpoints.read_text().splitlines(keepends=True)
    copy.write_text(lines[0])
    result = await log.verify(file=copy, earlier=True)
    assert (result.ok, result.checkpoints, result.outside) == (True, 3, 1)
    copy.write_text("")
    assert not (await log.verify(file=copy, earlier=True)).ok


async def test_what_is_sealed_while_it_is_verified_is_no_fault(log: Log) -> None:
    """The copy outside is read as far as it stood before: lines that the sealer adds meanwhile are of later events."""
    copy = OutsideCopy(log.checkpoints)
    before = copy.end()
    assert await log.seal() == 2
    assert [size for size, _, _ in copy.read(before)] == [3, 6, 9]
    assert [size for size, _, _ in copy.read(copy.end())] == [3, 6, 9, 11]


async def test_a_missing_copy_outside(log: Log) -> None:
    """When the file is gone, verify says so and does not call the log proved."""
    log.checkpoints.unlink()
    result = await log.verify()
    assert (result.ok, result.outside) == (False, None)
    assert result.first_bad is not None
    assert result.first_bad.what == "the copy of checkpoints outside is missing"


async def test_one_stream_is_verified_alone(log: Log) -> None:
    """Asked for one stream, verify judges that stream and the tree, not the others."""
    async with await log.owner() as owner:
        await owner.execute("UPDATE event SET actor = 'x' WHERE stream = %s AND ver = 2", [A])
    assert (await log.verify(B)).ok
    assert (await log.verify(A)).first_bad == (A, 2, "its content is not what its hash says")
    async with await log.owner() as owner:
        await owner.execute("DELETE FROM event WHERE stream = %s AND ver = 3", [B])
    assert (await log.verify(B)).first_bad == (B, 3, "it was sealed, and is gone")


async def test_erasure_is_no_fault(log: Log) -> None:
    """Destroying a stream's key leaves everything verified."""
    async with await log.owner() as owner:
        assert await destroy_keys(owner, [C], at=log.clock()) == 1
    assert (await log.verify()).ok

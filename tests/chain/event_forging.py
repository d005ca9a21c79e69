"""A forger who knows how the log is made: hashes, leaves and checkpoints computed anew so that they fit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from event_store import Log, document, event

from pipeline.store.chain import event_hash
from pipeline.store.checkpoint import Signer
from pipeline.store.merkle import Frontier, leaf_hash

Owner = psycopg.AsyncConnection[Any]
A, B, C = (f"document:{document(number)}" for number in (1, 2, 3))


async def rechain(owner: Owner, stream: str, **changes: Any) -> None:
    """The attacker knows the algorithm: change the first event and compute every hash of the stream anew."""
    cursor = await owner.execute(
        """SELECT month, stream, ver, event_id, tenant, type, cause, occurred_at, recorded_at, actor, data,
                  personal_hash, personal_ct, key_id FROM event WHERE stream = %s ORDER BY ver""",
        [stream],
    )
    names = [column.name for column in cursor.description or ()]
    before = bytes(32)
    for row in await cursor.fetchall():
        values = dict(zip(names, row, strict=True)) | changes
        now = event_hash(**values, prev_hash=before)
        await owner.execute(
            "UPDATE event SET actor = %s, prev_hash = %s, hash = %s WHERE stream = %s AND ver = %s",
            [values["actor"], before, now, stream, values["ver"]],
        )
        before, changes = now, {}


async def reseal(owner: Owner, signer: Signer, *, keep: int = 0) -> None:
    """Leaves made anew from the events, and every checkpoint signed anew, with whatever key."""
    rows = await (
        await owner.execute("SELECT tree_index, hash FROM log_leaf JOIN event USING (month, stream, ver)")
    ).fetchall()
    tree = Frontier()
    for index, hash_ in sorted(rows):
        leaf = leaf_hash(hash_)
        await owner.execute("UPDATE log_leaf SET leaf_hash = %s WHERE tree_index = %s", [leaf, index])
        tree.append(leaf)
        found = await (
            await owner.execute("SELECT made_at FROM checkpoint WHERE tree_size = %s", [tree.size])
        ).fetchone()
        if found and tree.size > keep:
            note, signature = signer.note(tree.size, tree.root(), found[0])
            await owner.execute(
                "UPDATE checkpoint SET root = %s, frontier = %s, note = %s, signature = %s WHERE tree_size = %s",
                [tree.root(), tree.to_bytes(), note, signature, tree.size],
            )


async def _rechained(log: Log, owner: Owner) -> None:
    await rechain(owner, B, actor="operator:eve")


async def _rechained_and_leaves(log: Log, owner: Owner) -> None:
    await rechain(owner, B, actor="operator:eve")
    await reseal(owner, log.signer, keep=9)


async def _resealed_with_another_key(log: Log, owner: Owner) -> None:
    await rechain(owner, B, actor="operator:eve")
    await reseal(owner, Signer.create(log.folder / "another.pem"))


async def _resealed_with_the_key(log: Log, owner: Owner) -> None:
    await rechain(owner, B, actor="operator:eve")
    await reseal(owner, log.signer)


async def _cut(log: Log, owner: Owner) -> None:
    """Everything after the second checkpoint is removed, so that the rest is whole."""
    await owner.execute("DELETE FROM event WHERE ver > 2")
    await owner.execute("DELETE FROM log_leaf WHERE tree_index >= 6")
    await owner.execute("DELETE FROM checkpoint WHERE tree_size > 6")


async def _put_back_and_grown(log: Log, owner: Owner) -> None:
    """Cut, and grown again past the old size, sealed with the real key and a fresh file in place of the old."""
    await _cut(log, owner)
    file = log.checkpoints.read_bytes()
    log.checkpoints.unlink()
    for turn in range(4):
        await log.append(event(1, f"new {turn}"), event(2, f"new {turn}"))
        assert await log.seal() == 2
    log.checkpoints.write_bytes(file)


async def _emptied(log: Log, owner: Owner) -> None:
    await owner.execute("TRUNCATE event, stream, data_key, log_leaf, checkpoint")


HARM: dict[str, tuple[Callable[[Log, Owner], Awaitable[None]], tuple[str | None, int | None], str]] = {
    "a stream chained anew": (_rechained, (B, 1), "not what was sealed"),
    "and its leaves": (_rechained_and_leaves, (None, None), "not those that checkpoint 3 sealed"),
    "and sealed anew with another key": (_resealed_with_another_key, (None, None), "checkpoint 3"),
    "and sealed anew with the key itself": (_resealed_with_the_key, (None, None), "the copy outside knows"),
    "history cut": (_cut, (None, None), "cut or put back"),
    "put back, and another history grown": (_put_back_and_grown, (None, None), "the copy outside knows"),
    "emptied": (_emptied, (None, None), "cut or put back"),
}

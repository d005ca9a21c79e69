"""Proving the sealed tree: grown again from its leaves, and held against every checkpoint, here and outside.

The sealer writes a checkpoint into the copy right after the database has it, so a copy that lacks more than the last
seconds was cut, or replaced.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from pipeline.store.canonical import stamp
from pipeline.store.checkpoint import BadNote, OutsideCopy, Verifier
from pipeline.store.faults import FAULTS, Fault, row_of, rows_of
from pipeline.store.merkle import Frontier

WRITTEN_SECONDS = 10
"""Within so long a checkpoint stands in the copy outside."""


class Outside:
    """Walks the copy outside along with the growing tree. `file` None: there is to be no copy."""

    def __init__(self, file: Path | None, key: Verifier, *, earlier: bool) -> None:
        self.wanted = file is not None
        self.exists = file is not None and file.exists()
        self.earlier = earlier
        self.compared = 0
        self.next: tuple[int, str, str] | None = None
        self._copy, self._key, self._size = OutsideCopy(file) if file else None, key, 0
        self._lines = self._copy.read(self._copy.end()) if self._copy else iter(())
        self._lacks: list[tuple[int, datetime]] = []
        self._hole: int | None = None

    def start(self) -> None:
        """Go to the first line. Raises ValueError at a line that is none of ours, as `compare` does."""
        self._advance()

    def _advance(self) -> None:
        self.next = None
        self.next = next(self._lines, None)
        if self.next is not None and self.next[0] <= self._size:
            raise ValueError("the copy of checkpoints outside is not in order")
        self._size = self.next[0] if self.next else self._size

    def compare(self, tree: Frontier, made_at: datetime | None, trusted_note: str | None) -> str | None:
        """What is wrong with the line for this size, if there is one. `made_at` of the database's checkpoint of this
        size; a note that it has too was checked.
        """
        if self.next is None or self.next[0] != tree.size:
            if made_at is not None:
                self._lacks.append((tree.size, made_at))
            return None
        size, root, note = self.next
        if made_at is not None:
            self.compared += 1
            if self._lacks and self._hole is None:
                self._hole = self._lacks[0][0]
            self._lacks.clear()
        self._advance()
        if root != tree.root().hex():
            return f"the first {size} events are not those that the copy outside knows"
        try:
            if note != trusted_note and self._key.open(note).root.hex() != root:
                return f"checkpoint {size} outside says something else than its line"
        except BadNote as error:
            return f"checkpoint {size} outside: {error}"
        return None

    def end(self, now: datetime) -> str | None:
        """What the copy lacks that it should have: a line between others, or at its end what is not of just now."""
        if self._hole is not None:
            return f"the copy outside lacks checkpoint {self._hole}, and knows later ones"
        old = [size for size, made_at in self._lacks if made_at < now - timedelta(seconds=WRITTEN_SECONDS)]
        if not self.exists or not old or (self.earlier and self.compared):
            return None
        return f"the copy outside is cut: it knows {self.compared} checkpoints, and lacks {len(old)} from {old[0]} on"


@dataclass
class Tree:
    """The tree's size in events, its checkpoints, how many of these stand outside too, and what is wrong."""

    faults: list[Fault] = field(default_factory=list)
    size: int = 0
    checkpoints: int = 0
    outside: int | None = None


CHECKPOINTS = """SELECT tree_size, prev_size, root, frontier, made_at, key_id, signature, note
                   FROM checkpoint ORDER BY tree_size"""


async def grown(conn: psycopg.AsyncConnection[Any], outside: Outside, key: Verifier) -> Tree:
    """The tree grown again from its leaves; every checkpoint on the way, here and outside."""
    found, tree = Tree(), Frontier()

    def fault(what: str | None) -> None:
        if what and len(found.faults) < FAULTS:
            found.faults.append(Fault(None, None, what))

    try:
        outside.start()
    except ValueError as error:
        fault(str(error))
    leaves = rows_of(conn, "leaves", "SELECT tree_index, leaf_hash FROM log_leaf ORDER BY tree_index")
    async with aclosing(rows_of(conn, "checkpoints", CHECKPOINTS)) as checkpoints, aclosing(leaves):
        checkpoint = await anext(checkpoints, None)
        previous = 0
        async for index, leaf in leaves:
            if index != tree.size:
                fault(f"leaves {tree.size} to {index - 1} of the tree are missing")
                break
            tree.append(leaf)
            made_at = trusted = None
            if checkpoint is not None and checkpoint[0] == tree.size:
                found.checkpoints += 1
                what = _checkpoint(checkpoint, previous, tree, key)
                fault(what)
                made_at, trusted = checkpoint[4], None if what else checkpoint[-1]
                previous, checkpoint = tree.size, await anext(checkpoints, None)
            try:
                fault(outside.compare(tree, made_at, trusted))
            except ValueError as error:
                fault(str(error))
    if checkpoint is not None:
        fault(f"checkpoint {checkpoint[0]} covers more events than the {tree.size} there are")
    if tree.size != previous:
        fault(f"leaves {previous} to {tree.size - 1} stand under no checkpoint")
    if outside.next is not None:
        fault(f"the copy outside knows {outside.next[0]} sealed events; here are {tree.size}: cut or put back")
    if outside.wanted and not outside.exists and tree.size:
        fault("the copy of checkpoints outside is missing")
    now = await row_of(conn, "SELECT now()")
    assert now is not None
    fault(outside.end(now[0]))
    found.size, found.outside = tree.size, outside.compared if outside.exists else None
    return found


def _checkpoint(row: tuple[Any, ...], previous: int, tree: Frontier, key: Verifier) -> str | None:
    size, prev_size, root, frontier, made_at, key_id, signature, note = row
    if root != tree.root():
        return f"events {previous} to {size - 1} of the tree are not those that checkpoint {size} sealed"
    if frontier != tree.to_bytes() or prev_size != previous or key_id != key.key_id:
        return f"checkpoint {size} was changed"
    try:
        said = key.open(note)
    except BadNote as error:
        return f"checkpoint {size}: {error}"
    if (said.size, said.root, stamp(said.made_at)) != (size, root, stamp(made_at)):
        return f"checkpoint {size} says something else than its row"
    return None if key.signed(note, signature) else f"checkpoint {size}: the signature beside it is another"

"""Personal details of events: sealed, shown only with the keys, erased for good."""

from __future__ import annotations

from event_store import Log, document, event

from pipeline.store import history
from pipeline.store.history import EventQuery
from pipeline.store.personal import destroy_keys


async def test_personal_details_are_encrypted_and_come_back(log: Log) -> None:
    """They stand nowhere in the clear, come back when asked for with the keys, and not otherwise."""
    details = {"to": "canary@example.com", "name": "Zoë", "ports": [1, 2]}
    await log.append(event(1, personal=details), event(1, "without"))
    text = str(await log.ask("SELECT e.*, e.personal_ct::text, k.* FROM event e LEFT JOIN data_key k USING (key_id)"))
    assert "canary" not in text
    assert b"canary".hex() not in text
    async with await log.connect() as conn:
        stream = f"document:{document(1)}"
        hidden = await history.read_stream(conn, stream)
        shown = await history.read_stream(conn, stream, reveal=True, keys=log.keys)
    assert [(row.personal, row.personal_state) for row in hidden] == [(None, "kept"), (None, "none")]
    assert [(row.personal, row.personal_state) for row in shown] == [(details, "shown"), (None, "none")]


async def test_erasure_leaves_the_chain_valid(log: Log) -> None:
    """With its key destroyed a stream's details are gone for good, others' are not, and everything verifies."""
    await log.append(event(1, personal={"to": "a@example.com"}), event(2, personal={"to": "b@example.com"}))
    await log.seal()
    async with await log.connect() as conn:
        assert await destroy_keys(conn, [f"document:{document(1)}"], at=log.clock()) == 1
        assert await destroy_keys(conn, [f"document:{document(1)}"], at=log.clock()) == 0
    assert await log.append(event(1, personal={"to": "a@example.com"})) == [False]  # a late replay changes nothing
    await log.append(event(1, "again", personal={"to": "c@example.com"}))
    async with await log.connect() as conn:
        rows = await history.search(conn, EventQuery(), reveal=True, keys=log.keys)
    found = {(row.document, row.cause): (row.personal, row.personal_state) for row in rows}
    assert found == {
        (document(1), "conversion/1"): (None, "erased"),
        (document(2), "conversion/1"): ({"to": "b@example.com"}, "shown"),
        (document(1), "again"): ({"to": "c@example.com"}, "shown"),
    }
    assert (await log.verify()).ok


async def test_exchanged_ciphertexts_are_not_shown(log: Log) -> None:
    """Details moved to another event of the same stream, under the same key, do not open there."""
    await log.append(event(1, "a", personal={"to": "a"}), event(1, "b", personal={"to": "b"}))
    async with await log.owner() as conn:
        await conn.execute("UPDATE event e SET personal_ct = o.personal_ct FROM event o WHERE o.ver <> e.ver")
    async with await log.connect() as conn:
        rows = await history.search(conn, EventQuery(), reveal=True, keys=log.keys)
    assert [row.personal_state for row in rows] == ["unreadable", "unreadable"]
    assert not (await log.verify()).ok

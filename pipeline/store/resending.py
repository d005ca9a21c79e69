"""Sending a document again: a person asks for one more message, with a link of its own, and says why.

A round of its own, from resolution: the same files under their digests, the contacts as the directory has them now.
With an address of its own the contacts are not asked. Links that were issued before stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store import deliveries, events, rounds, suppressions
from pipeline.store.database import Connection, Store
from pipeline.topology import BY_NAME
from schemas import ids
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError
from schemas.events import Event, EventType, document_stream
from schemas.messages import DocumentMessage
from schemas.outcomes import OpenDelivery
from stages.delivery import PURPOSE, addresses

SENT = ("waiting", "captured", "accepted", "delivered", "undeliverable")
"""States of a document that was sent, or for which everything was tried."""

NOT_YET: dict[str, str] = {
    "moving": "it is on its way, and will be sent by itself: ask again when it has reached its end",
    "parked": "it stopped before it was sent: what it waits for is put back by entrega parked replay",
    "refused": "it breaks a rule and was never sent: mend it in the ERP and export it again",
    "superseded": "a corrected revision took its place: send that one again",
    "discarded": "a person closed it: it is not sent any more",
}
"""Why a document in another state is not sent again, and what is done instead."""


@dataclass(frozen=True)
class Resent:
    """`round`: in which it is sent. `before`: how often it was asked for earlier. `repeated`: this very request was
    carried out before, and nothing was done now."""

    document_id: UUID
    number: str | None
    round: int
    before: int
    repeated: bool


async def resend(
    store: Store, document: UUID, *, by: str, why: str, request: str, to: str | None = None
) -> Resent:  # fmt: skip
    """Ask for one more sending. `request` is the caller's own key: the same one again does nothing more.

    `to` is an e-mail address or a number that gets it instead of the document's contacts. All of it is one
    transaction; the relay and the dispatcher do the rest. Raises ConfigurationError where it cannot be sent again.
    """
    now = store.clock()
    address = _address(to) if to is not None else None
    log: list[Event] = []
    async with store.transaction() as conn:
        row = await rounds.lock(conn, document)
        if row is None:
            raise ConfigurationError(f"there is no document {document}")
        cause = str(ids.derive("resend", document, request))
        asked = await _asked(conn, document)
        if done := next((each for each in asked if each["cause"] == cause), None):
            if done["data"]["why"] != why:
                raise ConfigurationError("this request was made before, for another reason: give it a key of its own")
            return Resent(document, row["number"], done["data"]["round"], len(asked) - 1, repeated=True)
        _may_be_sent(row)
        if address is None:
            round_ = await _from_resolution(conn, row, log, now)
        else:
            round_ = await _to_one(conn, row, *address, log, now)
        log.append(
            Event(
                tenant=row["tenant"],
                stream=document_stream(document),
                type=EventType.RESEND_REQUESTED,
                cause=cause,
                occurred_at=now,
                actor=by,
                data={"why": why, "round": round_, "state": row["state"], "other_address": address is not None},
                personal={"to": address[1]} if address else None,
            )
        )
        await events.append(conn, log, recorded_at=now, keys=store.keys)
    return Resent(document, row["number"], round_, len(asked), repeated=False)


def _may_be_sent(row: dict[str, Any]) -> None:
    state = row["state"]
    if state in SENT:
        return
    if row["duplicate_of"]:
        raise ConfigurationError(f"it is a duplicate: send the document registered before again, {row['duplicate_of']}")
    raise ConfigurationError(NOT_YET.get(state, f"it is {state}"))


def _address(given: str) -> tuple[Channel, str]:
    channel = addresses.channel_of(given)
    found = addresses.usable(channel, given)
    if found.address is None or channel is Channel.EDI:
        raise ConfigurationError(
            "the other address must be an e-mail address or a mobile number with its country (+351…)"
        )
    return channel, found.address


async def _asked(conn: Connection, document: UUID) -> list[dict[str, Any]]:
    """What persons asked for before, oldest first."""
    cursor = await conn.execute(
        """SELECT e.cause, e.data FROM stream s JOIN event e ON e.month = s.month AND e.stream = s.stream
            WHERE s.stream = %s AND e.type = %s ORDER BY e.ver""",
        [document_stream(document), EventType.RESEND_REQUESTED.value],
    )
    return await cursor.fetchall()


async def _from_resolution(conn: Connection, row: dict[str, Any], log: list[Event], now: datetime) -> int:
    """As it was rendered: the directory is asked again who gets it, and how."""
    cursor = await conn.execute(
        """SELECT message FROM outcome WHERE subject_id = %s AND stage = 'rendering' AND message IS NOT NULL
            ORDER BY round DESC LIMIT 1""",
        [row["document_id"]],
    )
    found = await cursor.fetchone()
    if found is None:
        raise ConfigurationError("there is no record of its files: export it again")
    return await rounds.begin(conn, row, BY_NAME["resolution"], found["message"], "resend-requested", log, now)


async def _to_one(
    conn: Connection, row: dict[str, Any], channel: Channel, address: str, log: list[Event], now: datetime
) -> int:  # fmt: skip
    """To an address that is given, as the contact is written to who got it last, or another of the party where that
    one has left."""
    if await suppressions.listed(conn, [(row["tenant"], channel.value, address)], now):
        raise ConfigurationError("the other address is suppressed: see entrega suppress list, and lift it first")
    cursor = await conn.execute(
        """SELECT now.contact_id, d.policy, d.profile, d.language, d.copy_of
             FROM delivery d JOIN contact c USING (contact_id)
             JOIN contact now ON now.party_id = c.party_id AND now.active
            WHERE d.document_id = %s
            ORDER BY now.contact_id = c.contact_id DESC, d.round DESC, d.created_at, d.delivery_id,
                  now.updated_at, now.contact_id LIMIT 1""",
        [row["document_id"]],
    )
    last = await cursor.fetchone()
    if last is None:
        raise ConfigurationError("no contact of it is in the directory any more: import the recipient, then resend it")
    round_ = int(row["round"]) + 1
    await rounds.cancel(conn, row, log, now)
    await conn.execute(
        """UPDATE document SET round = %s, state = 'waiting', reason = NULL, stage = 'delivery', updated_at = %s
            WHERE document_id = %s""",
        [round_, now, row["document_id"]],
    )
    delivery = ids.delivery_id(row["document_id"], last["contact_id"], PURPOSE, round_)
    opening = OpenDelivery(
        delivery_id=delivery,
        document_id=row["document_id"],
        contact_id=last["contact_id"],
        purpose=PURPOSE,
        round=round_,
        channels=(channel.value,),
        rule="resend-requested",
        attempt_id=ids.attempt_id(delivery, channel.value, 1),
        due_at=now,
        profile=last["profile"],
        language=last["language"],
        policy=last["policy"],
        copy_of=last["copy_of"],
        address=address,
    )
    about = DocumentMessage(
        tenant=row["tenant"], export_id=row["export_id"], document_id=row["document_id"], round=round_
    )
    await deliveries.open_deliveries(conn, [(about, opening)], log, now)
    return round_

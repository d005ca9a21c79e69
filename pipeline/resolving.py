"""What a crash or a broken connection left open: attempts of which nobody knows whether the provider has the message.

A report may tell. Else the provider is asked, where it can be; then the policy's window passes, and the message is sent
once more, with an event that says so, or another channel takes over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import structlog

from pipeline.sending import Sending
from pipeline.store import answers, attempts, events
from pipeline.store.answers import Outcome
from pipeline.store.attempts import Leased
from pipeline.store.database import Store
from schemas.deliveries import Channel
from schemas.errors import EntregaError, TransientError
from schemas.events import Event
from stages.delivery.policy import after_unknown

log = structlog.get_logger()

OUTBOX = "outbox"
ASK_AGAIN = timedelta(minutes=1)


class Resolver:
    """Shares its work with those of other dispatchers, by leases."""

    def __init__(self, store: Store, sending: Sending, lease: timedelta, batch: int) -> None:
        self.store = store
        self.sending = sending
        self.lease = lease
        self.batch = batch

    async def needed(self) -> bool:
        """Whether there is anything to do: one statement, for that is asked every second."""
        async with self.store.statement() as conn:
            return await answers.uncertain(conn, self.store.clock())

    async def lapse(self) -> int:
        """Calls whose lease ran out: their outcome is unknown from now on; returns how many."""
        now = self.store.clock()
        written: list[Event] = []
        async with self.store.transaction() as conn:
            lapsed = await answers.lapse(conn, written, now)
            await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        return lapsed

    async def resolve(self, channel: Channel) -> int:
        """Look at the unknown attempts of a channel that are due; returns how many are unknown no more."""
        now = self.store.clock()
        async with self.store.statement() as conn:
            found = await attempts.lease(conn, channel, now, now + self.lease, self.batch, unknown=True)
        return sum([await self._one(leased) for leased in found])

    async def _one(self, leased: Leased) -> bool:
        now = self.store.clock()
        try:
            number = await self.sending.ask(leased)
        except TransientError:  # it can neither be asked nor be sent to
            async with self.store.transaction() as conn:
                await attempts.postpone(conn, [(leased, now + ASK_AGAIN)])
            return False
        except EntregaError as error:
            log.warning("cannot-ask", attempt=str(leased.attempt_id), error=error.text)
            number = None
        if number is not None:
            await self._found(leased, number, now)
            return True
        step = after_unknown(leased.policy, leased.view, now)
        if self._kept(leased):  # our own folder knows for certain: it was never written, and nobody need wait
            step = step.model_copy(update={"step": "retry"})
        written: list[Event] = []
        async with self.store.transaction() as conn:
            if step.step == "wait" and step.at is not None:
                soon = now + ASK_AGAIN if self.sending.can_ask(leased.channel) else step.at
                await attempts.postpone(conn, [(leased, min(soon, step.at))])
            elif step.step == "retry":
                await answers.send_again(conn, leased, now)
            else:
                await answers.give_up(conn, leased, step.reason, written, now)
            await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        return step.step != "wait"

    async def _found(self, leased: Leased, number: str, now: datetime) -> None:
        """The provider has it after all."""
        kind: Literal["captured", "accepted"] = "captured" if self._kept(leased) else "accepted"
        provider = self.sending.senders[leased.channel].provider
        outcome = Outcome(leased, leased.tries, kind, now, provider, provider_message_id=number, found=True)
        written: list[Event] = []
        async with self.store.transaction() as conn:
            await answers.record(conn, [outcome], written, now)
            await events.append(conn, written, recorded_at=now, keys=self.store.keys)

    def _kept(self, leased: Leased) -> bool:
        return self.sending.senders[leased.channel].provider == OUTBOX

"""The dispatcher: makes the attempts that are due.

Lease, look again, compose, commit `calling`, call, commit the outcome: a crash between any two of these loses nothing,
and where it leaves open whether a provider has a message, the log says so. Each channel has its own pump and its own
limit of calls under way, so a provider that hangs delays nobody else. Any number of dispatchers may run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from connectors.edi import EdiSender
from connectors.email import EmailSender
from connectors.profiles import Profiles
from connectors.sms import SmsSender
from connectors.storage import Storage
from pipeline.rates import Bucket
from pipeline.resolving import Resolver
from pipeline.sending import Sending
from pipeline.store import answers, events
from pipeline.store.answers import Outcome
from pipeline.store.attempts import Ready
from pipeline.store.database import Store
from pipeline.taking import Taking
from schemas.deliveries import Channel
from schemas.errors import StoreUnavailable
from schemas.events import Event
from schemas.tenants import ChannelName

if TYPE_CHECKING:
    from pipeline.halt import Gate

log = structlog.get_logger()

STOP_SECONDS = 5.0
"""How long calls under way may take when the dispatcher is stopped; then their outcome is unknown."""

GATHER_LOOKS = 5
"""How many hundredths of a second an outcome waits for others, to be committed with them."""

IDLE_POLLS = 4
"""So many times longer than between two takes it is until an idle channel is looked at, unless somebody wakes it."""


class Dispatcher:
    """`senders`: one for each channel that is used. Rates are calls a second, for this process.

    `lease_seconds`: how long after a crash the attempts that it held are taken up by another dispatcher.
    `in_flight`: calls under way at a time, for each channel.
    """

    def __init__(
        self,
        store: Store,
        storage: Storage,
        profiles: Profiles,
        senders: Mapping[ChannelName, EmailSender | SmsSender | EdiSender],
        *,
        public_url: str,
        email_sender: str,
        sms_sender: str = "Entrega",
        link_days: int = 90,
        email_per_second: float = 50,
        sms_per_second: float = 10,
        edi_per_second: float = 50,
        is_demo: bool = False,
        in_flight: int = 100,
        batch: int = 50,
        lease_seconds: float = 60,
        poll_seconds: float = 0.5,
        gate: Gate | None = None,
    ) -> None:
        by_channel = {Channel(channel): sender for channel, sender in senders.items()}
        self.store = store
        self.sending = Sending(storage, profiles, by_channel, public_url, email_sender, sms_sender, link_days, is_demo)
        rates = {Channel.EMAIL: email_per_second, Channel.SMS: sms_per_second, Channel.EDI: edi_per_second}
        self.buckets = {channel: Bucket(rates[channel]) for channel in by_channel}
        self.in_flight = in_flight
        self.batch = batch
        self.lease = timedelta(seconds=lease_seconds)
        self.poll_seconds = poll_seconds
        self.gate = gate
        self.taking = Taking(store, self.sending, self.lease)
        self.resolver = Resolver(store, self.sending, self.lease, batch)
        self._flying: dict[Channel, dict[UUID, asyncio.Task[None]]] = {channel: {} for channel in by_channel}
        self._wakes = {channel: asyncio.Event() for channel in by_channel}
        self._held: set[UUID] = set()
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    async def once(self) -> int:
        """Make everything that is due now, and wait for it; returns how many attempts were moved.

        Raises StoreUnavailable (transient) where the database does not answer; never between a call and its outcome.
        """
        moved = await self.resolver.lapse()
        for channel in self.buckets:
            moved += await self.resolver.resolve(channel)
            while True:
                ready, looked = await self._take(channel, self.batch)
                outcomes = await asyncio.gather(*(self.sending.call(one, self.store.clock) for one in ready))
                await self._record_surely(outcomes)
                moved += looked
                if looked == 0:
                    break
        return moved

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set; then end the calls under way within some seconds."""
        recorder = asyncio.create_task(self._recorder())
        loops = [asyncio.create_task(self._pump(channel, stop)) for channel in self.buckets]
        loops += [asyncio.create_task(each(stop)) for each in (self._upkeep, self._heartbeat, self._wake_at)]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            flying = [task for tasks in self._flying.values() for task in tasks.values()]
            if flying:
                _, late = await asyncio.wait(flying, timeout=STOP_SECONDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._outcomes.join(), 3)
            recorder.cancel()
            with suppress(asyncio.CancelledError):
                await recorder

    async def close(self) -> None:
        for sender in self.sending.senders.values():
            await sender.close()

    async def _take(self, channel: Channel, limit: int) -> tuple[list[Ready], int]:
        """What may be called now, and how many were looked at; held from here on."""
        ready, looked = await self.taking.take(channel, limit)
        self._held |= {one.leased.attempt_id for one in ready}
        return ready, looked

    # calling

    async def _pump(self, channel: Channel, stop: asyncio.Event) -> None:
        """Keep calls of one channel under way, as many as rate and limit allow."""
        flying = self._flying[channel]
        bucket = self.buckets[channel]
        while not stop.is_set():
            if self.gate is not None and not await self.gate.passed(stop):
                return
            room = min(self.batch, self.in_flight - len(flying), bucket.available())
            if room <= 0:
                await _pause(stop, 0.02)
                continue
            try:
                ready, looked = await self._take(channel, room)
            except StoreUnavailable as error:
                log.warning("waiting", role="dispatcher", error=error.text)
                await _pause(stop, 1)
                continue
            except Exception:
                log.exception("cannot-take", channel=channel.value)  # the leases run out, and it is tried again
                await _pause(stop, 5)
                continue
            bucket.take(len(ready))
            for one in ready:
                flying[one.leased.attempt_id] = asyncio.create_task(self._fly(channel, one))
            if looked == 0:
                await self._planned(channel)
            elif looked < self.batch or bucket.available() < self.batch // 2:
                # a transaction costs about the same for one attempt as for fifty: some gather
                await _pause(stop, self.poll_seconds)

    def wake(self) -> None:
        """Attempts were planned in this process: look now."""
        for planned in self._wakes.values():
            planned.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.wake()

    async def _planned(self, channel: Channel) -> None:
        """Until somebody says that there is something, or the time has come to look for what others have planned."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wakes[channel].wait(), IDLE_POLLS * self.poll_seconds)
        self._wakes[channel].clear()

    async def _fly(self, channel: Channel, ready: Ready) -> None:
        try:
            outcome = await self.sending.call(ready, self.store.clock)
            if outcome.kind == "later" and outcome.retry_after:
                self.buckets[channel].pause(outcome.retry_after)
            self._outcomes.put_nowait(outcome)
        finally:
            self._flying[channel].pop(ready.leased.attempt_id, None)

    # recording

    async def _recorder(self) -> None:
        """Commit outcomes in batches; what the database cannot take now is tried until it can."""
        while True:
            batch = [await self._outcomes.get()]
            await self._gathered()
            while len(batch) < 200 and not self._outcomes.empty():
                batch.append(self._outcomes.get_nowait())
            await self._record_surely(batch)
            for _ in batch:
                self._outcomes.task_done()

    async def _gathered(self) -> None:
        """Returns when no call is under way; soon in any case, for a crash leaves unknown what is not recorded."""
        for _ in range(GATHER_LOOKS):
            await asyncio.sleep(0.01)
            if not any(self._flying.values()):
                return

    async def _record_surely(self, batch: Sequence[Outcome]) -> None:
        while batch:
            try:
                await self._record(batch)
                return
            except StoreUnavailable as error:
                log.warning("waiting", role="dispatcher", error=error.text, outcomes=len(batch))
                await asyncio.sleep(0.5)
            except Exception:
                log.exception("cannot-record", outcomes=len(batch))
                if len(batch) == 1:  # its lease runs out, and then its outcome is unknown
                    self._held.discard(batch[0].leased.attempt_id)
                    return
                for outcome in batch:
                    await self._record_surely([outcome])
                return

    async def _record(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        now = self.store.clock()
        written: list[Event] = []
        async with self.store.pipelined() as conn:
            await answers.record(conn, outcomes, written, now)
            await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        self._held -= {outcome.leased.attempt_id for outcome in outcomes}

    # what is left behind

    async def _upkeep(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await self.resolver.needed():
                    await self.resolver.lapse()
                    for channel in self.buckets:
                        await self.resolver.resolve(channel)
            except StoreUnavailable as error:
                log.warning("waiting", role="dispatcher", error=error.text)
            except Exception:
                log.exception("upkeep-failed")
            await _pause(stop, min(1.0, self.lease.total_seconds() / 3))

    async def _heartbeat(self, stop: asyncio.Event) -> None:
        """Calls that take long are not taken for dead ones."""
        while not stop.is_set():
            await _pause(stop, self.lease.total_seconds() / 3)
            if self._held:
                with suppress(StoreUnavailable):
                    async with self.store.transaction() as conn:
                        await answers.renew(conn, list(self._held), self.store.clock() + self.lease)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)

"""Delivery: open one delivery for each contact that resolution chose, with its first attempt.

In       Resolved  (entrega.document.resolved)
Out      nothing; the dispatcher makes the attempts
Effects  deliveries and their first attempts, written by the runner's transaction
Replay   answered by the recorded outcome; ids are derived, so the same delivery is never opened twice
Source   the tenant's delivery policy, kept with the delivery as it stood when it was opened
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.profiles import Profiles
from schemas import ids
from schemas.errors import NoContact
from schemas.messages import Resolved
from schemas.outcomes import Done, OpenDelivery

PURPOSE = "notify"


@dataclass(frozen=True)
class Delivery:
    profiles: Profiles
    clock: Callable[[], datetime]

    async def handle(self, message: Resolved) -> Done:
        """Raises NoContact (permanent) where there is nobody to deliver to."""
        policy = self.profiles.current(message.tenant).profile.policy.model_dump(mode="json")
        now = self.clock()
        openings: list[OpenDelivery] = []
        for contact in message.contacts:
            if not contact.channels:
                continue
            delivery = ids.delivery_id(message.document_id, contact.contact, PURPOSE, message.round)
            openings.append(
                OpenDelivery(
                    delivery_id=delivery,
                    document_id=message.document_id,
                    contact_id=contact.contact,
                    purpose=PURPOSE,
                    round=message.round,
                    channels=contact.channels,
                    rule=contact.rule,
                    attempt_id=ids.attempt_id(delivery, contact.channels[0], 1),
                    due_at=max(contact.not_before, now),
                    profile=message.plan.profile,
                    language=message.plan.language,
                    policy=policy,
                )
            )
        if not openings:
            raise NoContact("Resolution chose no contact with a channel.", document=str(message.document_id))
        return Done(effects=tuple(openings), state="waiting")

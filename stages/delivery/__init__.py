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
from typing import Any

from connectors.profiles import Profiles
from schemas import ids
from schemas.deliveries import Channel
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
                    interchange=_interchange(message) if Channel.EDI in contact.channels else None,
                    copy_of=next((part.platform for part in message.renditions if part.platform), None),
                    policy=policy,
                )
            )
        if not openings:
            raise NoContact("Resolution chose no contact with a channel.", document=str(message.document_id))
        return Done(effects=tuple(openings), state="waiting")


def _interchange(message: Resolved) -> dict[str, Any] | None:
    """The EDI message of the plan, with what its envelope needs to know."""
    for part in message.renditions:
        if part.envelope:
            options = next(each.options for each in message.plan.renditions if each.format == part.format)
            document = part.document.wire()
            return {"envelope": part.envelope, "format": part.format, "options": options, "document": document}
    return None

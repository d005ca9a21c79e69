"""Resolution: choose who is told, by which channels, and when; never which form.

In       Rendered  (entrega.document.rendered)
Out      Resolved  (entrega.document.resolved)
Effects  none
Replay   answered by the recorded outcome; a new round asks the directory again
Source   the directory's contacts; the tenant's policy: preference beats rule beats default
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from connectors.directory import ContactPoint, Directory, Known, Reachable
from connectors.profiles import Profiles
from schemas.deliveries import Channel
from schemas.errors import NoContact
from schemas.events import EventType
from schemas.messages import Rendered, Resolved, ResolvedContact
from schemas.outcomes import Done, Fact
from schemas.tenants import Rule, TenantProfile


@dataclass(frozen=True)
class Resolution:
    directory: Directory
    profiles: Profiles
    clock: Callable[[], datetime]
    asked: Mapping[tuple[str, UUID], Reachable] | None = None
    """What the directory says of the parties of a whole batch, where it was asked for all of them at once."""

    def gathered(self, messages: Sequence[Rendered]) -> Resolution:
        """The stage for these messages, with one look-up for all of them. Raises StoreUnavailable (transient)."""
        return replace(self, asked=self._ask(messages))

    def _ask(self, messages: Sequence[Rendered]) -> dict[tuple[str, UUID], Reachable]:
        parties: dict[str, set[UUID]] = {}
        for message in messages:
            parties.setdefault(message.tenant, set()).add(message.plan.party)
        found = {tenant: self.directory.reachable(tenant, of) for tenant, of in parties.items()}
        return {(tenant, party): each for tenant, of in found.items() for party, each in of.items()}

    async def handle(self, message: Rendered) -> Done:
        """Raises NoContact (permanent) where the party has no address that may be used."""
        profile = self.profiles.current(message.tenant).profile
        asked = self._ask([message]) if self.asked is None else self.asked
        found = asked.get((message.tenant, message.plan.party))
        contacts = found.contacts if found is not None else ()
        rule = _first_rule(profile, found.party if found is not None else None)
        chosen: list[ResolvedContact] = []
        skipped: list[dict[str, str]] = []
        for contact in contacts:
            wanted, why = _wanted(profile, rule, contact)
            lacks = {channel: _lacks(contact, channel, profile, message) for channel in wanted}
            channels = tuple(channel for channel in wanted if lacks[channel] is None)
            skipped += [
                {"contact": str(contact.contact_id), "channel": channel, "why": why_not}
                for channel, why_not in lacks.items()
                if why_not is not None
            ]
            if channels:
                not_before = profile.policy.earliest(channels[0], self.clock(), contact.timezone)
                chosen.append(
                    ResolvedContact(contact=contact.contact_id, channels=channels, not_before=not_before, rule=why)
                )
        if not chosen:
            raise NoContact(
                "The party has no contact with an address that a channel could use.",
                party=str(message.plan.party),
                contacts=len(contacts),
            )
        return Done(
            message=Resolved(**message.wire(), contacts=tuple(chosen)),
            facts=(
                Fact(EventType.RESOLVED, {"contacts": [c.model_dump(mode="json") for c in chosen], "skipped": skipped}),
            ),
        )


def _first_rule(profile: TenantProfile, party: Known | None) -> Rule | None:
    """The supplier's first rule that fits the party: every field that a rule sets must fit."""
    for rule in profile.rules:
        country_fits = rule.country is None or (party is not None and party.country == rule.country)
        segment_fits = rule.segment is None or (party is not None and party.preferences.get("segment") == rule.segment)
        if country_fits and segment_fits:
            return rule
    return None


def _wanted(profile: TenantProfile, rule: Rule | None, contact: ContactPoint) -> tuple[tuple[str, ...], str]:
    """The channels in their order, and what decided."""
    default = tuple(profile.policy.channels)
    if contact.mailbox and contact.channel is None and Channel.EDI not in default:
        default = (Channel.EDI.value, *default)  # who gave a mailbox wants interchanges, where there is one
    if contact.channel:
        return (contact.channel, *(channel for channel in default if channel != contact.channel)), "preference"
    if rule is not None:
        return tuple(rule.channels), f"rule {rule.name}"
    return default, "default"


def _lacks(contact: ContactPoint, channel: str, profile: TenantProfile, message: Rendered) -> str | None:
    """Why this channel cannot be used for this document; None where it can."""
    address = {Channel.EMAIL: contact.email, Channel.SMS: contact.phone, Channel.EDI: contact.mailbox}
    if not address[Channel(channel)]:
        return f"no {channel} address"
    if channel == Channel.EDI:
        envelope = next((part.envelope for part in message.renditions if part.envelope), None)
        if envelope is None:
            return "the plan has no EDI message"
        if envelope not in profile.mailboxes:
            return f"the tenant has no mailbox of its own for {envelope}"
    return None

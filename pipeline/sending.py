"""One attempt, outside of the database: may it be made, what does it say, and what came of the call.

A message is composed once; its bytes stand in the store under their digest before the call is committed, and every
try sends those bytes, whatever code does it.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from connectors.edi import EdiSender
from connectors.email import EmailSender
from connectors.profiles import Profiles
from connectors.sms import SmsSender
from connectors.storage import Storage, get, put
from pipeline.store import links, settling, suppressions
from pipeline.store.answers import Outcome
from pipeline.store.attempts import Leased, Ready
from pipeline.store.interchanges import Drawing
from schemas.deliveries import Accepted, Channel, EmailMessage, InterchangeMessage, SmsMessage
from schemas.errors import EntregaError, MessageRefused, OutcomeUnknown, TransientError
from schemas.messages import ArtefactKind, ArtefactRef
from stages.delivery import addresses, compose
from stages.delivery.policy import CONTACT_RETIRED, HANDED_OVER, not_before
from stages.formats import registry
from stages.formats.format import Letter
from stages.words import chosen

log = structlog.get_logger()

Message = EmailMessage | SmsMessage | InterchangeMessage
MESSAGES: dict[Channel, type[Message]] = {
    Channel.EMAIL: EmailMessage, Channel.SMS: SmsMessage, Channel.EDI: InterchangeMessage,
}  # fmt: skip


class Asks(Protocol):
    """A sender that can be asked whether it has a message."""

    async def find(self, message: Any, since: datetime) -> str | None: ...


@dataclass(frozen=True)
class Verdict:
    """What a look at a due attempt says: make it (both None), do not make it (`cancel`: why), or later (`until`)."""

    cancel: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Sending:
    """`senders` by channel; `email_sender` is the addr-spec of From, `sms_sender` a number or alphanumeric id."""

    storage: Storage
    profiles: Profiles
    senders: Mapping[Channel, EmailSender | SmsSender | EdiSender]
    public_url: str
    email_sender: str
    sms_sender: str
    link_days: int
    is_demo: bool

    def check(self, leased: Leased, listed: str | None, now: datetime) -> Verdict:
        """Look again just before a call: what was planned hours ago may be wrong by now. `listed`: suppressed, why."""
        if leased.delivery_state == "cancelled" or leased.document_state in settling.CLOSED:
            return Verdict(cancel=leased.document_state if leased.document_state in settling.CLOSED else "superseded")
        if leased.document_round != leased.round:
            return Verdict(cancel="newer-round")
        if leased.handed_over_at is not None:
            return Verdict(cancel=HANDED_OVER)
        found = addresses.usable(leased.channel, leased.given)
        if not leased.active:
            return Verdict(cancel=CONTACT_RETIRED)
        if found.problem is not None:
            return Verdict(cancel=found.problem)
        if listed is not None:
            return Verdict(cancel=listed if listed in suppressions.THEIR_WORDS else "suppressed")
        zones: tuple[str | None, ...] = (leased.timezone,)
        if leased.timezone is None and leased.channel is Channel.SMS and found.address is not None:
            zones = addresses.zones(found.address)
        at = not_before(leased.channel, now, leased.policy, zones)
        return Verdict(until=at) if at > now else Verdict()

    def drawing(self, leased: Leased) -> Drawing | None:
        """In whose series an interchange needs a control number; None for what is none."""
        if leased.channel is not Channel.EDI or leased.interchange is None:
            return None
        ours = self.profiles.pinned(leased.profile).profile.mailboxes.get(leased.interchange["envelope"])
        theirs = addresses.usable(Channel.EDI, leased.given).address
        if ours is None or theirs is None:
            return None
        return Drawing(leased.delivery_id, leased.tenant, leased.interchange["envelope"], ours, theirs)

    def prepare(self, leased: Leased, now: datetime) -> Ready:
        """Compose and store the message, unless that was done before. Blocking: called in a thread."""
        sender = self.senders[leased.channel]
        if leased.message is not None and leased.address is not None:
            return Ready(leased, leased.message, leased.address, sender.provider, sender.reports_delivery)
        address = addresses.usable(leased.channel, leased.given).address
        assert address is not None
        link = None if leased.channel is Channel.EDI else links.draw(now, self.link_days)
        message = self._interchange(leased, address, now) if link is None else self._compose(leased, link, address, now)
        ref = put(
            self.storage,
            leased.tenant,
            leased.document_id,
            ArtefactKind.MESSAGE,
            message.model_dump_json().encode("utf-8"),
            media_type="application/json",
            name=f"{leased.channel.value}-{leased.attempt_id}.json",
        )
        return Ready(leased, ref, address, sender.provider, sender.reports_delivery, link, message)

    def _interchange(self, leased: Leased, address: str, now: datetime) -> InterchangeMessage:
        """The message in its envelope. Its control number was drawn for this delivery and for no other."""
        assert leased.interchange is not None, "resolution takes the channel only where there is a message for it"
        assert leased.control_number is not None, "the dispatcher draws it"
        ours = self.profiles.pinned(leased.profile).profile.mailboxes[leased.interchange["envelope"]]
        message = get(self.storage, ArtefactRef.model_validate(leased.interchange["document"]))
        target = registry.target(leased.interchange["format"])
        assert target.wrap is not None, "a target with an envelope makes it"
        letter = Letter(ours, address, leased.control_number, now, leased.interchange["options"])
        return InterchangeMessage(
            attempt=leased.attempt_id,
            sender=ours,
            to=address,
            envelope=leased.interchange["envelope"],
            format=target.name,
            control_number=letter.control_number,
            interchange_base64=b64encode(target.wrap([message], letter)).decode(),
        )

    def _compose(self, leased: Leased, link: links.NewLink, address: str, now: datetime) -> Message:
        brand = self.profiles.pinned(leased.profile).profile.brand
        content = compose.Content(
            attempt=leased.attempt_id,
            document_type=leased.document_type,
            number=leased.number or "",
            seller=brand.name,
            link=link.url(self.public_url),
            expires_at=link.expires_at,
            language=chosen(leased.contact_language, leased.language),
            issue_date=leased.issue_date,
            due_date=leased.due_date,
            amount=leased.amount_due,
            currency=leased.currency,
            recipient=leased.name,
            zone=leased.timezone or leased.policy.timezone,
            is_demo=self.is_demo,
            copy_of=leased.copy_of,
        )
        if leased.channel is Channel.SMS:
            return compose.sms(content, sender=self.sms_sender, to=address)
        return compose.email(content, brand, sender=self.email_sender, to=address, at=now)

    def message(self, leased: Leased, ref: ArtefactRef) -> Message:
        """The stored bytes, verified. Blocking. Raises ArtefactDamaged (permanent), StoreUnavailable (transient)."""
        raw = get(self.storage, ref)
        return MESSAGES[leased.channel].model_validate_json(raw)

    async def call(self, ready: Ready, clock: Any) -> Outcome:
        """Make the call; every way it can end is an outcome. Cancelled in the middle: nobody knows."""
        leased, provider = ready.leased, ready.provider
        tries = leased.tries + 1
        try:
            message = ready.made or await asyncio.to_thread(self.message, leased, ready.message)
        except EntregaError as error:  # nothing has left
            kind = "later" if isinstance(error, TransientError) else "refused"
            return Outcome(leased, tries, kind, clock(), provider, reason=error.reason, words=error.text)  # type: ignore[arg-type]
        sender: Any = self.senders[leased.channel]
        try:
            accepted: Accepted = await sender.send(message)
        except asyncio.CancelledError:
            return Outcome(leased, tries, "unknown", clock(), provider, reason="stopped")
        except MessageRefused as error:
            return _refusal(leased, tries, "refused", error, clock(), provider)
        except OutcomeUnknown as error:
            return _refusal(leased, tries, "unknown", error, clock(), provider)
        except EntregaError as error:  # unavailable, throttled, or not configured as it should be: surely not taken
            return _refusal(leased, tries, "later", error, clock(), provider)
        except Exception as error:
            log.exception("sender-failed", provider=provider, attempt=str(leased.attempt_id))
            return Outcome(leased, tries, "unknown", clock(), provider, reason="bug", words=type(error).__name__)
        return Outcome(
            leased,
            tries,
            "captured" if accepted.captured else "accepted",
            clock(),
            accepted.provider,
            provider_message_id=accepted.provider_message_id,
            words=accepted.response or None,
        )

    async def ask(self, leased: Leased) -> str | None:
        """Whether the provider has this message: its id. None: it has not, or cannot be asked at all.

        Raises TransientError where it can be asked, but not now.
        """
        sender: Any = self.senders[leased.channel]
        if not self.can_ask(leased.channel) or leased.called_at is None or leased.message is None:
            return None
        finder: Asks = sender
        return await finder.find(await asyncio.to_thread(self.message, leased, leased.message), leased.called_at)

    def can_ask(self, channel: Channel) -> bool:
        return hasattr(self.senders[channel], "find")


def _refusal(leased: Leased, tries: int, kind: Any, error: EntregaError, at: datetime, provider: str) -> Outcome:
    said = error.detail
    after = said.get("retry_after")
    return Outcome(
        leased,
        tries,
        kind,
        at,
        provider,
        reason=str(said.get("reason") or error.reason),
        code=_text(said.get("code")),
        status=_text(said.get("status")),
        words=_text(said.get("diagnostic")) or error.text,
        retry_after=None if after is None else float(after),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

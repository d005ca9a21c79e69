"""What comes next for a delivery: pure decisions over what is known of it, a policy, and the time.

Another channel takes over at once where an address is missing, invalid or suppressed, and where the provider refused
or dropped the message or a server gave it back, even after it had taken it. It takes over later where an e-mail stays
deferred (`deferral_hours`) or nothing is heard (`silence_hours`, only where the channel reports deliveries). It never
does after a complaint, after the recipient has confirmed receipt, or while something else is still under way. Each
channel is used at most once in a delivery: a text message in particular.

Source: reliability.md 3.5 (delivery rules)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas.deliveries import AttemptState, Channel, DeliveryState, PolicyStep, Report, ReportAction
from schemas.tenants import DeliveryPolicy
from stages.delivery.states import open_ended

GIVE_UP = timedelta(hours=96)
"""A mail provider goes on for 72 hours after a deferral; a day later no report will come any more."""

CONTACT_RETIRED = "contact-retired"
UNUSABLE = frozenset(
    {"no-address", "invalid-address", "invalid-number", "landline", "suppressed", "opted-out", CONTACT_RETIRED}
)
"""Why an attempt was cancelled although nobody wanted it so: the address cannot be used."""

COMPLAINED = "complained"
UNCONFIRMED = "unconfirmed"
SILENCE = "silence"
AWAITING = "awaiting-report"
DEFERRED = "deferred"
HANDED_OVER = "handed-over"
NO_CHANNEL = "no-channel"
CANNOT_COMPOSE = "cannot-compose"


@dataclass(frozen=True)
class AttemptView:
    """What the policy needs to know of an attempt. `called_at`: when it was last given to the provider."""

    attempt_id: UUID
    ordinal: int
    channel: Channel
    state: AttemptState
    called_at: datetime | None = None
    reports_delivery: bool = False
    unknowns: int = 0
    reason: str | None = None
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True)
class DeliveryView:
    """A delivery with its attempts. `blocked` says why a channel may not be used (now, for this contact)."""

    channels: tuple[Channel, ...]
    attempts: tuple[AttemptView, ...]
    handed_over: bool = False
    closed: bool = False
    blocked: Mapping[Channel, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Hope:
    """An attempt that may still arrive; `until` is when another channel takes over."""

    attempt: AttemptView
    until: datetime
    why: str


def decide(delivery: DeliveryView, policy: DeliveryPolicy, now: datetime) -> PolicyStep:
    """The step that these facts ask for, at this time. The same facts and time always give the same step."""
    attempts = sorted(delivery.attempts, key=lambda attempt: attempt.ordinal)
    states = {attempt.state for attempt in attempts}
    if delivery.closed:
        return PolicyStep(step="nothing")
    if delivery.handed_over:
        return _settle(DeliveryState.DELIVERED, HANDED_OVER)
    if AttemptState.COMPLAINED in states:
        return _settle(DeliveryState.DELIVERED, COMPLAINED)
    if AttemptState.DELIVERED in states:
        return _settle(DeliveryState.DELIVERED)
    if under_way := [attempt for attempt in attempts if open_ended(attempt.state)]:
        return PolicyStep(step="wait", reason=under_way[-1].reason or "")
    if attempts and attempts[-1].state is AttemptState.CANCELLED and attempts[-1].reason == CANNOT_COMPOSE:
        return PolicyStep(step="nothing")  # a person was asked
    if AttemptState.CAPTURED in states:
        return _settle(DeliveryState.CAPTURED)
    if any(attempt.state is AttemptState.ACCEPTED and not attempt.reports_delivery for attempt in attempts):
        return _settle(DeliveryState.ACCEPTED)
    hopes = [hope for attempt in attempts if (hope := _hope(attempt, policy))]
    if pending := [hope for hope in hopes if hope.until > now]:
        first = min(pending, key=lambda hope: hope.until)
        why = AWAITING if first.why == SILENCE else first.why
        return PolicyStep(step="wait", at=first.until, reason=why, cause=first.attempt.attempt_id)
    return _next_channel(delivery, attempts, hopes, now)


def _next_channel(delivery: DeliveryView, attempts: list[AttemptView], hopes: list[_Hope], now: datetime) -> PolicyStep:
    """Everything that was tried failed, or has been silent for too long."""
    cause, why = _cause(attempts, hopes)
    used = {attempt.channel for attempt in attempts if not _never_made(attempt)}
    if why != COMPLAINED:
        for channel in delivery.channels:
            if channel not in used and channel not in delivery.blocked:
                return PolicyStep(step="fallback", channel=channel, reason=why, cause=cause)
    if any(hope.why == SILENCE for hope in hopes):
        return _settle(DeliveryState.ACCEPTED, UNCONFIRMED)
    late = [hope for hope in hopes if hope.why == DEFERRED]
    if late:
        last = max(late, key=lambda hope: _deferred_at(hope.attempt))
        until = _deferred_at(last.attempt) + GIVE_UP
        if until > now:
            return PolicyStep(step="wait", at=until, reason=DEFERRED, cause=last.attempt.attempt_id)
        if not last.attempt.reports_delivery:  # such a server tells of failures only, and it told of none
            return _settle(DeliveryState.ACCEPTED, UNCONFIRMED)
    return _settle(DeliveryState.UNDELIVERABLE, why)


def to_cancel(delivery: DeliveryView) -> list[tuple[AttemptView, str]]:
    """Planned attempts that nobody needs any more, each with the reason."""
    planned = [attempt for attempt in delivery.attempts if attempt.state is AttemptState.PLANNED]
    if delivery.handed_over:
        return [(attempt, HANDED_OVER) for attempt in planned]
    arrived = {a.state for a in delivery.attempts} & {AttemptState.DELIVERED, AttemptState.COMPLAINED}
    return [(attempt, "delivered") for attempt in planned] if arrived else []


def after_refusal(
    policy: DeliveryPolicy, attempt: UUID, tries: int, retry_after: float | None, now: datetime
) -> PolicyStep:
    """A provider did not take a message, but may: when to ask again, or that it is over. `tries` counts this one.

    The schedule is `retry_minutes`, each spread by a tenth so that what failed together does not return together;
    a provider that asks for more patience gets it.
    """
    if tries > len(policy.retry_minutes):
        return PolicyStep(step="settle", state=DeliveryState.UNDELIVERABLE, reason="retries-exhausted", cause=attempt)
    spread = 0.9 + 0.2 * ((attempt.int >> 8 * (tries % 8)) % 1000) / 1000
    seconds = max(policy.retry_minutes[tries - 1] * 60 * spread, retry_after or 0)
    return PolicyStep(step="retry", at=now + timedelta(seconds=seconds), cause=attempt)


def after_unknown(policy: DeliveryPolicy, attempt: AttemptView, now: datetime) -> PolicyStep:
    """Nobody knows whether the provider has the message, and it does not know it (any more) itself.

    wait: the window is not over. retry: send it once more, a duplicate is possible. settle: give this channel up.
    """
    opened = attempt.called_at or now
    until = opened + timedelta(minutes=policy.unknown_minutes.get(attempt.channel.value, 10))
    if until > now:
        return PolicyStep(step="wait", at=until, cause=attempt.attempt_id)
    if policy.resend_unknown and attempt.unknowns < 2:
        return PolicyStep(step="retry", at=now, reason="outcome-unknown", cause=attempt.attempt_id)
    return PolicyStep(step="settle", reason="outcome-unknown", cause=attempt.attempt_id)


def not_before(channel: Channel, now: datetime, policy: DeliveryPolicy, zones: Iterable[str | None]) -> datetime:
    """The first moment outside the quiet hours of every zone in which the recipient may be."""
    at = now
    known: list[str | None] = [zone for zone in zones if zone] or [None]
    for _ in range(4):
        latest = max(policy.earliest(channel.value, at, zone) for zone in known)
        if latest == at:
            break
        at = latest
    return at


def _settle(state: DeliveryState, reason: str = "") -> PolicyStep:
    return PolicyStep(step="settle", state=state, reason=reason)


def _hope(attempt: AttemptView, policy: DeliveryPolicy) -> _Hope | None:
    if attempt.state is AttemptState.DEFERRED:
        return _Hope(attempt, _deferred_at(attempt) + timedelta(hours=policy.deferral_hours), DEFERRED)
    if attempt.state is AttemptState.ACCEPTED and attempt.called_at is not None:
        return _Hope(attempt, attempt.called_at + timedelta(hours=policy.silence_hours), SILENCE)
    return None


def _deferred_at(attempt: AttemptView) -> datetime:
    """When the receiving server first asked for patience, by the provider's clock."""
    asked = [report.reported_at for report in attempt.reports if report.action is ReportAction.DEFERRED]
    return min(asked) if asked else attempt.called_at or datetime.max.replace(tzinfo=UTC)


def _cause(attempts: list[AttemptView], hopes: list[_Hope]) -> tuple[UUID | None, str]:
    """The newest attempt that did not get there, and why."""
    silent = {hope.attempt.attempt_id: hope.why for hope in hopes}
    ended = [
        attempt
        for attempt in attempts
        if attempt.state is not AttemptState.CANCELLED or attempt.reason in UNUSABLE | {COMPLAINED}
    ]
    if not ended:
        return None, NO_CHANNEL
    last = ended[-1]
    complaint = next((attempt for attempt in ended if attempt.reason == COMPLAINED), None)
    if complaint is not None:
        return complaint.attempt_id, COMPLAINED
    return last.attempt_id, silent.get(last.attempt_id) or last.reason or last.state.value


def _never_made(attempt: AttemptView) -> bool:
    """A cancelled attempt leaves its channel free, unless the provider may have the message after all."""
    return attempt.state is AttemptState.CANCELLED and attempt.unknowns == 0 and attempt.reason not in UNUSABLE

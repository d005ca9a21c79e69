"""What a report means in the log: which events, and whether its address is used again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.store.suppressions import OPTED_OUT
from schemas.deliveries import Report, ReportAction
from schemas.events import Event, EventType, document_stream
from stages.delivery.states import SAYS

EVENT: dict[ReportAction, EventType] = {
    ReportAction.DEFERRED: EventType.DEFERRED,
    ReportAction.DELIVERED: EventType.DELIVERED,
    ReportAction.BOUNCED: EventType.BOUNCED,
    # dropped: no mail server was asked, so it is no bounce
    ReportAction.DROPPED: EventType.ATTEMPT_REFUSED,
    ReportAction.COMPLAINED: EventType.COMPLAINED,
    ReportAction.EXPIRED: EventType.EXPIRED,
}
"""Reports that are an event each time."""

IMPLIED: dict[ReportAction, EventType] = {
    ReportAction.ACCEPTED: EventType.ACCEPTED,
    ReportAction.OPENED: EventType.DELIVERED,
    ReportAction.CLICKED: EventType.DELIVERED,
    ReportAction.UNSUBSCRIBED: EventType.DELIVERED,
    ReportAction.RESUBSCRIBED: EventType.DELIVERED,
    ReportAction.AUTORESPONDED: EventType.DELIVERED,
}
"""Reports that are an event only where they tell us something: the attempt did not stand there yet."""


def happened(
    report: Report, attempt: Mapping[str, Any], cause: str, rises: bool, now: datetime, *, by_recipient: bool = False
) -> list[Event]:
    """The events of one report of one attempt (a row). `rises`: the attempt's state changed by it. `by_recipient`: it
    named no attempt, and this was the only one that it could be of."""
    kind = EVENT.get(report.action) or (IMPLIED.get(report.action) if rises else None)
    if kind is None:
        return []
    data: dict[str, Any] = {
        "attempt": str(attempt["attempt_id"]),
        "channel": attempt["channel"],
        "provider": report.provider,
        "reported_at": report.reported_at,
        "reason": report.reason,
        "status": report.status,
        "code": report.code,
    }
    if report.action is ReportAction.BOUNCED:
        data["bounce"] = "hard" if report.permanent else "soft"
    if report.action is ReportAction.DROPPED:
        data["dropped"] = True
    if report.action in IMPLIED:
        data["told_by"] = report.action.value
    if by_recipient:
        data["matched_by"] = "recipient and time"
    personal = {"recipient": report.final_recipient, "diagnostic": report.diagnostic}
    personal = {name: value for name, value in personal.items() if value}
    return [
        Event(
            tenant=attempt["tenant"],
            stream=document_stream(attempt["document_id"]),
            type=kind,
            cause=cause,
            occurred_at=now,
            actor=f"provider:{report.provider}",
            data={name: value for name, value in data.items() if value is not None},
            personal=personal or None,
        )
    ]


def suppressed_event(
    attempt: Mapping[str, Any], address: str, reason: str, *, cause: str, actor: str, now: datetime
) -> Event:
    """The address of this attempt is not used, now or from now on."""
    return Event(
        tenant=attempt["tenant"],
        stream=document_stream(attempt["document_id"]),
        type=EventType.SUPPRESSED,
        cause=cause,
        occurred_at=now,
        actor=actor,
        data={"attempt": str(attempt["attempt_id"]), "channel": attempt["channel"], "reason": reason},
        personal={"address": address},
    )


def lifted_event(report: Report, attempt: Mapping[str, Any], cause: str, now: datetime) -> Event:
    """The owner of this attempt's address takes an opt-out back."""
    return Event(
        tenant=attempt["tenant"],
        stream=document_stream(attempt["document_id"]),
        type=EventType.SUPPRESSION_LIFTED,
        cause=cause,
        occurred_at=now,
        actor=f"provider:{report.provider}",
        data={"attempt": str(attempt["attempt_id"]), "channel": attempt["channel"], "reason": OPTED_OUT},
        personal={"address": attempt["address"]},
    )


DEAD = frozenset(
    "unknown-recipient invalid-address bad-domain mailbox-disabled recipient-moved "
    "invalid-number unknown-number landline opted-out complained".split()
)
"""Refusals that speak of the address and not of the message: it is not asked again."""


def suppression(report: Report, attempt: Mapping[str, Any]) -> tuple[str, str] | None:
    """(address, reason) where the address of this attempt is not to be used again: it does not work, or was told so.

    A soft failure says something of a day, not of an address.
    """
    address = attempt["address"] or report.final_recipient
    if address is None:
        return None
    if report.action is ReportAction.COMPLAINED:
        return address, "complained"
    if report.action is ReportAction.UNSUBSCRIBED:
        return address, OPTED_OUT
    if report.action in (ReportAction.BOUNCED, ReportAction.DROPPED) and report.permanent:
        return address, str(report.reason or "bounced")
    return None


assert set(SAYS) == set(EVENT) | set(IMPLIED) | {ReportAction.UNMAPPED}  # every word of a report is decided on

"""The truth table of fallback: what becomes of an e-mail x the phone x quiet hours x suppression of the number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from itertools import product

import pytest
from delivery_steps import BOTH, EMAIL, NOON, POLICY, email, report

from schemas.deliveries import AttemptState as State
from schemas.deliveries import Channel, DeliveryState
from schemas.deliveries import ReportAction as Said
from schemas.tenants import DeliveryPolicy
from stages.delivery.policy import (
    AttemptView,
    DeliveryView,
    decide,
    not_before,
)


@dataclass(frozen=True)
class Fate:
    """What becomes of the e-mail, when a text message would follow (hours; None: never), and what is true without."""

    attempt: Callable[[], AttemptView]
    after: float | None
    without: DeliveryState
    because: str
    view: dict[str, object] = field(default_factory=dict)


FATES: dict[str, Fate] = {
    "delivered": Fate(lambda: email(State.DELIVERED, report(Said.DELIVERED)), None, DeliveryState.DELIVERED, ""),
    "taken by a server that reports nothing": Fate(
        lambda: email(State.ACCEPTED, reports_delivery=False), None, DeliveryState.ACCEPTED, ""
    ),
    "kept in the outbox": Fate(lambda: email(State.CAPTURED), None, DeliveryState.CAPTURED, ""),
    "complained of": Fate(
        lambda: email(State.COMPLAINED, report(Said.COMPLAINED)), None, DeliveryState.DELIVERED, "complained"
    ),
    "to an address that complained before": Fate(
        lambda: email(State.CANCELLED, reason="complained"), None, DeliveryState.UNDELIVERABLE, "complained"
    ),
    "bounced, but confirmed on the page": Fate(
        lambda: email(State.BOUNCED, report(Said.BOUNCED)),
        None,
        DeliveryState.DELIVERED,
        "handed-over",
        {"handed_over": True},
    ),
    "without an address": Fate(
        lambda: email(State.CANCELLED, reason="no-address"), 0, DeliveryState.UNDELIVERABLE, "no-address"
    ),
    "to an address that is none": Fate(
        lambda: email(State.CANCELLED, reason="invalid-address"), 0, DeliveryState.UNDELIVERABLE, "invalid-address"
    ),
    "to a suppressed address": Fate(
        lambda: email(State.CANCELLED, reason="suppressed"), 0, DeliveryState.UNDELIVERABLE, "suppressed"
    ),
    "refused by the provider": Fate(
        lambda: email(State.REFUSED, reason="malformed"), 0, DeliveryState.UNDELIVERABLE, "malformed"
    ),
    "dropped by the provider": Fate(
        lambda: email(State.REFUSED, report(Said.DROPPED), reason="suppressed"),
        0,
        DeliveryState.UNDELIVERABLE,
        "suppressed",
    ),
    "bounced hard": Fate(
        lambda: email(State.BOUNCED, report(Said.BOUNCED, permanent=True), reason="unknown-recipient"),
        0,
        DeliveryState.UNDELIVERABLE,
        "unknown-recipient",
    ),
    "delivered, and bounced later": Fate(
        lambda: email(State.BOUNCED, report(Said.DELIVERED), report(Said.BOUNCED, 0.1), reason="unknown-recipient"),
        0,
        DeliveryState.UNDELIVERABLE,
        "unknown-recipient",
    ),
    "blocked (soft), which ends it too": Fate(
        lambda: email(State.BOUNCED, report(Said.BOUNCED, permanent=False), reason="blocked"),
        0,
        DeliveryState.UNDELIVERABLE,
        "blocked",
    ),
    "of unknown outcome, given up": Fate(
        lambda: email(State.EXPIRED, reason="outcome-unknown"), 0, DeliveryState.UNDELIVERABLE, "outcome-unknown"
    ),
    "deferred for four hours": Fate(
        lambda: email(State.DEFERRED, report(Said.DEFERRED, 0.5), report(Said.DEFERRED, 3)),
        4.5,
        DeliveryState.UNDELIVERABLE,
        "deferred",
    ),
    "met by silence for two hours": Fate(lambda: email(State.ACCEPTED), 2, DeliveryState.ACCEPTED, "silence"),
}
PHONES: dict[str, dict[Channel, str]] = {
    "mobile": {},
    "no phone": {Channel.SMS: "no-address"},
    "landline": {Channel.SMS: "landline"},
}


NIGHT = DeliveryPolicy(timezone="UTC", quiet_from=time(11, 0), quiet_until=time(20, 0))
"""Quiet hours from before noon to eight in the evening: every fallback of the table falls into them."""


@pytest.mark.parametrize(
    ("fate", "phone", "quiet", "stopped"), list(product(FATES, PHONES, (False, True), (False, True)))
)
def test_truth_table(fate: str, phone: str, quiet: bool, stopped: bool) -> None:
    """An e-mail of this fate leads to one text message at this second, or to this end without one."""
    case = FATES[fate]
    policy = NIGHT if quiet else POLICY
    blocked = {**PHONES[phone], **({Channel.SMS: "suppressed"} if stopped else {})}
    view = replace(DeliveryView(BOTH, (case.attempt(),), blocked=blocked), **case.view)  # type: ignore[arg-type]
    now, sent = NOON, None
    for _ in range(10):
        found = decide(view, policy, now)
        if found.step != "wait":
            break
        assert found.at is not None
        assert found.at > now
        now = found.at
    if case.after is not None and not blocked:
        sent = not_before(Channel.SMS, now, policy, [None])
        expected = NOON + timedelta(hours=case.after)
        assert (found.step, found.channel, found.reason, found.cause) == ("fallback", Channel.SMS, case.because, EMAIL)
        assert sent == (NOON.replace(hour=20) if quiet else expected)
        return
    assert found.step == "settle"
    assert found.state is case.without
    waited = {"silence": "unconfirmed", "deferred": "deferred"}.get(case.because, case.because)
    assert found.reason == waited

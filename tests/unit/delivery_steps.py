"""Attempts and reports in one line each, and what policy says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas.deliveries import AttemptState as State
from schemas.deliveries import Channel, DeliveryState, PolicyStep, Report
from schemas.deliveries import ReportAction as Said
from schemas.tenants import DeliveryPolicy
from stages.delivery.policy import (
    AttemptView,
    DeliveryView,
    decide,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EMAIL, SMS = UUID(int=1), UUID(int=2)
POLICY = DeliveryPolicy(timezone="UTC")
BOTH = (Channel.EMAIL, Channel.SMS)


def report(action: Said, after: float = 0, **more: object) -> Report:
    """`after` in hours from noon."""
    values = {"provider": "sendgrid", "attempt": EMAIL, "reported_at": NOON + timedelta(hours=after), **more}
    return Report(action=action, **values)  # type: ignore[arg-type]


def email(state: State, *reports: Report, reports_delivery: bool = True, **more: object) -> AttemptView:
    values = {"called_at": NOON, "reports_delivery": reports_delivery, "reports": reports, **more}
    return AttemptView(EMAIL, 1, Channel.EMAIL, state, **values)  # type: ignore[arg-type]


def sms(state: State, ordinal: int = 2, **more: object) -> AttemptView:
    values = {"called_at": NOON, "reports_delivery": True, **more}
    return AttemptView(SMS, ordinal, Channel.SMS, state, **values)  # type: ignore[arg-type]


def step(*attempts: AttemptView, at: float = 0, **more: object) -> PolicyStep:
    """The policy's word, `at` hours after noon."""
    view = replace(DeliveryView(BOTH, attempts), **more)  # type: ignore[arg-type]
    return decide(view, POLICY, NOON + timedelta(hours=at))


def settled(state: DeliveryState, reason: str = "") -> PolicyStep:
    return PolicyStep(step="settle", state=state, reason=reason)

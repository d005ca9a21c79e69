"""What comes next: the rules one by one, and reports in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from delivery_steps import BOTH, EMAIL, NOON, POLICY, email, report, settled, sms, step
from hypothesis import given
from hypothesis import strategies as st

from schemas.deliveries import AttemptState as State
from schemas.deliveries import Channel, DeliveryState, PolicyStep
from schemas.deliveries import ReportAction as Said
from schemas.tenants import DeliveryPolicy
from stages.delivery.policy import (
    GIVE_UP,
    DeliveryView,
    after_refusal,
    after_unknown,
    decide,
    not_before,
    to_cancel,
)
from stages.delivery.states import joined


def test_nothing_is_decided_while_a_call_is_open() -> None:
    """Planned, calling or unknown: no other channel starts before that is known."""
    for state in (State.PLANNED, State.CALLING, State.UNKNOWN):
        assert step(email(state)) == PolicyStep(step="wait")


def test_the_text_message_failed_too() -> None:
    """When every channel is exhausted the delivery is undeliverable, for the reason of the last one."""
    assert step(email(State.BOUNCED), sms(State.BOUNCED, reason="landline")) == settled(
        DeliveryState.UNDELIVERABLE, "landline"
    )


def test_late_delivered_after_the_text_message() -> None:
    """An e-mail that arrives after all, when the text message has gone: recorded, and nothing is sent."""
    assert step(email(State.DELIVERED), sms(State.ACCEPTED)) == settled(DeliveryState.DELIVERED)


def test_bounce_after_the_text_message_sends_no_second_one() -> None:
    """A deferred e-mail that bounces when the text message is under way starts nothing."""
    assert step(email(State.BOUNCED), sms(State.ACCEPTED), at=1).step == "wait"


def test_silence_of_the_last_channel_is_unconfirmed() -> None:
    """A text message that was taken and never reported on ends as accepted, and says that it is unconfirmed."""
    found = step(email(State.BOUNCED), sms(State.ACCEPTED), at=2)
    assert found == settled(DeliveryState.ACCEPTED, "unconfirmed")


def test_deferred_waits_for_the_provider_when_there_is_no_other_channel() -> None:
    """Without another channel a deferred e-mail has until the provider must have given up."""
    attempt = email(State.DEFERRED, report(Said.DEFERRED))
    waiting = step(attempt, at=5, blocked={Channel.SMS: "no-address"})
    assert (waiting.step, waiting.at) == ("wait", NOON + GIVE_UP)
    assert step(attempt, at=96, blocked={Channel.SMS: "no-address"}) == settled(DeliveryState.UNDELIVERABLE, "deferred")


def test_a_plain_server_that_deferred_and_never_failed() -> None:
    """A server that reports failures only, and reported none, has passed the e-mail on."""
    attempt = email(State.DEFERRED, report(Said.DEFERRED), reports_delivery=False)
    found = step(attempt, at=97, blocked={Channel.SMS: "no-address"})
    assert found == settled(DeliveryState.ACCEPTED, "unconfirmed")


def test_preference_for_text_messages_falls_back_to_email() -> None:
    """Whoever prefers text messages gets the e-mail when they fail."""
    view = DeliveryView((Channel.SMS, Channel.EMAIL), (sms(State.REFUSED, ordinal=1, reason="landline"),))
    found = decide(view, POLICY, NOON)
    assert (found.step, found.channel, found.reason) == ("fallback", Channel.EMAIL, "landline")


def test_a_closed_document_asks_for_nothing() -> None:
    """A superseded or discarded document starts no other channel."""
    assert step(email(State.BOUNCED), closed=True) == PolicyStep(step="nothing")


def test_a_pending_text_message_is_called_off() -> None:
    """A planned text message is not sent once the e-mail has arrived, or the recipient has confirmed receipt."""
    planned = sms(State.PLANNED)
    arrived = DeliveryView(BOTH, (email(State.DELIVERED), planned))
    confirmed = DeliveryView(BOTH, (email(State.BOUNCED), planned), handed_over=True)
    assert to_cancel(arrived) == [(planned, "delivered")]
    assert to_cancel(confirmed) == [(planned, "handed-over")]
    assert to_cancel(DeliveryView(BOTH, (email(State.BOUNCED), planned))) == []


def test_a_called_off_text_message_may_still_be_needed() -> None:
    """Called off for an e-mail that then bounces, a text message that never left is sent after all."""
    found = step(email(State.BOUNCED), sms(State.CANCELLED, reason="delivered"))
    assert (found.step, found.channel) == ("fallback", Channel.SMS)


def test_a_text_message_that_may_have_left_is_never_repeated() -> None:
    """The same, but its outcome had once been unknown: it may be on the phone, so there is no second one."""
    found = step(email(State.BOUNCED, reason="blocked"), sms(State.CANCELLED, reason="delivered", unknowns=1))
    assert found == settled(DeliveryState.UNDELIVERABLE, "blocked")


def test_retries_follow_the_schedule_with_a_tenth_of_spread() -> None:
    """A refusal that may pass is tried again by the schedule, spread by a tenth, and ends after its last entry."""
    attempt = uuid4()
    for tries, minutes in enumerate(POLICY.retry_minutes, start=1):
        found = after_refusal(POLICY, attempt, tries, None, NOON)
        assert found.at is not None
        assert 0.9 * minutes * 60 <= (found.at - NOON).total_seconds() <= 1.1 * minutes * 60
    assert after_refusal(POLICY, attempt, 6, None, NOON).step == "settle"
    assert after_refusal(POLICY, attempt, 1, 3600, NOON).at == NOON + timedelta(hours=1)


def test_unknown_waits_resends_once_and_gives_up() -> None:
    """An unknown outcome has its window, then one more sending, then another channel."""
    unknown = email(State.UNKNOWN, unknowns=1)
    early, over = NOON + timedelta(minutes=9), NOON + timedelta(minutes=10)
    assert after_unknown(POLICY, unknown, early) == PolicyStep(step="wait", at=over, cause=EMAIL)
    assert after_unknown(POLICY, unknown, over).step == "retry"
    assert after_unknown(POLICY, replace(unknown, unknowns=2), over).step == "settle"
    assert after_unknown(DeliveryPolicy(resend_unknown=False), unknown, over).step == "settle"


def test_quiet_hours_of_every_zone_the_number_may_be_in() -> None:
    """A text message waits until it is day in each zone where the recipient may be."""
    policy = DeliveryPolicy(timezone="UTC")
    evening = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert not_before(Channel.SMS, evening, policy, ["Europe/Lisbon"]) == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    found = not_before(Channel.SMS, evening, policy, ["Europe/Lisbon", "Atlantic/Azores"])
    assert found == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert not_before(Channel.EMAIL, evening, policy, ["Europe/Lisbon"]) == evening


@given(st.lists(st.sampled_from(list(Said)), max_size=8), st.randoms(use_true_random=False))
def test_any_order_of_reports_sends_one_text_message_at_most(actions: list[Said], draws: object) -> None:
    """Reports of an e-mail, shuffled and repeated, with decisions between: one text message at most, one end state."""
    reports = [report(action, index / 100) for index, action in enumerate(actions)]
    shuffled = reports * 3
    draws.shuffle(shuffled)  # type: ignore[attr-defined]
    attempts = [email(State.ACCEPTED)]
    ordinal = 1
    sent = 0
    for hour, told in enumerate(shuffled):
        known = attempts[0]
        seen = known.reports if told in known.reports else (*known.reports, told)
        attempts[0] = replace(known, state=joined(known.state, [told]), reports=seen)
        view = DeliveryView(BOTH, tuple(attempts))
        for attempt, reason in to_cancel(view):
            attempts[attempts.index(attempt)] = replace(attempt, state=State.CANCELLED, reason=reason)
        found = decide(DeliveryView(BOTH, tuple(attempts)), POLICY, NOON + timedelta(hours=hour))
        if found.step == "fallback":
            assert found.channel is Channel.SMS
            ordinal += 1
            attempts.append(sms(State.ACCEPTED, ordinal))
            sent += 1
    assert sent <= 1
    assert attempts[0].state is joined(State.ACCEPTED, reports)

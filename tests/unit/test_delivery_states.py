"""The ladder of an attempt's states: each edge by name, and no order or repetition of reports matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deliveries import AttemptState as State
from schemas.deliveries import Report
from schemas.deliveries import ReportAction as Said
from stages.delivery.states import RANK, SAYS, join, joined, open_ended

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def said(*actions: Said) -> list[Report]:
    return [
        Report(provider="sendgrid", action=action, attempt=UUID(int=1), reported_at=NOON + timedelta(seconds=index))
        for index, action in enumerate(actions)
    ]


EDGES: dict[str, tuple[State, tuple[Said, ...], State]] = {
    "an unknown outcome is resolved by processed": (State.UNKNOWN, (Said.ACCEPTED,), State.ACCEPTED),
    "a report may be faster than the call's own answer": (State.CALLING, (Said.DELIVERED,), State.DELIVERED),
    "a planned second sending is called off by a report of the first": (
        State.PLANNED,
        (Said.ACCEPTED,),
        State.ACCEPTED,
    ),
    "processed after the call's yes changes nothing": (State.ACCEPTED, (Said.ACCEPTED,), State.ACCEPTED),
    "deferred after accepted": (State.ACCEPTED, (Said.DEFERRED,), State.DEFERRED),
    "delivered after accepted": (State.ACCEPTED, (Said.DELIVERED,), State.DELIVERED),
    "delivered after deferred": (State.DEFERRED, (Said.DELIVERED,), State.DELIVERED),
    "deferred that comes after delivered is late news": (State.DELIVERED, (Said.DEFERRED,), State.DELIVERED),
    "bounced after accepted": (State.ACCEPTED, (Said.BOUNCED,), State.BOUNCED),
    "bounced after deferred": (State.DEFERRED, (Said.BOUNCED,), State.BOUNCED),
    "bounced after delivered: an asynchronous bounce": (State.DELIVERED, (Said.BOUNCED,), State.BOUNCED),
    "delivered that comes after its bounce does not undo it": (State.BOUNCED, (Said.DELIVERED,), State.BOUNCED),
    "dropped after processed: no server was asked": (State.ACCEPTED, (Said.DROPPED,), State.REFUSED),
    "expired at the carrier": (State.ACCEPTED, (Said.EXPIRED,), State.EXPIRED),
    "expired, and delivered all the same": (State.EXPIRED, (Said.DELIVERED,), State.DELIVERED),
    "given up, and processed comes late": (State.EXPIRED, (Said.ACCEPTED,), State.EXPIRED),
    "complained implies that it arrived": (State.ACCEPTED, (Said.COMPLAINED,), State.COMPLAINED),
    "complained after delivered": (State.DELIVERED, (Said.COMPLAINED,), State.COMPLAINED),
    "bounced after complained: it had been there": (State.COMPLAINED, (Said.BOUNCED,), State.COMPLAINED),
    "opened says that it was delivered": (State.ACCEPTED, (Said.OPENED,), State.DELIVERED),
    "clicked says that it was delivered": (State.DEFERRED, (Said.CLICKED,), State.DELIVERED),
    "unsubscribed says that it was delivered": (State.ACCEPTED, (Said.UNSUBSCRIBED,), State.DELIVERED),
    "a holiday notice says that it was delivered": (State.ACCEPTED, (Said.AUTORESPONDED,), State.DELIVERED),
    "an unmapped report says nothing": (State.CALLING, (Said.UNMAPPED,), State.CALLING),
    "refused by the call, delivered by an earlier try": (State.REFUSED, (Said.DELIVERED,), State.DELIVERED),
    "cancelled, though an earlier try had gone out": (State.CANCELLED, (Said.ACCEPTED,), State.ACCEPTED),
    "captured hears nothing": (State.CAPTURED, (), State.CAPTURED),
}


@pytest.mark.parametrize("name", EDGES)
def test_edge(name: str) -> None:
    """Each edge of the machine leads where its name says."""
    before, actions, after = EDGES[name]
    assert joined(before, said(*actions)) is after


reports = st.lists(st.sampled_from(list(Said)), max_size=12)


@given(st.sampled_from([State.CALLING, State.UNKNOWN, State.ACCEPTED]), reports, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(start: State, actions: list[Said], draws: object) -> None:
    """Any permutation with any repetition of the same reports gives the same state."""
    once = said(*actions)
    shuffled = [*once, *once[: len(once) // 2], *once]
    draws.shuffle(shuffled)  # type: ignore[attr-defined]
    assert joined(start, shuffled) is joined(start, once)


@given(reports, reports)
def test_the_state_never_falls(first: list[Said], second: list[Said]) -> None:
    """More reports never take a state back."""
    before = joined(State.ACCEPTED, said(*first))
    assert RANK[joined(before, said(*second))] >= RANK[before]


@given(st.sampled_from(list(State)), st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_join_is_a_lattice(a: State, b: State, c: State) -> None:
    """Join is idempotent and associative, and up to states of the same rank commutative."""
    assert join(a, a) is a
    assert join(join(a, b), c) is join(a, join(b, c))
    assert RANK[join(a, b)] == RANK[join(b, a)]


def test_every_word_has_a_meaning() -> None:
    """Each word of a report is decided on, and each state has its rung."""
    assert set(SAYS) == set(Said)
    assert set(RANK) == set(State)
    assert [state for state in State if open_ended(state)] == [State.PLANNED, State.CALLING, State.UNKNOWN]

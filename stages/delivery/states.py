"""What the reports of an attempt, taken together, say of it.

Reports come late, twice and out of order. The state is therefore a join over the set of them: each report is a rung of
one ladder and the highest rung holds, so order and repetition cannot matter, and nothing is ever overwritten.

    planned, calling, unknown, cancelled   what we know by ourselves: any report beats it
    accepted, captured                     a provider has it
    deferred                               the receiving server asked for patience
    expired                                given up waiting
    refused                                the provider did not take it, or dropped it without asking the server
    delivered                              the receiving server took it: beats every "not yet" and "gave up"
    bounced                                and gave it back: a bounce may follow a delivery, never the reverse
    complained                             it arrived, and was not wanted

Source: RFC 3464 (actions), SendGrid's event order (delivered, then an asynchronous bounce)
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.deliveries import AttemptState, Report, ReportAction

RANK: dict[AttemptState, int] = {
    AttemptState.PLANNED: 0,
    AttemptState.CALLING: 0,
    AttemptState.UNKNOWN: 0,
    AttemptState.CANCELLED: 0,
    AttemptState.CAPTURED: 1,
    AttemptState.ACCEPTED: 1,
    AttemptState.DEFERRED: 2,
    AttemptState.EXPIRED: 3,
    AttemptState.REFUSED: 4,
    AttemptState.DELIVERED: 5,
    AttemptState.BOUNCED: 6,
    AttemptState.COMPLAINED: 7,
}

SAYS: dict[ReportAction, AttemptState | None] = {
    ReportAction.ACCEPTED: AttemptState.ACCEPTED,
    ReportAction.DEFERRED: AttemptState.DEFERRED,
    ReportAction.DELIVERED: AttemptState.DELIVERED,
    ReportAction.BOUNCED: AttemptState.BOUNCED,
    ReportAction.DROPPED: AttemptState.REFUSED,
    ReportAction.COMPLAINED: AttemptState.COMPLAINED,
    ReportAction.EXPIRED: AttemptState.EXPIRED,
    # Somebody or some machine at the other end has it: so it was delivered, and nothing is said of who reads it.
    ReportAction.OPENED: AttemptState.DELIVERED,
    ReportAction.CLICKED: AttemptState.DELIVERED,
    ReportAction.UNSUBSCRIBED: AttemptState.DELIVERED,
    ReportAction.RESUBSCRIBED: AttemptState.DELIVERED,
    ReportAction.AUTORESPONDED: AttemptState.DELIVERED,
    ReportAction.UNMAPPED: None,
}
"""What one report alone says."""


def join(state: AttemptState, other: AttemptState) -> AttemptState:
    """The higher rung; `state` where both stand on the same one."""
    return other if RANK[other] > RANK[state] else state


def joined(state: AttemptState, reports: Iterable[Report]) -> AttemptState:
    """The state of an attempt that stood at `state`, after these reports in any order and number."""
    for report in reports:
        said = SAYS[report.action]
        if said is not None:
            state = join(state, said)
    return state


def open_ended(state: AttemptState) -> bool:
    """Whether nothing is known yet: we mean to call, are calling, or do not know what came of it."""
    return state in (AttemptState.PLANNED, AttemptState.CALLING, AttemptState.UNKNOWN)

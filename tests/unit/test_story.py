"""The story of a document: every event in plain words, gaps told, nothing personal in full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from connectors.reasons import Reason
from pipeline import plain
from pipeline.store.history import EventRow
from pipeline.store.parking import REFUSING
from pipeline.store.searching import ENDS
from pipeline.story.steps import steps
from portal.operator.overview import bar
from schemas import errors
from schemas.errors import Finding
from schemas.events import EventType
from stages.delivery import policy
from stages.formats.reading.records import unreadable

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def row(type_: str, seconds: float = 0, personal: dict[str, Any] | None = None, **data: Any) -> EventRow:
    at = START + timedelta(seconds=seconds)
    return EventRow(at, "document:x", 1, uuid4(), "t", type_, "c", at, "stage:conversion", data, b"", personal, "none")


@pytest.mark.parametrize("type_", list(EventType))
def test_every_event_has_words(type_: EventType) -> None:
    """Each word of the log becomes a step that a person can read."""
    (step,) = steps([row(type_, stage="signing", channel="email", provider="twilio")], {})
    assert step.title[0].isupper() or step.title.startswith("SMS")
    assert "None" not in step.title
    assert "_" not in step.title


def test_gaps_and_fetches() -> None:
    """Short gaps stand beside the time, long ones stand out; a swarm of scanners is one step with a count."""
    fetch = {"guess": "scanner", "what": "page"}
    told = steps(
        [
            row("delivered", channel="email"),
            *[row("link-fetched", 7 + at, **fetch) for at in range(5)],
            row("link-fetched", 13, guess="unknown"),
            row("handed-over", 13 + 3 * 86400),
        ],
        {},
    )
    assert [(step.title, step.count, step.gap, step.long) for step in told] == [
        ("E-mail delivered", 1, "", False),
        ("Link opened by a machine", 5, "7 s", False),
        ("Link opened, by a person or a machine", 1, "2 s", False),
        ("Receipt confirmed by the recipient", 1, "3 d", True),
    ]


def test_only_true_words() -> None:
    """What a provider took is not called delivered, and what the outbox kept is not called sent."""
    for type_ in set(EventType) - {EventType.DELIVERED}:
        (step,) = steps([row(type_, channel="email", provider="sendgrid", stage="signing")], {})
        assert "delivered" not in step.title.lower() or type_ is EventType.UNDELIVERABLE, type_
        assert "sent" not in step.title.split() or type_ is EventType.CANCELLED, type_  # not sent
        assert (step.tone == "good") <= (type_ in ("captured", "handed-over")), type_


def test_failures_say_what_to_do() -> None:
    """A bounce has its reason, code and advice; the provider's words stand without the address."""
    (step,) = steps(
        [
            row("bounced", channel="email", attempt="a1", reason="mailbox-full", code="552", bounce="hard",
                personal={"diagnostic": "552 <ana.costa@example.com> over quota", "recipient": "ana.costa@example.com"})
        ],
        {"a1": 2},
    )  # fmt: skip
    assert step.tone == "bad"
    assert step.title == "E-mail bounced for good"
    assert step.says == "The mailbox is full."
    assert step.do == "Tell the recipient by another way, or wait; then send it again."
    assert ("attempt", "2") in step.facts
    assert ("code", "552") in step.facts
    assert ("provider's words", "552 <a…@example.com> over quota") in step.facts
    assert not any("ana.costa" in value for _, value in step.facts)


def test_what_the_directory_lacks_is_not_sought_in_the_erp() -> None:
    """Peppol asks for the buyer's electronic address, and the recipients file may give it."""
    (step,) = steps([row("refused", stage="conversion", reason="document-invalid", explanation="It breaks a rule.",
                         rules=["BR-06", "PEPPOL-EN16931-R010"])], {})  # fmt: skip
    assert step.says == "It breaks a rule."
    assert "endpoint_scheme and endpoint" in step.do


def test_warnings_of_reading_stand_in_the_story() -> None:
    """Each rule once with how often, and to who may see personal details each warning with place and found value."""
    warned = {"rule": "x12-kept", "message": "kept aside", "place": "segment 4 CUR", "found": "CUR*SE*USD",
              "severity": "warning"}  # fmt: skip
    hidden, shown = steps(
        [row("extracted", warnings=["x12-kept", "x12-kept", "x12-sum"], personal=personal) for personal in
         (None, {"warnings": [warned]})], {},
    )  # fmt: skip
    assert ("warnings", "x12-kept (2 times), x12-sum") in hidden.facts
    assert hidden.findings == ()
    assert shown.findings == (warned,)


def test_every_reason_has_a_sentence() -> None:
    """Each reason of our errors and of the providers has a sentence, and each that parks says what to do."""

    def below(kind: type[errors.EntregaError]) -> set[str]:
        ours = {kind.reason} if kind.__module__ == errors.__name__ else set()
        return ours.union(*(below(each) for each in kind.__subclasses__()))

    abstract = {"permanent", "transient", "configuration"}
    for word in below(errors.EntregaError) - abstract:
        assert word in plain.REASONS, word
        assert plain.reason(word)[1], word
    for word in REFUSING | set(Reason):
        assert plain.reason(word)[0].endswith("."), word
    assert set(plain.STATES) == set(plain.TONES) == set(plain.MEANS) == ENDS | {"moving", "waiting"}


def test_every_failed_delivery_says_what_to_do() -> None:
    """Whatever word a provider, a policy or a dispatcher leaves: a sentence of its own, and something for a person."""
    words = {
        *Reason, *policy.UNUSABLE, policy.COMPLAINED, policy.UNCONFIRMED, policy.SILENCE, policy.AWAITING,
        policy.DEFERRED, policy.HANDED_OVER, policy.NO_CHANNEL, policy.CANNOT_COMPOSE, "stopped", "no-outcome-recorded",
        "retries-exhausted", "outcome-unknown", "bounced", "refused", "new-round", "newer-round", "delivered",
        "unknown",
    }  # fmt: skip
    for word in words:
        says, do = plain.reason(str(word))
        assert says != f"{word.replace('-', ' ').capitalize()}.", word
        assert do.endswith("."), word


def test_a_place_is_said_once_and_a_sentence_ends_once() -> None:
    """What a page makes of an error's text and its first finding; what stands there is told as it is."""
    finding = {"rule": "json-number", "place": "line 1, lines[0].net_price", "found": "10.5", "expected": '"10.5"'}
    said = "line 1, lines[0].net_price cannot be read: json-number"
    told = f"{plain.sentence(said)} {plain.found(finding, said)}"
    assert told == 'line 1, lines[0].net_price cannot be read: json-number. Found 10.5, expected "10.5".'
    assert plain.found({"place": "/Invoice", "found": "7"}, "The document breaks BR-CO-16.") == "/Invoice: found 7."
    assert plain.sentence("The document breaks BR-CO-16.") == "The document breaks BR-CO-16."


@pytest.mark.parametrize(
    ("what", "place", "told"),
    [
        ("line 1", "line 1, lines[0].net_price", "line 1, lines[0].net_price cannot be read: x"),
        ("line 1", "line 12", "line 1 cannot be read: x at line 12"),
        ("/Invoice[1]", "/Invoice[1]/cbc:ID", "/Invoice[1]/cbc:ID cannot be read: x"),
        ("the export", "line 3", "the export cannot be read: x at line 3"),
        ("the export", "", "the export cannot be read: x"),
    ],
)
def test_a_readers_error_names_a_place_once(what: str, place: str, told: str) -> None:
    """The record's address is a part of the place, and not said beside it."""
    assert unreadable(what, [Finding(rule="x", message="m", place=place)]).text == told


def test_bars() -> None:
    """The pieces of a bar fill it exactly, in a fixed order, and one in a million can still be seen."""
    pieces = bar({"refused": 1, "delivered": 1_000_000, "waiting": 3})
    assert [piece["word"] for piece in pieces] == ["delivered", "waiting", "refused"]
    assert sum(piece["width"] for piece in pieces) == 1000
    assert min(piece["width"] for piece in pieces) == 12
    assert [piece["x"] for piece in pieces] == [0, 976, 988]
    assert bar({}) == []

"""Our words: what a state means beside its reason, and advice that can be followed."""

from __future__ import annotations

from pipeline import plain
from pipeline.advising import advice


def test_a_document_that_its_recipient_confirmed_says_so() -> None:
    """No server or phone is said to have taken a message that stayed in the outbox."""
    assert plain.state("delivered", "handed-over")["means"] == "The recipient has confirmed receipt."
    assert plain.state("delivered")["means"] == "The receiving server or phone took the message."


def test_a_conflict_of_content_names_the_ways_out() -> None:
    """A correction, another number in the ERP, a profile that lets exports replace, or closing it."""
    told = advice("content-conflict")
    for words in ("credit note", "384", "own number in the ERP", "on_conflict: supersede", "parked discard"):
        assert words in told
    assert "replay" not in told

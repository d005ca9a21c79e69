"""What logs say, and how often."""

from __future__ import annotations

import logging

from pipeline.logs import Seldom


def record(text: str, *values: object, name: str = "aiokafka") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, text, values, None)


def test_a_broker_that_is_away_does_not_fill_the_disk_with_lines() -> None:
    """The same complaint comes once in ten seconds, with how often it would have come; another one at once."""
    now = [0.0]
    seldom = Seldom(10, lambda: now[0])
    assert [seldom.filter(record("Unable connect to node with id %s: %s", 1, n)) for n in range(200)].count(True) == 1
    assert seldom.filter(record("Failed fetch messages from %s", 1))
    now[0] = 10.0
    again = record("Unable connect to node with id %s: %s", 1, "refused")
    assert seldom.filter(again)
    assert again.getMessage() == "Unable connect to node with id 1: refused (and 199 more of the kind)"

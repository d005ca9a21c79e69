"""The envelope of an EDI message: made by delivery, for its control number belongs to the delivery and to no message.

Source: ISO 9735 (UNB, UNZ); X12.5 and X12.6 (ISA, GS, GE, IEA)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Letter:
    """From whom, to whom, and which one it is. Mailboxes are `qualifier:identifier`; `at` is aware."""

    sender: str
    receiver: str
    control_number: int
    at: datetime
    format: str
    options: Mapping[str, str] = field(default_factory=dict)


def seal(envelope: str, message: bytes, letter: Letter) -> bytes:
    """The interchange with this one message. The same letter and message give the same bytes."""
    raise NotImplementedError(envelope)

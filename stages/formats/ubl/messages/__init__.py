"""The UBL messages around an invoice, each a table by which it is read and written: Peppol BIS, Pre-award excluded.

`MESSAGES` has them by the root element's name, `BY_KIND` by the canonical kind.
"""

from __future__ import annotations

from stages.formats.ubl.messages import catalogue, despatch, order, order_response, receipt, response
from stages.formats.ubl.messages.message import Message

MESSAGES: dict[str, Message] = {
    message.root: message
    for message in (
        order.MESSAGE, order_response.MESSAGE, despatch.MESSAGE, catalogue.MESSAGE, response.MESSAGE, receipt.MESSAGE,
    )
}  # fmt: skip
BY_KIND: dict[str, Message] = {message.kind: message for message in MESSAGES.values()}
WRITTEN = frozenset(kind for kind, message in BY_KIND.items() if message.written)
"""Kinds that Peppol has a message for; the others are read only."""

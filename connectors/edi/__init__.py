"""The EDI port: hand one interchange to whoever carries it to the partner's mailbox.

Errors are those of the e-mail port (connectors/email/__init__.py). An interchange is known by sender, receiver and
control number: handing it over twice leaves one.
"""

from __future__ import annotations

from typing import Protocol

from schemas.deliveries import Accepted, InterchangeMessage


class EdiSender(Protocol):
    """One way to partners. `reports_delivery`: it tells later that the partner's side took the interchange."""

    provider: str
    reports_delivery: bool

    async def send(self, message: InterchangeMessage) -> Accepted: ...

    async def find(self, message: InterchangeMessage, since: object) -> str | None:
        """The id of an interchange that was handed over, None where it was not: what a crash leaves open."""
        ...

    async def close(self) -> None: ...

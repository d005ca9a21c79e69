"""Messages as they come: bytes that become a message of the stage that reads them, or a reason why they cannot.

A stage that works in child processes gets the bytes: they are read where the work is done, and this process reads only
what it needs to claim the outcome. A message as an object costs several times what its bytes cost to hand over.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import ValidationError

from schemas.messages import SCHEMA_VERSION, DocumentMessage, ExportReceived, Frozen, PlanRequested

UNDECODABLE = (ValidationError, ValueError, TypeError)


class Newer(Exception):
    """Written by a later version of ours: a rolling upgrade is under way, and the message waits for it."""

    def __init__(self, version: int) -> None:
        super().__init__(f"written by schema version {version}")


def decode(takes: type[Frozen], raw: bytes) -> Frozen:
    """The whole message. Raises Newer, or one of UNDECODABLE."""
    loaded = _loaded(raw)
    return _kind(takes, loaded).model_validate(loaded)


def heading(takes: type[Frozen], raw: bytes) -> Frozen:
    """What every message of this kind begins with: tenant, subject, round. Raises as `decode` does."""
    loaded = _loaded(raw)
    kind = _kind(takes, loaded)
    return (DocumentMessage if issubclass(kind, DocumentMessage) else kind).model_validate(loaded)


def readable(error: Exception) -> str:
    """Why a message cannot be read, for the person who finds it parked; none of its content."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"the message does not fit: {'.'.join(str(part) for part in first['loc']) or 'it'}: {first['msg']}"[:300]
    if isinstance(error, orjson.JSONDecodeError):
        return f"the message is not JSON: {error}"[:300]
    return str(error)[:300] or type(error).__name__


def _loaded(raw: bytes) -> dict[str, Any]:
    loaded = orjson.loads(raw)
    if not isinstance(loaded, dict):
        raise ValueError("the message is not a JSON object")
    version = loaded.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise Newer(version)
    return loaded


def _kind(takes: type[Frozen], loaded: dict[str, Any]) -> type[Frozen]:
    return PlanRequested if takes is ExportReceived and "document_id" in loaded else takes

"""What nobody publishes rules for is read back: once, in a trial envelope, by the reader that anybody's file meets.

The one reading serves twice: conversion stops what cannot be read, or says another number or amount; and whatever does
not come back as it was is a loss, so nothing is forgotten that a table of losses would forget.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.errors import DocumentInvalid, Finding, PermanentError
from stages.formats.format import Letter, Losses, Target
from stages.formats.options import Options
from stages.formats.reading.records import Budget, Source

RULE = "read-back"
_LETTER = Letter("ZZ:SENDER", "ZZ:RECEIVER", 1, datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Again:
    """The document that the written bytes give; without one, `findings` say why."""

    document: Any
    findings: tuple[Finding, ...] = ()


def reread(content: bytes, target: Target) -> Again:
    """`target` is bound to the document's options (`Target.under`); without a reader nothing can be read, and it is
    said."""
    from stages.formats.registry import format_of

    read = format_of(target).read
    if read is None:
        return _not(f"{target.title} has no reader, so nothing checks what was written")
    data = target.wrap([content], _LETTER) if target.wrap else content
    try:
        records, _ = read(Source(io.BytesIO(data), f"read-back{target.suffix}"), None, None, Budget(9, 60, lambda: 0.0))
    except PermanentError as error:
        return Again(None, error.findings) if error.findings else _not(error.text)
    if len(records) == 1 and records[0].document is not None:
        return Again(records[0].document)
    why = next((each.error.findings for each in records if each.error and each.error.findings), ())
    return Again(None, why) if why else _not("not one document is read in it", str(len(records)), "1")


def _not(message: str, found: str | None = None, expected: str | None = None) -> Again:
    return Again(None, (Finding(rule=RULE, message=message, found=found, expected=expected),))


def losses_of(name: str) -> Losses:
    """The losses of a target that tells them by reading back: none where the document cannot be written or read, which
    writing and checking say."""

    def losses(document: Any, options: Options) -> Sequence[Finding]:
        from stages.formats.registry import target

        bound = target(name).under(document, options)
        assert bound.differences is not None, "it says how the two are compared"
        try:
            again = reread(bound.write(document, options), bound)
        except DocumentInvalid:
            return ()
        return bound.differences(document, again.document) if again.document is not None else ()

    return losses

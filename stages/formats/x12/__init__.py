"""ANSI ASC X12, releases 004010 and 005010: what retailers, carriers and industry in North America exchange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stages.formats.format import Format, Letter, Target
from stages.formats.options import Options, yes_no
from stages.formats.writing.comparing import differences
from stages.formats.writing.rereading import losses_of
from stages.formats.x12 import envelope, reader, writer
from stages.formats.x12.derived import DERIVED, implied

_KINDS = frozenset("invoice credit-note order order-response despatch-advice catalogue syntax-acknowledgement".split())


def _target(name: str, release: str) -> Target:
    def write(document: Any, _options: Options) -> bytes:
        return writer.write(document, release)

    def wrapped(sets: Sequence[bytes], letter: Letter) -> bytes:
        (our_qualifier, ours), (their_qualifier, theirs) = letter.ours, letter.theirs
        return envelope.wrap(
            sets, sender_qualifier=our_qualifier, sender=ours, receiver_qualifier=their_qualifier, receiver=theirs,
            control_number=letter.control_number, group_control_number=letter.control_number, at=letter.at,
            version=release, test=letter.options.get("test") == "yes",
        )  # fmt: skip

    return Target(
        name, f"X12 810, 832, 850, 855, 856, 997 of release {release}", release, _KINDS, write,
        losses_of(name), differences=differences(name, DERIVED, implied),
        media_type="application/edi-x12", suffix=".edi", envelope="x12", wrap=wrapped,
        options={"test": yes_no("the interchange says that it is a test (ISA15)")},
    )  # fmt: skip


FORMAT = Format(
    name="x12",
    title="X12 810, 820, 832, 850, 855, 856, 997",
    fits=reader.fits,
    read=reader.read,
    reads="810, 820, 832, 850, 855, 856 and 997 of 004010 to 005010",
    targets=(_target("x12-4010", "004010"), _target("x12-5010", "005010")),
)

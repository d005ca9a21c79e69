"""UN/EDIFACT, directories D.96A and D.01B: what retailers, carmakers and their suppliers exchange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stages.formats.edifact import envelope, reader, writer
from stages.formats.edifact.characters import WRITABLE
from stages.formats.format import Format, Letter, Target
from stages.formats.options import Option, Options, yes_no
from stages.formats.writing.comparing import differences
from stages.formats.writing.rereading import losses_of

_KINDS = frozenset("invoice credit-note order order-response despatch-advice catalogue syntax-acknowledgement".split())
_OPTIONS = {
    "charset": Option("the letters that the partner takes; UNOC (ISO 8859-1) where nothing is said", WRITABLE),
    "transliterate": yes_no("letters that the set has not are written in others; else such a document is refused"),
    "eancom": yes_no(
        "the message is EANCOM 1997 (D.96A) or 2002 (D.01B): parties by GLN, articles by GTIN, else it is refused"
    ),
    "association": Option(
        "another association code for UNH (0057)", form="[A-Z0-9]{1,6}", told="1 to 6 capitals and digits"
    ),
    "test": yes_no("the interchange says that it is a test (UNB 0035)"),
    "acknowledgement": yes_no("the interchange asks for a CONTRL (UNB 0031)"),
}


def _target(name: str, release: str) -> Target:
    def write(document: Any, options: Options) -> bytes:
        return writer.write(document, release, options)

    def wrapped(messages: Sequence[bytes], letter: Letter) -> bytes:
        (our_qualifier, ours), (their_qualifier, theirs) = letter.ours, letter.theirs
        said = letter.options
        return envelope.wrap(
            messages, sender=ours, receiver=theirs, sender_qualifier=our_qualifier, receiver_qualifier=their_qualifier,
            control_number=letter.control_number, at=letter.at, charset=said.get("charset", "UNOC"),
            test=said.get("test") == "yes", acknowledgement=said.get("acknowledgement") == "yes",
        )  # fmt: skip

    return Target(
        name, f"EDIFACT INVOIC, ORDERS, ORDRSP, DESADV, PRICAT, CONTRL of D.{release}", f"D.{release}", _KINDS, write,
        losses_of(name), differences=differences(name),
        media_type="application/edifact", suffix=".edi", envelope="edifact", wrap=wrapped, options=_OPTIONS,
    )  # fmt: skip


FORMAT = Format(
    name="edifact",
    title="EDIFACT INVOIC, ORDERS, ORDRSP, DESADV, PRICAT, RECADV, REMADV, CONTRL",
    fits=reader.fits,
    read=reader.read,
    reads="INVOIC, ORDERS, ORDRSP, DESADV, PRICAT, RECADV, REMADV and CONTRL of D.96A, D.01B, others by the nearest",
    targets=(_target("edifact-d96a", "96A"), _target("edifact-d01b", "01B")),
)

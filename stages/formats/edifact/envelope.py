"""The envelope of EDIFACT: UNB and UNZ around messages, with the control reference that delivery drew.

Pure functions: who keeps the references (one sequence for each partner, unique, without gaps) calls them.

Source: ISO 9735:1988 (syntax versions 1 to 3), ISO 9735-1:2002 (version 4: four digits of a year).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.errors import DocumentInvalid, Finding
from stages.formats.edifact.characters import CODECS, DEFAULT, WRITABLE, outside
from stages.formats.edifact.scanning import Elements, joined, split

_OLDER = ("UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF")
"""The sets of syntax version 3; the others came with version 4."""


def wrap(
    messages: Sequence[bytes],
    *,
    sender: str,
    receiver: str,
    control_number: int,
    at: datetime,
    sender_qualifier: str = "",
    receiver_qualifier: str = "",
    charset: str = "UNOC",
    test: bool = False,
    acknowledgement: bool = False,
) -> bytes:
    """An interchange, bytes: messages as `writer.write` gives them in the same `charset`, numbered 1, 2 ...

    `at` is an aware time, written as its own wall clock says; qualifiers are of UNTDID 0007 (14 GS1, 1 DUNS);
    `acknowledgement` asks for a CONTRL. Raises DocumentInvalid (permanent) for an address or number that UNB cannot
    hold, for what is no message, for none.
    """
    _demand(charset in WRITABLE, "no such character set is written", "UNB 0001", charset)
    _demand(bool(messages), "an interchange has at least one message", "UNZ 0036", "0")
    _demand(0 < control_number < 10**14, "a control reference has 1 to 14 digits", "UNB 0020", str(control_number))
    for place, name, most in (
        ("UNB 0004", sender, 35), ("UNB 0007", sender_qualifier, 4), ("UNB 0010", receiver, 35),
        ("UNB 0007", receiver_qualifier, 4),
    ):  # fmt: skip
        fits = len(name) <= most and name.strip() == name and outside(name, "UNOB") is None
        _demand(fits and (bool(name) or most == 4), f"1 to {most} signs of ASCII", place, name)
    version = "3" if charset in _OLDER else "4"
    header: Elements = [
        ["UNB"], [charset, version], [sender, sender_qualifier], [receiver, receiver_qualifier],
        [f"{at:%y%m%d}" if version == "3" else f"{at:%Y%m%d}", f"{at:%H%M}"], [str(control_number)],
        [""], [""], [""], ["1" if acknowledgement else ""], [""], ["1" if test else ""],
    ]  # fmt: skip
    rows = ["UNA:+.? '", joined(header)]
    for number, message in enumerate(messages, start=1):
        rows += _numbered(message, charset, str(number))
    rows.append(joined([["UNZ"], [str(len(messages))], [str(control_number)]]))
    return ("\n".join(rows) + "\n").encode(CODECS[charset])


def _numbered(message: bytes, charset: str, reference: str) -> list[str]:
    """The message's segments, with its reference in UNH and UNT."""
    try:
        rows = message.decode(CODECS[charset]).strip().split("\n")
    except UnicodeDecodeError:
        rows = []
    whole = len(rows) > 2 and rows[0].startswith("UNH+") and rows[-1].startswith("UNT+")
    _demand(
        whole, "a message from UNH to UNT in the character set of its interchange", "UNH", rows[0][:3] if rows else ""
    )
    for at in (0, -1):
        elements = split(rows[at][:-1], DEFAULT)
        elements[1 if at == 0 else 2] = [reference]
        rows[at] = joined(elements)
    return rows


def _demand(holds: bool, message: str, place: str, found: str) -> None:
    if not holds:
        finding = Finding(rule="edifact-envelope", message=message, place=place, found=found[:40])
        raise DocumentInvalid("the envelope cannot be made", findings=(finding,))

"""What a message is to do to what was sent before it: BGM's message function (1225).

An original (9, or none said) is read; another one is read with a warning where it brings a whole document (a copy,
a replacement), and refused where it takes back or changes one that was sent: nobody should get that as a new document.

Source: UN/EDIFACT D.96A, D.01B, UNCL 1225.
"""

from __future__ import annotations

from typing import Any

from schemas.errors import Finding
from stages.formats.edifact.grammar import Data, Message
from stages.formats.reading.records import refuse

COPIES = ("7", "31", "43")
_MEANINGS = {
    "1": "cancels one that was sent", "2": "adds to one that was sent", "3": "deletes one that was sent",
    "4": "changes one that was sent", "5": "replaces one that was sent", "6": "confirms one that was sent",
    "7": "is a duplicate", "31": "is a copy", "43": "is transmitted once more",
}  # fmt: skip


def judged(message: Message, data: Data, walk: Any) -> list[Finding]:
    """The finding that refuses the message; none, and a warning where it is told. The function is gone then."""
    known = walk.places.get((id(data), "_function"))
    said = data.pop("_function", None)
    if said is None or said in message.own:
        return []
    place = walk.place(*known[:3])
    meaning = _MEANINGS.get(said, "has a function that is not known here")
    if said not in message.told:
        expected = ", ".join(("9", *message.told, *sorted(message.own - {"9"})))
        return [
            refuse("edifact-function", f"the message {meaning} (1225): it is no new document", place, said, expected)
        ]
    walk.warnings.add("edifact-function", f"the message {meaning} (1225); it is read like a new one", place, said)
    walk.keep("BGM/1225", said)
    return []

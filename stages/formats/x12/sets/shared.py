"""What several sets have in common: notes, descriptions of items, numbers of lines."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stages.formats.x12.meaning import Meaning, Written
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node

_CENT = Decimal("0.01")


def pieces(text: str, most: int) -> list[str]:
    """A text cut between words, each piece at most so long; a longer word is cut."""
    found = []
    words = " ".join(text.split())
    while len(words) > most:
        at = words.rfind(" ", 0, most + 1)
        at = at if at > 0 else most
        found.append(words[:at])
        words = words[at:].lstrip()
    return [*found, words] if words else found


class Notes:
    """NTE: one note a segment (BG-1); a long one goes on in further segments, which read as one note."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        node.get(1)
        text = node.get(2)
        notes = target.setdefault("notes", [])
        if notes and node.elements[1:2] == [""] and len(notes[-1]["text"]) + len(text) < 5000:
            notes[-1]["text"] += f" {text}"
        elif text:
            made = reading.part(target, "notes", node)
            reading.put(made, "text", text, node, 2)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        for note in part.notes:
            for index, piece in enumerate(pieces(note.text, 80)):
                yield ["" if index else "GEN", piece], note


class Messages:
    """N9*L1 and its MSG: a note each; MSG02 LC continues it."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        for position in (1, 2):
            node.get(position)
        return target

    def write(self, part: Any, document: Any) -> Written:
        for note in getattr(part, "notes", ()):
            yield ["L1", "NOTE"], note


class Message:
    """MSG below an N9."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        text = node.get(1)
        notes = target.setdefault("notes", [])
        if node.get(2) == "LC" and notes:
            notes[-1]["text"] = f"{notes[-1]['text']} {text}"[:5000]
        elif text:
            made = reading.part(target, "notes", node)
            reading.put(made, "text", text, node, 1)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        for index, piece in enumerate(pieces(part.text, 264)):
            yield [piece, "LC"] if index else [piece], part


class LineMessage:
    """MSG of a line: its note."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        text = node.get(1)
        node.get(2)
        if text:
            target["note"] = f"{target['note']} {text}"[:5000] if target.get("note") else text
            reading.where.setdefault((id(target), "note"), (node, 1))
        return target

    def write(self, part: Any, _document: Any) -> Written:
        for piece in pieces(part.note or "", 264):
            yield [piece], part


class Description:
    """PID*F: the item's name; with 08 (product) its name, with GEN its description."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        if node.elements[1:2] not in (["F"], ["S"]) or not node.elements[5:6]:
            return None
        node.get(1), node.get(3), node.get(4), node.get(9)
        kind, text = node.get(2), node.get(5)
        if not text:
            return target
        if kind == "GEN" or "name" in target:
            target["description"] = f"{target['description']} {text}"[:5000] if target.get("description") else text
            reading.where.setdefault((id(target), "description"), (node, 5))
        else:
            reading.put(target, "name", text, node, 5)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        if part.name:
            yield ["F", "08", "", "", part.name], part
        for piece in pieces(part.description or "", 80):
            yield ["F", "GEN", "", "", piece], part


DESCRIPTION: tuple[Meaning, ...] = (Description(),)


def number_lines(reading: Reading, what: str) -> None:
    """Lines without a number get that of their place; lines without a name the number by which partners know them."""
    given = reading.data.get("lines", [])
    taken = {line.get("identifier") for line in given}
    for index, line in enumerate(given, start=1):
        said = line.pop("#line", None)
        if "identifier" not in line:
            line["identifier"] = said if said and said not in taken else str(index)
            taken.add(line["identifier"])
        if what == "invoice" and "name" not in line:
            known = line.get("seller_item_id") or line.get("buyer_item_id")
            known = known or line.get("standard_item_id", {}).get("value")
            if known:
                line["name"] = known
                reading.say(
                    "x12-name",
                    "the item has no description; its number stands for it",
                    reading.locate(("lines", index - 1)),
                )


def net_amounts(line: Any) -> Decimal:
    """What quantity, price and the line's allowances and charges give (BT-131)."""
    amount = line.quantity * line.net_price / (line.base_quantity or 1)
    for each in line.allowances_charges:
        amount += each.amount if each.charge else -each.amount
    return Decimal(amount).quantize(_CENT, ROUND_HALF_UP)

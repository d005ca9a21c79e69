"""From an IDoc's XML form to its flat form, by the same definitions: for tests that hold both against each other."""

from __future__ import annotations

from lxml import etree

from stages.formats.idoc.definitions import CONTROL, LONGEST, SEGMENTS


def flat(xml: str | bytes, *, cut: bool = True) -> str:
    """Every IDOC of the XML. Texts of fields and segments without definition stand in a row behind the known ones."""
    root = etree.fromstring(xml.encode() if isinstance(xml, str) else xml)
    return "".join(flat_of(each, cut=cut) for each in root.iter("IDOC"))


def flat_of(idoc: etree._Element, *, cut: bool = True) -> str:
    control = idoc.find("EDI_DC40")
    assert control is not None
    placed = {"TABNAM": "EDI_DC40"} | {str(c.tag): (c.text or "").strip() for c in control}
    rows = ["".join(placed.get(name, "")[: end - start].ljust(end - start) for name, start, end in CONTROL.fields)]
    docnum = placed.get("DOCNUM", "")

    def put(segment: etree._Element, parent: int, level: int) -> None:
        number = len(rows)
        definition = SEGMENTS.get(str(segment.tag))
        texts = {str(c.tag): (c.text or "").strip() for c in segment if not len(c) and c.get("SEGMENT") is None}
        if definition:
            data = "".join(
                texts.pop(name, "")[: end - start].ljust(end - start) for name, start, end in definition.fields
            )
            data += " ".join(texts.values())
        else:
            data = " ".join(texts.values())
        name = "E2" + str(segment.tag)[2:] if str(segment.tag).startswith("E1") else str(segment.tag)
        row = f"{name:30}{'':3}{docnum:>16}{number:06}{parent:06}{level:02}{data}"
        rows.append(row.rstrip() if cut else row.ljust(LONGEST))
        for below in segment:
            if len(below) or below.get("SEGMENT") is not None:
                put(below, number, level + 1)

    for segment in idoc:
        if segment.tag != "EDI_DC40":
            put(segment, 0, 2)
    return "".join(f"{row}\n" for row in rows)

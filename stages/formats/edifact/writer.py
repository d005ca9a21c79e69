"""Write a canonical document as a message, UNH to UNT: segments in the order of the directory, led by the grammar.

The message reference is a placeholder (1): delivery makes the envelope and numbers the messages (`envelope.py`). Bytes
are in the character set of the option `charset` (UNOC, ISO 8859-1, by default), with the default service characters and
the point as decimal sign; the same document gives the same bytes.

Source: UN/EDIFACT D.96A, D.01B; ISO 9735-1 (syntax version 3; 4 for UNOG to UNOK and UNOW).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from schemas.errors import DocumentInvalid, Finding
from stages.formats.edifact import eancom
from stages.formats.edifact.characters import CODECS, WRITABLE, outside, transliterated
from stages.formats.edifact.codecs import cut
from stages.formats.edifact.codes import allowed
from stages.formats.edifact.elements import lengths
from stages.formats.edifact.grammar import Data, Field, Grammar, Rule
from stages.formats.edifact.messages import grammar
from stages.formats.edifact.scanning import Elements, joined
from stages.formats.edifact.structure import Slot
from stages.formats.reading.records import shorten

MESSAGES = {
    "invoice": "INVOIC", "order": "ORDERS", "order-response": "ORDRSP", "despatch-advice": "DESADV",
    "catalogue": "PRICAT", "receiving-advice": "RECADV", "remittance-advice": "REMADV",
    "syntax-acknowledgement": "CONTRL",
}  # fmt: skip
"""Canonical kind -> message."""
_MUST = frozenset(
    {
        "invoice_number",
        "number",
        "currency",
        "type_code",
        "document_number",
        "interchange_reference",
        "vat_category",
        "category",
    }
)

_LED = frozenset({"MEA", "MOA", "PCD", "PRI", "QTY"})
"""Segments that say nothing without their number, whatever stands beside it."""


def write(document: BaseModel, release: str, options: Mapping[str, str]) -> bytes:
    """Raises DocumentInvalid (permanent) for characters that the set has not, a number or amount that is too long."""
    charset = options.get("charset", "UNOC")
    if charset not in WRITABLE:
        finding = Finding(
            rule="edifact-charset", message="no such character set is written", place="options.charset",
            found=shorten(charset), expected=", ".join(WRITABLE),
        )  # fmt: skip
        raise DocumentInvalid("the character set is not known", findings=(finding,))
    name = MESSAGES[getattr(document, "kind", "")]
    of = grammar(name, release)
    data = _plain(document)
    by_gs1 = options.get("eancom") == "yes"
    faults = eancom.prepare(data, name) if by_gs1 else []
    of.message.write_shape(data, release)
    writing = _Writing(of, charset, options.get("transliterate") == "yes")
    body = [*writing.segments(of.table, of.rules, data)]
    if faults := faults + writing.faults:
        raise DocumentInvalid(f"the document cannot be written as {name}", findings=tuple(faults[:100]))
    if by_gs1:
        eancom.identified(body)
    directory = ["D", "3", "UN"] if name == "CONTRL" else ["D", release, "UN"]
    association = eancom.ASSOCIATIONS[release].get(name, "") if by_gs1 else ""
    header: Elements = [["UNH"], ["1"], [name, *directory, options.get("association", association)]]
    trailer: Elements = [["UNT"], [str(len(body) + 2)], ["1"]]
    return "\n".join(joined(each) for each in (header, *body, trailer)).encode(CODECS[charset]) + b"\n"


def _plain(value: Any) -> Any:
    """The document as dictionaries and lists of its values, without what is empty."""
    if isinstance(value, BaseModel):
        return {k: _plain(v) for k, v in value.__dict__.items() if v is not None and v not in ("", (), {})}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


class _Writing:
    def __init__(self, of: Grammar, charset: str, transliterate: bool) -> None:
        self.release, self.lengths, self.codes = of.release, lengths(of.release), allowed(of.release)
        self.charset, self.transliterate = charset, transliterate
        self.faults: list[Finding] = []
        self.root: Data = {}

    def segments(
        self, table: tuple[Slot, ...], rules: Mapping[Slot, tuple[Rule, ...]], data: Data, path: str = ""
    ) -> Iterator[Elements]:
        if not path:
            self.root = data
        for slot in table:
            left = slot.most
            for rule in rules.get(slot, ()):
                if rule.only_read:
                    continue
                for part, where in self._parts(rule, data, path):
                    if left <= 0:
                        break
                    for row in self._row(rule, slot, part, where)[:left]:
                        left -= 1
                        yield from row

    def _parts(self, rule: Rule, data: Data, path: str) -> Iterator[tuple[Data, str]]:
        if rule.root:
            data, path = self.root, ""
        at: Any = data
        for step in rule.into.split(".") if rule.into else ():
            at = at.get(step) if isinstance(at, dict) else None
        where = f"{path}.{rule.into}".strip(".") if rule.into else path
        if rule.each:
            for index, each in enumerate(at or ()):
                yield each if isinstance(each, dict) else {"value": each}, f"{where}[{index}]"
        elif isinstance(at, dict):
            yield at, where

    def _row(self, rule: Rule, slot: Slot, data: Data, path: str) -> list[list[Elements]]:
        """The row's segments, each with those of the group that it begins."""
        below = [*self.segments(slot.below, rule.below, data, path or ".")] if slot.group else []
        written: list[tuple[Field, list[list[str]]]] = []
        for field in rule.fields:
            pieces = self._components(field, rule, data, path)
            if pieces:
                written.append((field, pieces))
        lacking = rule.tag in _LED and (not written or written[0][0] is not rule.fields[0])
        if (not written and not below and (rule.fields or rule.below)) or lacking:
            return []
        rows: list[list[Elements]] = []
        times = max([len(pieces) for _, pieces in written], default=1)
        for turn in range(times if rule.more else 1):
            elements: Elements = [[rule.tag]]
            for fixed in rule.fixed:
                _set(elements, fixed.element, fixed.component, fixed.written)
            for field in rule.fields:
                if field.default:
                    _set(elements, field.element, field.component, field.default)
            for field, pieces in written:
                for offset, piece in enumerate(pieces[min(turn, len(pieces) - 1)]):
                    _set(elements, field.element, field.component + offset, piece)
            rows.append([elements])
        rows[-1] += below
        return rows

    def _components(self, field: Field, rule: Rule, data: Data, path: str) -> list[list[str]]:
        """The components of each repetition; none where there is no content, or it does not fit."""
        value: Any = data
        for step in field.path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value in (None, "") or value == [] or value == {}:
            return []
        place = f"{path.strip('.')}.{field.path}".strip(".")
        parts = [self._letters(each, place, keep=field.sign) for each in field.codec.write(value)]
        if field.codec.name == "texts":
            pieces = cut(parts[0], field.length, field.sign)
            rows = [pieces[at : at + field.span] for at in range(0, len(pieces), field.span)]
            return rows if rule.more else rows[:1]
        known = self.codes.get((rule.tag, field.element, field.component + field.codec.span - 1))
        if known is not None and parts[-1] not in known:
            if field.path in _MUST:
                self._fault("edifact-code", f"D.{self.release} has no such code", place, parts[-1])
            return []
        limits = self.lengths[rule.tag][field.element - 1][field.component :]
        for part, (number, most) in zip(parts, limits, strict=False):
            if len(part.replace("-", "").replace(".", "") if number else part) > most:
                if number or field.path in _MUST:
                    self._fault("edifact-length", f"at most {most} characters stand in this element", place, part)
                return []
        return [parts]

    def _letters(self, text: str, place: str, keep: str) -> str:
        if text.isascii() and text.isprintable() and self.charset != "UNOA":
            return text
        rows = text.replace("\r\n", "\n").split("\n") if keep == "\n" else [" ".join(text.split("\n"))]
        if self.transliterate:
            rows = [transliterated(each, self.charset) for each in rows]
        for row in rows:
            if (character := outside(row, self.charset)) is not None:
                message = f"a character that {self.charset} has not; choose another set, or transliterate"
                self._fault("edifact-character", message, place, f"U+{ord(character):04X}")
                break
        return "\n".join(rows)

    def _fault(self, rule: str, message: str, place: str, found: str) -> None:
        self.faults.append(Finding(rule=rule, message=message, place=place, found=shorten(found)))


def _set(elements: Elements, element: int, component: int, value: str) -> None:
    while len(elements) <= element:
        elements.append([""])
    parts = elements[element]
    while len(parts) <= component:
        parts.append("")
    parts[component] = value

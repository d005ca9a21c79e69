"""From a reader's nested dictionary to the canonical document, or to findings that a person understands.

Readers bring texts; here they become numbers and dates, strictly: `1_000`, `1e3`, `12,5` are no numbers, `20150109` and
86400 are no dates (pydantic alone would take each of them). A profile's constants fill what is empty (`constants.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.fields import Path, fields_of, format_path, label_of
from schemas.values import ONE_LINE
from stages.formats.reading.constants import fill, lines_of
from stages.formats.reading.records import refuse

D = TypeVar("D", bound=BaseModel)

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot carry (clause 2.2): a document with one of these could never be written."""

Locate = Callable[[Path], str]
"""Where in the source the value at a path of the canonical document stood."""


class Unfit(Exception):
    """The document cannot be built; carries every finding, and its number where that much is known. Stays inside
    extraction."""

    def __init__(self, *findings: Finding, number: str | None = None) -> None:
        super().__init__(", ".join(f.rule for f in findings))
        self.findings = findings
        self.number = number


def complete(
    data: dict[str, Any],
    locate: Locate,
    constants: Mapping[str, Any] | None = None,
    needs: tuple[str, ...] = (),
    *,
    lineless: bool = False,
) -> Invoice:
    """Build the invoice. `data` is changed on the way. Raises Unfit.

    `needs` names line fields that must be given although the model has a default for them: a reader that took 'S' for
    a VAT category nobody wrote would be guessing. `lineless`: a document that says of itself that it has no lines.
    """
    findings = fill(data, constants, Invoice, locate) if constants else []
    if not lineless and data.get("lines") in (None, [], ()):
        lack = "is empty: at least one is needed" if "lines" in data else "is missing"
        findings.append(refuse("field-missing", f"{label_of(('lines',), Invoice)} {lack}", locate(("lines",))))
    for index, line in enumerate(lines_of(data) if needs else ()):
        for field in needs:
            if line.get(field) in (None, ""):
                path: Path = ("lines", index, field)
                findings.append(refuse("field-missing", f"{label_of(path, Invoice)} is missing", locate(path)))
    return _build(Invoice, data, locate, findings)


def complete_as(model: type[D], data: dict[str, Any], locate: Locate, constants: Mapping[str, Any] | None = None) -> D:
    """The same for a canonical document of any kind. `data` is changed on the way. Raises Unfit.

    Constants are written for a source, not for one kind: what this kind has no field for is left out.
    """
    findings = fill(data, _fitting(constants, model), model, locate) if constants else []
    return _build(model, data, locate, findings)


def _build(model: type[D], data: dict[str, Any], locate: Locate, findings: list[Finding]) -> D:
    _typed(data, model, (), findings, locate, model)
    if not findings:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            each = error.errors(include_url=False, include_context=False)[:100]
            findings = [_finding(dict(e), locate, model) for e in each]
    raise Unfit(*findings, number=number_of(data))


def number_of(data: Mapping[str, Any]) -> str | None:
    """The number of a document that was read in part, for people who look for it; None where it cannot be shown."""
    said = data.get("invoice_number") or data.get("number")
    number = said.strip()[:200] if isinstance(said, str) else ""
    return number if number and number.isprintable() else None


def _fitting(constants: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    kinds = fields_of(model)
    found = {key: value for key, value in constants.items() if key in kinds}
    lines = kinds.get("lines")
    if "line" in constants and lines is not None and lines.part is not None:
        found["line"] = _fitting(constants["line"], lines.part)
    return found


def _typed(
    data: dict[str, Any],
    model: type[BaseModel],
    path: Path,
    findings: list[Finding],
    locate: Locate,
    root: type[BaseModel],
) -> None:
    """Turn texts into numbers and dates in place, going down the model."""
    kinds = fields_of(model)
    for name, value in data.items():
        kind = kinds.get(name)
        if kind is None or value is None or len(findings) >= 100:
            continue
        at = (*path, name)
        if isinstance(value, str):
            if kind.name == "number":
                if NUMBER.match(value) and len(value) <= 40:
                    data[name] = Decimal(value)
                else:
                    findings.append(
                        refuse("field-number", f"{label_of(at, root)} is not a number", locate(at), value, "1234.56")
                    )
            elif kind.name == "date":
                day = as_day(value)
                if day is None:
                    message = f"{label_of(at, root)} is not a date of the calendar"
                    findings.append(refuse("field-date", message, locate(at), value, "2026-11-22"))
                data[name] = day
            elif bad := UNPRINTABLE.search(value):
                message = f"{label_of(at, root)} contains a character that no XML document may carry"
                findings.append(refuse("field-character", message, locate(at), f"U+{ord(bad.group()):04X}"))
        elif kind.name == "part" and isinstance(value, dict) and kind.part:
            _typed(value, kind.part, at, findings, locate, root)
        elif kind.name == "parts" and isinstance(value, list) and kind.part:
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    _typed(item, kind.part, (*at, index), findings, locate, root)
        elif kind.name == "date" and not isinstance(value, date):
            message = f"{label_of(at, root)} is not a date; dates are texts"
            findings.append(refuse("field-date", message, locate(at), str(value)[:40], "2026-11-22"))
            data[name] = None
        elif kind.name == "words" and isinstance(value, dict):
            for key, text in value.items():
                if isinstance(text, str) and (bad := UNPRINTABLE.search(text) or UNPRINTABLE.search(key)):
                    place = locate(at)
                    findings.append(refuse("field-character", "a character that no XML may carry", place))


def decimal(text: str | None) -> Decimal:
    """For readers that must count with what they read. Zero where it is no number: the text itself goes to the
    document, which refuses it with its place."""
    text = (text or "").strip()
    return Decimal(text) if NUMBER.match(text) and len(text) <= 40 else Decimal(0)


def as_day(text: str) -> date | None:
    """A calendar date written as ISO 8601 has it, `2026-11-22`; None for anything else."""
    if not DAY.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_BY_WORDS = (("code of ISO", "field-code"), ("Base64", "field-base64"))
"""A part of what the model says of a value, and its rule."""


def _not_in_a_line(text: str) -> str:
    """The first character that an identifier may not have."""
    return next((f"U+{ord(sign):04X}" for sign in text.strip() if not re.fullmatch(ONE_LINE, sign)), "")


def _finding(error: dict[str, Any], locate: Locate, root: type[BaseModel]) -> Finding:
    """Pydantic's error in words of the trade."""
    path: Path = tuple(error["loc"])
    kind, label, place = str(error["type"]), label_of(path, root), locate(path)
    value = error.get("input")
    found = value if isinstance(value, str) else None if isinstance(value, (dict, list)) else str(value)[:60]
    if kind == "missing":
        return refuse("field-missing", f"{label} is missing", place)
    if kind == "extra_forbidden":
        return refuse("field-unknown", f"the canonical document has no field {format_path(path)[:80]!r}", place)
    if kind == "too_short":
        return refuse("field-missing", f"{label} is empty: at least one is needed", place)
    if kind == "string_too_short":
        return refuse("field-missing", f"{label} is empty", place)
    if kind == "string_too_long":
        return refuse("field-length", f"{label} is longer than allowed", place, found)
    if kind == "value_error":
        said = str(error["msg"]).removeprefix("Value error, ")
        rule = next((rule for part, rule in _BY_WORDS if part in said), "field-number")
        return refuse(rule, f"{label}: {said}", place, found)
    if kind.startswith("decimal"):
        return refuse("field-number", f"{label} is not a number that an invoice can carry", place, found)
    if kind == "string_pattern_mismatch":
        message = f"{label} holds a line break, or a character that moves or turns what is written"
        return refuse("field-character", message, place, _not_in_a_line(str(value)))
    if kind == "string_type":
        return refuse("field-text", f"{label} must be a text", place, found)
    if kind == "string_unicode":
        return refuse("field-character", f"{label} contains a character that is half of a pair", place)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return refuse("field-group", f"{label} must be a group of fields", place, found)
    if kind in ("tuple_type", "list_type"):
        return refuse("field-group", f"{label} must be a list", place, found)
    if kind.startswith("bool"):
        return refuse("field-flag", f"{label} must be true or false", place, found)
    if kind == "literal_error":
        return refuse("field-value", f"{label}: only {error['msg'].rsplit('be ', 1)[-1]} is read here", place, found)
    return refuse("field-value", f"{label}: {error['msg']}", place, found)

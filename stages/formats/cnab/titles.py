"""One title of a return file: its fields as an entry of the report, strictly."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from schemas.payments import CollectionEntry
from stages.formats.cnab.layouts import OCCURRENCES
from stages.formats.reading.completing import Unfit, complete_as
from stages.formats.reading.records import refuse

_AMOUNTS = ("amount", "paid_amount", "interest", "discount", "fee")
_ASIDE = ("abatement", "iof", "net_amount", "other_expenses", "other_credits")


def entry(values: dict[str, str], place: str, day: str, credited: str, reason: int) -> CollectionEntry:
    """Raises Unfit."""
    reasons = values.get("reasons", "")
    codes = [reasons[n : n + reason].strip() for n in range(0, len(reasons), reason)]
    data: dict[str, Any] = {
        "occurrence": values["occurrence"],
        "occurrence_text": OCCURRENCES.get(values["occurrence"]),
        "occurred": day_of(values["occurred"], day, place),
        "our_number": said(values["our_number"]),
        "document_number": said(values["document_number"]),
        "due_date": day_of(values["due_date"], day, place),
        "credited": day_of(values["credited"], credited, place),
        "payer": said(values.get("payer", "")),
        "reasons": [code for code in codes if code.strip("0")],
    }
    for name in _AMOUNTS:
        data[name] = _amount(values.get(name, ""), name, place)
    if not data["occurrence"].isdigit():
        raise Unfit(refuse("cnab-occurrence", "the title has no occurrence", place, data["occurrence"]))
    return complete_as(CollectionEntry, {k: v for k, v in data.items() if v is not None}, lambda _path: place)


def aside(values: dict[str, str], place: str) -> dict[str, str]:
    """Amounts that the report has no field for. Raises Unfit."""
    found = {name: _amount(values.get(name, ""), name, place) for name in _ASIDE}
    return {name: amount for name, amount in found.items() if amount is not None}


def said(text: str) -> str | None:
    """A text; one of zeros only is none."""
    return text if text.strip("0 ") else None


def _amount(text: str, name: str, place: str) -> str | None:
    """Digits with two implied decimals; blanks are no amount, and so are zeros but for the title's own."""
    if not text or (name != "amount" and not text.strip("0")):
        return None
    if not text.isascii() or not text.isdigit():
        raise Unfit(refuse("cnab-number", f"{name} is not a number of digits only", place, text))
    digits = text.lstrip("0").rjust(3, "0")
    return f"{digits[:-2]}.{digits[-2:]}"


def day_of(text: str, pattern: str, place: str) -> date | None:
    if not text.strip("0 "):
        return None
    try:
        if text.isascii() and text.isdigit() and len(text) == (8 if "Y" in pattern else 6):
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        pass
    raise Unfit(refuse("cnab-date", "this is not a date of the calendar", place, text))


def issued(text: str) -> date:
    """DDMMYY in six characters; Sicredi writes YYYYMMDD in eight. No text is a date in both ways. Raises Unfit."""
    for pattern, digits in (("%Y%m%d", text), ("%d%m%y", text[:6])):
        try:
            if digits.isdigit() and len(digits) == (8 if "Y" in pattern else 6):
                day = datetime.strptime(digits, pattern).date()  # noqa: DTZ007 - a calendar date has no zone
                if day.year >= 1990:
                    return day
        except ValueError:
            continue
    raise Unfit(refuse("cnab-date", "the file has no date", "line 1", text, "DDMMYY"))

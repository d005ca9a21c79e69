"""X12 interchanges out of their parts, and what reading them gives."""

from __future__ import annotations

import io
from typing import Any

from schemas.documents import Invoice
from schemas.profiles import ExtractionProfile, load_profile
from stages.formats.reading.step import Step, read

ISA = "ISA*00*          *00*          *ZZ*SELLER         *ZZ*BUYER          *261102*1504*U*00401*000000905*0*P*>~"
HEAD = (
    "BIG*20261102*INV-1**PO-7",
    "N1*SE*Widget Works*1*123456789",
    "N4*Solon*OH*44139*US",
    "N1*BT*XYZ Retail*92*0012",
)
LINE = "IT1*1*2*EA*10**VN*W-1"


def a_set(*body: str, number: str = "0001", code: str = "810") -> str:
    rows = [f"ST*{code}*{number}", *body, f"SE*{len(body) + 2}*{number}"]
    return "".join(f"{row}~\n" for row in rows)


def group(*sets: str, kind: str = "IN", number: str = "1", release: str = "004010") -> str:
    head = f"GS*{kind}*SELLER*BUYER*20261102*1504*{number}*X*{release}~\n"
    return head + "".join(sets) + f"GE*{len(sets)}*{number}~\n"


def interchange(*groups: str) -> str:
    return f"{ISA}\n" + "".join(groups) + f"IEA*{len(groups)}*000000905~\n"


def bill(*more: str, head: tuple[str, ...] = HEAD, line: tuple[str, ...] = (LINE,), total: str = "2000") -> str:
    return a_set(*head, *line, f"TDS*{total}", *more)


def done(text: str | bytes, profile: ExtractionProfile | None = None, **more: Any) -> Step:
    data = text if isinstance(text, bytes) else text.encode()
    return read(io.BytesIO(data), "x", profile, more.pop("cursor", None), **more)


def one(text: str, profile: ExtractionProfile | None = None) -> Invoice:
    (record,) = done(interchange(group(text)), profile).records
    assert isinstance(record.document, Invoice), record.error and record.error.findings
    return record.document


def refused(text: str, profile: ExtractionProfile | None = None) -> list[tuple[str, str, str | None, str | None]]:
    (record,) = done(text, profile).records
    assert record.error is not None
    return [(each.rule, each.place, each.found, each.expected) for each in record.error.findings]


ACCEPT = load_profile("name: a\ncounts: accept\n")

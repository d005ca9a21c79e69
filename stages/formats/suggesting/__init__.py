"""A mapping profile for an export that does not say what its columns mean, proposed from a sample of it.

What comes out is a beginning for a person, who knows the export. Whatever is not sure says so, cells that do not fit
are told with their place, and what the sample does not tell is left to fill in: until that is done the profile is
refused when it is loaded, so nothing that was made up can reach a document.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from schemas.errors import Finding
from schemas.profiles import load_profile
from schemas.tables import TableMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.table.cells import Fields
from stages.formats.reading.table.rows import Columns, Row
from stages.formats.suggesting import columns, separated, table, workbook
from stages.formats.suggesting.proposal import Proposal

SAMPLE_BYTES = 512 * 1024
WORKBOOK = b"PK\x03\x04"
"""How a workbook begins; of one, a sample is the whole file."""


@dataclass(frozen=True)
class Suggestion:
    """A profile as YAML. `unsure` is how many of its settings say that they are, `blanks` what is to be filled in,
    `trial` the profile with something in those places: to try the sample with, for nothing else."""

    part: str
    text: str
    unsure: int
    blanks: tuple[str, ...]
    trial: str
    misfits: tuple[Finding, ...]
    """Cells of the sample that the profile will refuse."""


def suggest(data: bytes, name: str) -> Suggestion:
    """From the first bytes of a CSV or of fixed-width records, or a workbook. Raises ValueError, saying why there is
    none."""
    rows: list[Row] = []
    if data.startswith(WORKBOOK):
        proposal = workbook.propose(data)
    else:
        proposal, rows = _of_text(data)
    trial = proposal.yaml(name, trial=True)
    profile = load_profile(trial)
    if profile.xlsx is not None:
        rows = workbook.rows(data, profile.xlsx)
    mapping = profile.xlsx or profile.csv
    misfits = _misfits(rows, mapping) if mapping is not None else ()
    text = proposal.yaml(name, misfits)
    return Suggestion(proposal.part, text, len(proposal.unsure), proposal.blanks(), trial, misfits)


def _of_text(data: bytes) -> tuple[Proposal, list[Row]]:
    encoding, text, sure = _decoded(data[:SAMPLE_BYTES])
    if len(data) > SAMPLE_BYTES:
        text = text[: text.rfind("\n") + 1]
    if not text.strip() or "\0" in text:
        raise ValueError("the file is empty, or no text")
    sign = separated.separator(text)
    rows: list[Row] = []
    if sign is not None:
        rows = separated.rows(text, sign)
        proposal = table.propose(rows, "csv", {"encoding": encoding, "separator": sign})
    elif columns.looks_fixed(text):
        proposal = columns.propose(text, encoding)
    else:
        raise ValueError("the lines have neither a separator nor one width")
    if not sure:
        proposal.unsure["encoding"] = f"the bytes do not tell it; {encoding} fits, and so may another"
    return proposal, rows


def _misfits(rows: list[Row], mapping: TableMapping) -> tuple[Finding, ...]:
    """What the reader itself says of the sample's cells; whether rows make documents is not asked."""
    at = next((n for n, row in enumerate(rows) if _is_header(row, mapping)), len(rows))
    if at == len(rows):
        return ()
    names = Columns([cell.strip() for cell in rows[at].cells], rows[at].line, mapping.word)
    found: list[Finding] = []
    try:
        parts = [
            Fields(mapping.document, names, mapping, lines=False),
            Fields(mapping.line, names, mapping, lines=True),
        ]
    except Unfit as unfit:
        return tuple(unfit.findings)
    for row in rows[at + 1 :]:
        wrong = row.damage or names.fit(row)
        if wrong is not None:
            found.append(wrong)
            continue
        for part in parts:
            part.values(row, found)
    return tuple({(each.place, each.found): each for each in found}.values())


def _is_header(row: Row, mapping: TableMapping) -> bool:
    return mapping.header is None or set(mapping.header.find) <= {cell.strip() for cell in row.cells}


def _decoded(data: bytes) -> tuple[str, str, bool]:
    """(encoding, text, do the bytes tell it?)"""
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return codec, data[2:].decode(codec, "replace"), True
    for codec, high in (("utf-16-le", data[1:1000:2]), ("utf-16-be", data[:1000:2])):
        if high and high.count(0) > 0.8 * len(high):
            return codec, data.decode(codec, "replace"), True
    if data.count(b"@") > len(data) // 20 and b" " not in data:
        return "cp500", data.decode("cp500"), False  # EBCDIC: its blank is 0x40; code pages differ in a few signs
    try:
        return "utf-8", codecs.getincrementaldecoder("utf-8")().decode(data).removeprefix("\ufeff"), True
    except UnicodeDecodeError:
        pass
    try:
        return "cp1252", data.decode("cp1252"), False
    except UnicodeDecodeError:
        return "cp850", data.decode("cp850"), False

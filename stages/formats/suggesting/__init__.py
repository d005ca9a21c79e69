"""A mapping profile for an export that does not say what its columns mean, proposed from a sample of it.

What comes out is a beginning for a person, who knows the export: it loads and reads the sample, and whatever is not
sure says so.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from stages.formats.suggesting import columns, separated

SAMPLE_BYTES = 512 * 1024


@dataclass(frozen=True)
class Suggestion:
    """A profile as YAML. `unsure` is how many of its settings say that they are."""

    part: str
    text: str
    unsure: int


def suggest(data: bytes, name: str) -> Suggestion:
    """From the first bytes of a CSV or of fixed-width records. Raises ValueError, saying why there is none."""
    encoding, text = _decoded(data[:SAMPLE_BYTES])
    if len(data) > SAMPLE_BYTES:
        text = text[: text.rfind("\n") + 1]
    if not text.strip() or "\0" in text:
        raise ValueError("the file is empty, or no text")
    sign = separated.separator(text)
    if sign is not None:
        proposal = separated.propose(text, sign, encoding)
    elif columns.looks_fixed(text):
        proposal = columns.propose(text, encoding)
    else:
        raise ValueError("the lines have neither a separator nor one width")
    if encoding not in ("utf-8", "ascii"):
        proposal.unsure["encoding"] = "the bytes are not UTF-8; cp1252 fits, and so may another"
    return Suggestion(proposal.part, proposal.yaml(name), len(proposal.unsure))


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8", data.decode("utf-8-sig", "replace")
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return codec, data[2:].decode(codec, "replace")
    try:
        return "utf-8", codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return "cp1252", data.decode("cp1252", "replace")

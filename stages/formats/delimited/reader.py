"""Delimited text (CSV) by a mapping profile: rows from here, documents by `reading/table`.

In       text in the encoding that the profile declares (a byte order mark outranks it)
"""

from __future__ import annotations

import fnmatch

from schemas.errors import Finding
from schemas.profiles import ExtractionProfile
from stages.formats.delimited.rows import CsvRows
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse, unreadable
from stages.formats.reading.table import reader


def fits(head: Head, profile: ExtractionProfile | None) -> bool:
    """Any text, when a profile says how to read it; else lines with the same separators."""
    if not head.is_text:
        return False
    if profile and profile.csv:
        return True
    lines = [line for line in head.text.splitlines() if line.strip()][:5]
    return len(lines) > 1 and any(all(sep in line for line in lines[1:]) for sep in ",;\t|")


def companion(name: str, profile: ExtractionProfile | None) -> bool:
    lines = profile.csv.lines if profile and profile.csv else None
    pattern = lines.file if lines else None
    return bool(pattern) and any(fnmatch.fnmatch(n, pattern or "") for n in (name, name.rsplit("/", 1)[-1]))


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable: without a profile, or when the header does not fit it."""
    if profile is None or profile.csv is None:
        raise unreadable("the export", (_profile_wanted(source),))
    return reader.read(source, profile, profile.csv, CsvRows, cursor, budget)


def _profile_wanted(source: Source) -> Finding:
    first = source.file.read(300).decode("utf-8", "replace").splitlines()[:1]
    message = (
        "a CSV does not say what its columns mean: it is read with a mapping profile, and none is set for this source. "
        "`entrega profile suggest FILE` proposes one; it goes beside the tenant's profile, which names it under "
        "`extraction`"
    )
    return refuse("csv-profile", message, "line 1", first[0] if first else None)

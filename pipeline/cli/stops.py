"""A stop in lines for people: the same wherever a command tells why something stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline import plain
from pipeline.cli.output import finding_line
from pipeline.cli.tables import SENTENCE, shown
from schemas.errors import Finding


def lines(row: Mapping[str, Any], data: Path | None = None) -> Iterator[str]:
    """What stopped and why, each finding with its place, what to do, and the next command; `data` as it was given."""
    at = ", ".join(filter(None, (row["reason"], row["stage"] and f"at {row['stage']}")))
    name = next(filter(None, map(row.get, ("number", "export", "parked_id", "document_id"))))
    yield f"{shown(str(name))}: {shown(plain.sentence(row['explanation']), SENTENCE)} [{at}]"
    for finding in row["findings"]:
        yield f"  {finding_line(Finding.model_validate(finding))}"
    if row["advice"]:
        yield f"  {row['advice']}{_next(row['command'], data)}"


def _next(command: str | None, data: Path | None) -> str:
    where = f" --data {data}" if data else ""
    return f" Next: entrega {command}{where}" if command else ""


def detail(value: Any) -> str:
    """What a stage told beside its findings: pairs, lists and mappings in a line.

    >>> detail([["vat", "PT1"], ["erp", "C2"]]), detail([]), detail({"party": 1, "name": "A"})
    ('vat PT1, erp C2', 'none', 'party 1, name A')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {detail(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        flat = all(not isinstance(each, (list, tuple, Mapping)) for each in value)
        return (" " if flat else ", ").join(map(detail, value)) or "none"
    return shown(str(value), SENTENCE)

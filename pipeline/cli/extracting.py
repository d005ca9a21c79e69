"""extract, formats: what exports hold, and which formats are known, with no service running."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.files import JobsOption, PathsArgument, ProfileOption, Row
from pipeline.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    for command in (extract, formats):
        app.command()(command)


def extract(
    paths: PathsArgument, profile: ProfileOption = None, jobs: JobsOption = None, json: JsonOption = False
) -> None:
    """Show the documents in exports.

    With --json each whole, one a line, in the words of EN 16931. Exit 1 where one is refused.
    """
    from pipeline.cli.files import each, expand, report

    rows = list(each(expand(paths), partial(_extract, profile=profile), doing="Reading", quiet=json, jobs=jobs))
    if json:
        rows = [row.get("document", row) for row in rows]
        raise typer.Exit(report(rows, (), as_json=True))
    for row in rows:
        row.pop("document", None)
    columns = ("file", "address", "type", "number", "issue_date", "from", "to", "amount", "warnings", "state")
    raise typer.Exit(report(rows, columns, as_json=False, profile=profile))


def formats(
    options: Annotated[
        bool, typer.Option("--options", help="The options of each format that is written, instead.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """What is read and written: versions, rules, signature."""
    from pipeline.cli.output import rows
    from stages.formats import registry

    if options:
        told = [
            {"format": target.name, "option": name, "what": option.what, "takes": option.takes}
            for target in registry.targets().values()
            for name, option in target.options.items()
        ]
        rows(("format", "option", "what", "takes"), told, as_json=json)
        return
    table: list[dict[str, Any]] = []
    for each in registry.formats():
        reads = each.reads if each.read else None
        table.append({"format": each.name, "title": each.title, "reads": reads} if not each.targets else {})
        table += [
            {
                "format": target.name,
                "title": target.title if target.version in target.title else f"{target.title} {target.version}",
                "reads": reads if at == 0 else None,
                "writes": sorted(target.kinds),
                "rules": list(target.rules) or ["read-back"],
                "signature": target.signature,
                "issued_through": target.platform,
            }
            for at, target in enumerate(each.targets)
        ]
    columns = ("format", "title", "reads", "writes", "rules", "signature", "issued_through")
    rows(columns, [row for row in table if row], as_json=json)


def _extract(file: Path, profile: Path | None) -> list[Row]:
    import orjson

    from pipeline.cli.files import records, refusal
    from schemas.canonical import to_json

    rows: list[Row] = []
    for record in records(file, profile):
        document, error = record.document, record.error
        if document is None:
            rows.append(refusal(file, error, address=record.address, number=record.number))
            continue
        totals = getattr(document, "totals", None)
        amount = getattr(totals, "amount_due", None) or getattr(totals, "tax_inclusive", None)
        rows.append(
            {
                "file": str(file), "address": record.address, "type": document.document_type, "number": document.number,
                "issue_date": document.issue_date, "from": document.sender.name, "to": document.receiver.name,
                "amount": None if amount is None else f"{amount} {getattr(document, 'currency', '') or ''}".strip(),
                "warnings": len(record.warnings) or None, "state": "read",
                "document": orjson.loads(to_json(document)),
            }
        )  # fmt: skip
    return rows

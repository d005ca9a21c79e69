"""extract, formats: what exports hold, and which formats are known, with no service running."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.files import JobsOption, PathsArgument, ProfileOption, RecursiveOption, Row
from pipeline.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    for command in (extract, formats):
        app.command()(command)


def extract(
    paths: PathsArgument,
    profile: ProfileOption = None,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
    envelope: Annotated[
        bool,
        typer.Option("--envelope", help="With --json: each document inside a row with file, address and warnings."),
    ] = False,
) -> None:
    """Show the documents in exports.

    With --json each whole, one a line, in the words of EN 16931, and what it is warned of on stderr; with --envelope
    as `document` of a row that has file, address and warnings. Exit 1 where one is refused.
    """
    from pipeline.cli.files import each, expand, report, tell_warnings
    from schemas.errors import ConfigurationError

    if envelope and not json:
        raise ConfigurationError("--envelope is about --json, which is not asked for")
    files = expand(paths, recursive)
    rows = list(each(files, partial(_extract, profile=profile), doing="Reading", quiet=json, jobs=jobs))
    if envelope:
        raise typer.Exit(report([_enveloped(row) for row in rows], (), as_json=True))
    if json:
        status = report([row.get("document", row) for row in rows], (), as_json=True)
        for row in rows:
            tell_warnings(row, most=len(row.get("warnings") or ()))
        raise typer.Exit(status)
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


def _enveloped(row: Row) -> Row:
    """What was refused stands as it is; a document in a row of the same kind."""
    return {key: row[key] for key in ("file", "address", "state", "warnings", "document")} if "document" in row else row


def _extract(file: Path, profile: Path | None) -> list[Row]:
    import orjson

    from pipeline.cli.files import dumped, records, refusal
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
                "warnings": dumped(record.warnings), "state": "read",
                "document": orjson.loads(to_json(document)),
            }
        )  # fmt: skip
    return rows

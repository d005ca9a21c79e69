"""events, verify, auditor: what an auditor asks, and the proof that the answer is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, TenantOption, one_of, with_tenant
from pipeline.store.tenancy import Whose


def register(app: typer.Typer) -> None:
    for command in (events, verify, auditor):
        app.command()(command)


def events(
    document: Annotated[str | None, typer.Option("--document", help="Document id or number.")] = None,
    export: Annotated[
        str | None, typer.Option("--export", help="Receipt (`ingest` prints it): the export and its documents.")
    ] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Event word; may be given several times.")] = None,
    actor: Annotated[str | None, typer.Option(help="stage:conversion, role:dispatcher, operator:name …")] = None,
    reason: Annotated[str | None, typer.Option(help="Reason word, as events name it.")] = None,
    channel: Annotated[str | None, typer.Option(help="email, sms or edi.")] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601 time.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601 time, not included.")] = None,
    newest: Annotated[bool, typer.Option("--newest", help="Newest first.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows at most; 0: all of them.")] = 100,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal details too.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with a header line.")] = False,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Search the event log, oldest first.

    All that is given must hold.
    """
    from dataclasses import replace

    from pipeline.cli.output import working
    from pipeline.cli.session import asking
    from pipeline.cli.tables import table
    from pipeline.store import history, queries
    from schemas.deliveries import Channel
    from schemas.events import EventType

    for word in types or ():
        one_of("--type", word, EventType)
    if channel is not None:
        one_of("--channel", channel, Channel)
    receipt = _receipt(export)
    first, last = _time("--since", since), _time("--until", until)

    async def go(store: Any, whose: Whose) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with store.transaction() as conn:
            row = await queries.find(conn, document, whose) if document else None
            query = history.EventQuery(
                tenant=whose.of_ids if document or receipt else whose.tenant,
                document=row["document_id"] if row else None,
                export=receipt,
                types=tuple(EventType(each) for each in types or ()),
                actor=actor,
                reason=reason,
                channel=channel,
                since=first,
                until=last,
                newest_first=newest,
                limit=limit or 1000,
            )
            while True:
                page = await history.search(conn, query, reveal=reveal, keys=store.keys if reveal else None)
                found += [_flat(event) for event in page]
                if len(page) < query.limit or limit:
                    return found
                query = replace(query, after=page[-1].position)

    with working("Searching", quiet=json or csv):
        rows = asking(data, go, tenant, all_tenants)
    if csv:
        _csv(rows)
    elif json:
        from pipeline.cli.output import json_line

        for each in rows:
            json_line(each)
    else:
        table(
            with_tenant(("recorded_at", "stream", "type", "actor", "summary"), all_tenants),
            [{**row, "summary": _summary(row)} for row in rows],
        )


def _receipt(text: str | None) -> UUID | None:
    from schemas.errors import ConfigurationError

    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise ConfigurationError(f"--export: {text} is no receipt; `entrega ingest` prints them") from error


def _time(option: str, text: str | None) -> datetime | None:
    from schemas.errors import ConfigurationError

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{option}: {text} is no ISO 8601 time, 2026-11-22 or 2026-11-22T08:30Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _flat(event: Any) -> dict[str, Any]:
    return {
        "recorded_at": event.recorded_at,
        "occurred_at": event.occurred_at,
        "tenant": event.tenant,
        "stream": event.stream,
        "ver": event.ver,
        "type": event.type,
        "actor": event.actor,
        "cause": event.cause,
        "data": event.data,
        "personal": event.personal if event.personal is not None else event.personal_state,
        "event_id": str(event.event_id),
        "hash": event.hash.hex(),
    }


def _summary(row: dict[str, Any]) -> str:
    words = ("reason", "explanation", "channel", "provider", "status", "code", "rule_set", "name", "documents")
    data = row["data"]
    return "; ".join(f"{key} {data[key]}" for key in words if data.get(key) not in (None, "", []))


def _csv(rows: list[dict[str, Any]]) -> None:
    """Cells that a spreadsheet would take for a formula are neutralised with an apostrophe."""
    import csv
    import sys

    import orjson

    writer = csv.writer(sys.stdout)
    columns = list(rows[0]) if rows else ["recorded_at", "stream", "type"]
    writer.writerow(columns)
    for row in rows:
        cells = [orjson.dumps(v, default=str).decode() if isinstance(v, dict) else str(v) for v in row.values()]
        writer.writerow("'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in cells)


def verify(
    document: Annotated[str | None, typer.Argument(help="Document id or number; none: the whole log.")] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Copy of the checkpoints kept outside; it may be an older one."),
    ] = None,
    files: Annotated[
        bool, typer.Option("--files/--no-files", help="Read the stored files, too: it takes as long as there are many.")
    ] = True,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that history and stored files are whole.

    And that the tables say of each document what the history tells.

    Recomputes every hash, chain, Merkle root and signature, and the digest of each file; of one document, its files and
    its export's. Holds the states of documents, deliveries and attempts against the history. Exit 1 with what is wrong.
    """
    from dataclasses import asdict

    from pipeline import wiring
    from pipeline.cli.output import counting, json_line, say, working
    from pipeline.cli.session import asking
    from pipeline.settings import load
    from pipeline.store import queries
    from pipeline.store import verify as verifying
    from pipeline.store.checkpoint import Verifier
    from pipeline.store.verify_files import Files, count, verify_files
    from pipeline.store.verify_tables import Tables, verify_tables
    from schemas.errors import ConfigurationError

    if document is None and (tenant or all_tenants):
        raise ConfigurationError("the log is one for all tenants: --tenant goes with a document")
    settings = load(data)

    async def go(store: Any, whose: Whose) -> tuple[verifying.Verification, Tables, Files | None]:
        stream = owners = one = None
        if document:
            async with store.transaction() as conn:
                row = await queries.find(conn, document, whose)
            one = row["document_id"]
            stream, owners = f"document:{one}", [one, row["export_id"]]
        key = Verifier.load(settings.secrets / "checkpoint-key.pub")
        file = checkpoints or settings.checkpoints
        async with store.pool.connection() as conn:
            with working("Recomputing the history", quiet=json):
                history = await verifying.verify(
                    conn, stream=stream, checkpoints_file=file, public_key=key, earlier=checkpoints is not None
                )
                tables = await verify_tables(conn, document=one)
        if not files:
            return history, tables, None
        async with store.pool.connection() as conn:
            with counting("Reading the files", await count(conn, owners), quiet=json) as read:
                return history, tables, await verify_files(conn, wiring.storage(settings), owners=owners, read=read)

    history, tables, stored = asking(data, go, tenant, all_tenants)
    faults = [*history.faults, *tables.faults, *(stored.faults if stored else ())]
    if json:
        told = {"documents": tables.documents, "tables_ok": not tables.faults}
        sizes = {"files": stored.files, "file_bytes": stored.size} if stored else {"files": None, "file_bytes": None}
        bad = [fault._asdict() for fault in faults]
        json_line(asdict(history) | told | sizes | {"ok": not bad, "first_bad": next(iter(bad), None), "faults": bad})
    else:
        say(
            f"{history.events} events in {history.streams} streams, {history.checkpoints} checkpoints, "
            f"{history.unsealed} not sealed yet, {history.seconds:.2f} s"
        )
        say(f"{history.outside or 0} of {history.checkpoints} checkpoints compared with the copy outside")
        say(f"the rows of {tables.documents} documents held against the history")
        if stored:
            say(f"{stored.files} files of {stored.size / 1e6:.1f} MB read")
        for fault in faults[:20]:
            say(f"  {fault.stream or 'the log'}{f' event {fault.ver}' if fault.ver else ''}: {fault.what}")
        print("The history is whole." if history.ok else "The history is NOT whole.")
        print("The tables say what it tells." if not tables.faults else "The tables do NOT say what the history tells.")
        if stored:
            print("The files are those that were put." if not stored.faults else "Files are NOT those that were put.")
    if faults:
        raise typer.Exit(1)


def auditor(data: DataOption = None, json: JsonOption = False) -> None:
    """Print where an auditor reads the database by SQL.

    The address of the embedded database, with the password of the role entrega_auditor, who may read the history and
    change nothing: `psql "$(entrega auditor)"`.
    """
    from pipeline import wiring
    from pipeline.cli.output import json_line
    from pipeline.settings import load

    url = wiring.auditor_url(load(data))
    if json:
        json_line({"url": url})
    else:
        print(url)

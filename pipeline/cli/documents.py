"""documents, show, artefact, undelivered: what became of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from pipeline.cli.options import (
    AllTenantsOption,
    DataOption,
    JsonOption,
    LimitOption,
    TenantOption,
    one_of,
    with_tenant,
)
from pipeline.store.tenancy import Whose

Document = Annotated[str, typer.Argument(help="Document id (8 digits are enough) or number.")]


def register(app: typer.Typer) -> None:
    for command in (documents, show, artefact, undelivered):
        app.command()(command)


def documents(
    query: Annotated[
        list[str] | None, typer.Argument(help='Words, and fields: state:parked buyer:"Casa Verde".')
    ] = None,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    limit: LimitOption = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Search documents, newest first.

    Fields: number, buyer, seller, state, stage, type, reason, export, tenant, currency, from, to (days). Words alone
    are looked for in number, buyer and seller, and as ids (8 digits or more).
    """
    from pipeline.cli.output import rows
    from pipeline.cli.session import ask
    from pipeline.store import queries, searching

    text = searching.typed(query or [])
    everybody = all_tenants or (tenant is None and "tenant" in dict(searching.parse_query(text)))
    found = ask(
        data, lambda conn, whose: queries.documents(conn, text, tenant=whose.tenant, limit=limit), tenant, everybody
    )
    columns = with_tenant(
        ("document_id", "number", "type", "buyer", "amount_due", "currency", "state", "stage", "reason", "updated_at"),
        everybody,
    )
    rows(columns, found, as_json=json)


def show(
    document: Document,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show personal details too, and what each warning found where.")
    ] = False,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """One document's story, and why it stopped.

    What happened, when, who did it; what is planned; where its files are.
    """
    from pipeline.cli import timeline
    from pipeline.cli.output import json_line
    from pipeline.cli.session import asking
    from pipeline.story import Story, tell

    async def go(store: Any, whose: Whose) -> Story:
        async with store.transaction() as conn:
            return await tell(conn, document, store.keys if reveal else None, whose)

    story = asking(data, go, tenant, all_tenants)
    if json:
        json_line(timeline.as_json(story))
    else:
        timeline.draw(story, data)


def artefact(
    document: Document,
    kind: Annotated[
        str, typer.Argument(help="source (the export), canonical, completed, e-format, signature, pdf, message …")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File; default: its own name here; - is stdout.")
    ] = None,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write one of a document's files.

    Its digest is checked on the way.
    """
    import sys

    from connectors.storage import get
    from pipeline import wiring
    from pipeline.cli.output import json_line, say
    from pipeline.cli.session import ask
    from pipeline.settings import load
    from pipeline.store import artefacts, queries
    from schemas.errors import ConfigurationError
    from schemas.messages import ArtefactKind

    one_of("KIND", kind, ArtefactKind)

    async def refs(conn: Any, whose: Whose) -> Any:
        row = await queries.find(conn, document, whose)
        owner: UUID = row["export_id"] if kind == ArtefactKind.SOURCE else row["document_id"]
        return await artefacts.of_owner(conn, owner, ArtefactKind(kind))

    found = ask(data, refs, tenant, all_tenants)
    if not found:
        raise ConfigurationError(f"{document} has no {kind}")
    content = get(wiring.storage(load(data)), found[0])
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(content)
        return
    target = output or Path(found[0].name)
    target.write_bytes(content)
    if json:
        json_line({"output": str(target), **found[0].wire()})
    else:
        say(f"{target}: {len(content)} bytes, {found[0].media_type}, sha256 {found[0].sha256}")


def undelivered(
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Who did not get it, and why.

    With what was found where, what to do, and the next command.
    """
    from pipeline.cli import stops as told
    from pipeline.cli.output import rows
    from pipeline.cli.session import ask
    from pipeline.store import stops

    found = ask(data, lambda conn, whose: stops.undelivered(conn, tenant=whose.tenant), tenant, all_tenants)
    columns = with_tenant(
        ("number", "buyer", "state", "reason", "channel", "code", "status", "attempts", "document_id"), all_tenants
    )
    rows(columns, found, as_json=json)
    for row in [] if json else found:
        for line in told.lines(row, data):
            print(line)

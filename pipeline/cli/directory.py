"""recipients: the directory of parties and their contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import DataOption, JsonOption, TenantOption

recipients = typer.Typer(help="The directory: import, list, show.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(recipients, name="recipients")


@recipients.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a header: name, erp_id, vat, gln, endpoint, email, phone …")],
    tenant: TenantOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import parties and contacts; the same file again changes nothing. Exit 1 when a line was left out."""
    from pipeline.cli.output import complain, json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.settings import load
    from pipeline.store import directory
    from schemas.errors import ConfigurationError

    settings = load(data)
    if not file.is_file():
        raise ConfigurationError(f"there is no file {file}")

    with open(file, newline="", encoding="utf-8-sig") as source:
        rows = list(directory.read_recipients(source))

    async def go(store: Any) -> directory.Imported:
        return await directory.import_recipients(store, tenant or settings.default_tenant, rows, operator())

    done = asking(data, go)
    if json:
        refused = [finding.model_dump(exclude_none=True) for finding in done.refused]
        json_line({"new": done.new, "changed": done.changed, "unchanged": done.unchanged, "refused": refused})
    else:
        say(f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {len(done.refused)} left out")
        if done.refused:
            complain("these lines were left out", done.refused)
    if done.refused:
        raise typer.Exit(1)


@recipients.command("list")
def list_(tenant: TenantOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """All parties of the tenant."""
    from pipeline.cli.output import rows
    from pipeline.cli.session import ask
    from pipeline.store import directory

    found = ask(data, lambda conn: directory.parties(conn, tenant=tenant))
    rows(("party_id", "name", "country", "language", "identifiers", "contacts", "version"), found, as_json=json)


@recipients.command()
def show(
    name: Annotated[str, typer.Argument(help="Party id, an identifier, or the name.")],
    tenant: TenantOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """One party with identifiers and contacts."""
    from pipeline.cli.output import json_line, table
    from pipeline.cli.session import ask
    from pipeline.store import directory

    party = ask(data, lambda conn: directory.party(conn, name, tenant=tenant))
    if json:
        json_line(party)
        return
    for key in ("party_id", "name", "country", "language", "preferences", "identifiers", "learnt", "version"):
        print(f"{key.replace('_', ' '):<12} {party[key]}")
    table(("name", "email", "phone", "language", "timezone", "channel", "active"), party["contacts"], title="Contacts")

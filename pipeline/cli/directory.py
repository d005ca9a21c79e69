"""recipients: the directory of parties and their contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, TenantOption, with_tenant
from pipeline.store.tenancy import Whose

recipients = typer.Typer(help="Who your customers are, and how they want documents.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(recipients, name="recipients")


@recipients.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="UTF-8, comma or semicolon, with a header.")],
    tenant: TenantOption = None,
    keep_contacts: Annotated[
        bool, typer.Option("--keep-contacts", help="The file only adds: contacts that it does not name stay.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and who would go.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import parties and contacts from a CSV.

    The columns: erp_id, name, vat, gln, endpoint_scheme, endpoint, country, language, segment, email, phone, channel,
    timezone, contact, formats, format_options, mailbox. A name and one number or endpoint must be there. Lines of one
    party, by its first number, are its contacts. A column that is not there leaves what is known, empty cells clear it.
    Branches may share a VAT number or endpoint where each has its erp_id. A contact whom no line of its party names any
    more is retired: it gets nothing more; parties that the file does not name stay as they are. The same file again
    changes nothing. Exit 1 when a line was left out.
    """
    from pipeline.cli.files import no_file
    from pipeline.cli.output import complain, counting, json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.recipients import read_recipients
    from pipeline.settings import load
    from pipeline.store import importing
    from schemas.errors import ConfigurationError

    settings = load(data)
    if not file.is_file():
        raise ConfigurationError(no_file(file))

    with open(file, newline="", encoding="utf-8-sig") as source:
        lines = read_recipients(source)

    async def go(store: Any, _: Whose) -> importing.Imported:
        with counting("Importing", len(lines), quiet=json) as more:
            return await importing.import_recipients(
                store, tenant or settings.default_tenant, lines, operator(), more,
                keep_contacts=keep_contacts, dry_run=dry_run,
            )  # fmt: skip

    done = asking(data, go, tenant)
    if json:
        told = {
            name: [finding.model_dump(exclude_none=True) for finding in getattr(done, name)]
            for name in ("refused", "remarks")
        }
        json_line({**vars(done), **told})
    else:
        counted = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {done.left_out} left out"
        gone = f"; contacts retired: {done.retired}" if done.retired else ""
        say(f"{counted}{gone}{' (a dry run: nothing was written)' if dry_run else ''}")
        if done.refused:
            complain("what is wrong with the lines that were left out", done.refused)
        if done.remarks:
            complain("what to know of lines that were taken", done.remarks)
    if done.refused:
        raise typer.Exit(1)


@recipients.command("list")
def list_(
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """All parties, with the numbers that they are known by."""
    from pipeline.cli.output import rows
    from pipeline.cli.session import ask
    from pipeline.store import directory

    found = ask(data, lambda conn, whose: directory.parties(conn, tenant=whose.tenant), tenant, all_tenants)
    rows(
        with_tenant(("party_id", "name", "country", "language", "identifiers", "contacts", "version"), all_tenants),
        found,
        as_json=json,
    )


@recipients.command()
def show(
    name: Annotated[
        str, typer.Argument(help="Party id (8 digits are enough), name, ERP or VAT number, GLN or endpoint.")
    ],
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """One party with wishes, numbers and contacts."""
    from pipeline.cli.output import json_line
    from pipeline.cli.session import ask
    from pipeline.cli.tables import SENTENCE, shown, table
    from pipeline.store import directory

    party = ask(data, lambda conn, whose: directory.party(conn, name, whose), tenant, all_tenants)
    if json:
        json_line(party)
        return
    wishes = party["preferences"]
    options = "; ".join(f"{key}={value}" for key, value in wishes.get("format_options", {}).items())
    told = {
        "party id": party["party_id"], "name": party["name"], "country": party["country"],
        "language": party["language"], "segment": wishes.get("segment"),
        "formats": ", ".join(wishes.get("formats", ())), "options": options,
        "identifiers": party["identifiers"], "version": party["version"],
        "learnt": "from an invoice" if party["learnt"] else None,
    }  # fmt: skip
    for label, value in told.items():
        if value:
            print(f"{label:<12} {shown(str(value), SENTENCE)}")
    columns = ("name", "email", "phone", "mailbox", "language", "timezone", "channel", "left_at")
    table(columns, party["contacts"], title="Contacts")

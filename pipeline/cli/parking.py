"""parked: what stopped, why, and what a person does about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, TenantOption, with_tenant
from pipeline.store.tenancy import Whose

parked = typer.Typer(help="What stopped, and goes on or is closed.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Parked id (8 digits are enough), or the document's number or id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the event log.")]


def register(app: typer.Typer) -> None:
    app.add_typer(parked, name="parked")


@parked.command("list")
def list_(
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    state: Annotated[str, typer.Option(help="open, replayed, discarded or superseded.")] = "open",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """What is parked, oldest first: why, and what to do."""
    from pipeline.cli import stops as told
    from pipeline.cli.options import one_of
    from pipeline.cli.output import rows, say
    from pipeline.cli.session import ask
    from pipeline.store import stops

    one_of("--state", state, stops.STATES)

    async def go(conn: Any, whose: Whose) -> tuple[list[dict[str, Any]], int]:
        others = 0 if whose.of_ids or whose.tenant is None else await stops.elsewhere(conn, whose.tenant, state)
        return await stops.stops(conn, tenant=whose.tenant, state=state), others

    found, others = ask(data, go, tenant, all_tenants)
    columns = with_tenant(("parked_id", "number", "export", "address", "stage", "reason", "parked_at"), all_tenants)
    rows(columns, found, as_json=json)
    for row in [] if json else found:
        for line in told.lines(row, data):
            print(line)
    if others and not json:
        say(f"{others} more {'is' if others == 1 else 'are'} not of this tenant: --all-tenants shows all.")


@parked.command()
def show(
    name: Name,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """One of them, with every finding and what to do."""
    from pipeline.cli import stops as told
    from pipeline.cli.output import json_line
    from pipeline.cli.session import ask
    from pipeline.cli.tables import shown
    from pipeline.store import stops

    row = ask(data, lambda conn, whose: stops.stop(conn, name, whose), tenant, all_tenants)
    if json:
        json_line(row)
        return
    for key in ("parked_id", "document_id", "number", "export", "address", "stage", "round", "state"):
        print(f"{key.replace('_', ' '):<13} {shown(str(row[key])) if row[key] is not None else ''}")
    for key, value in row["detail"].items():
        print(f"{key.replace('_', ' '):<13} {told.detail(value)}")
    if row["raw_bytes"] is not None:
        print(f"raw message   {row['raw_bytes']} bytes from {row['topic']}/{row['partition']}/{row['offset']}")
    for line in told.lines(row, data):
        print(line)


@parked.command()
def replay(
    names: Annotated[
        list[str] | None, typer.Argument(help="Parked ids (8 digits are enough), numbers or ids of documents.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything of the tenant that is open.")] = False,
    only: Annotated[str | None, typer.Option("--only", help="With --all: only this reason.")] = None,
    reason: Why = "replayed by an operator",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be put back.")] = False,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put work back at the stage where it stopped.

    In a new round, which cancels what still waits of the one before. What cannot be put back is told, the others go
    on. Exit 1 when there was such a one.
    """
    from pipeline.cli.output import complain, json_line, say, working
    from pipeline.cli.session import asking, operator
    from pipeline.store import replaying, stops
    from schemas.errors import ConfigurationError

    if bool(names) == all_:
        raise ConfigurationError("name what is to be put back, or say --all (with --only REASON for one reason)")
    if only and not all_:
        raise ConfigurationError("--only goes with --all")

    async def go(store: Any, whose: Whose) -> list[dict[str, Any]]:
        async with store.transaction() as conn:
            if all_:
                open_ = await stops.stops(conn, tenant=whose.tenant)
                chosen = [row for row in open_ if only is None or row["reason"] == only]
            else:
                chosen = [await stops.stop(conn, name, whose) for name in names or ()]
        done = []
        for row in chosen:
            result = {"parked_id": row["parked_id"], "number": row["number"], "stage": row["stage"]}
            if not dry_run:
                try:
                    result["round"] = await replaying.replay(store, row["parked_id"], by=operator(), why=reason)
                except ConfigurationError as error:
                    result["problem"] = error.text
            done.append(result)
        return done

    with working("Putting back", quiet=json):
        done = asking(data, go, tenant, all_tenants)
    if not done and not json:
        say("Nothing is open" + (f" for the reason {only}." if only else "."))
    for row in done:
        name = row["number"] or row["parked_id"]
        if json:
            json_line(row)
        elif "problem" in row:
            complain(f"{name}: not put back: {row['problem']}")
        else:
            put = "would be put back" if dry_run else f"put back, round {row['round']}"
            say(f"{name}: {put} at {row['stage']}")
    if any("problem" in row for row in done):
        raise typer.Exit(1)


@parked.command()
def discard(
    name: Name,
    reason: Why,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Close one without doing it.

    The reason stands in the event log.
    """
    from pipeline.cli.output import json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.store import replaying, stops

    async def go(store: Any, whose: Whose) -> Any:
        async with store.transaction() as conn:
            row = await stops.stop(conn, name, whose)
        await replaying.discard(store, row["parked_id"], by=operator(), why=reason)
        return row

    row = asking(data, go, tenant, all_tenants)
    if json:
        json_line({"parked_id": row["parked_id"], "number": row["number"], "state": "discarded"})
    else:
        say(f"{row['number'] or row['parked_id']}: discarded")

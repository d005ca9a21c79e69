"""suppress: addresses that are not used, entered by hand too, and using them again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, TenantOption, with_tenant
from pipeline.store.tenancy import Whose

suppress = typer.Typer(help="Addresses that are not used any more, and why.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(suppress, name="suppress")


@suppress.command("list")
def list_(
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """All of them, newest first: why, and since when.

    With the document whose message showed it. What its owner told us (STOP, a complaint) is told apart.
    """
    from pipeline import plain
    from pipeline.cli.output import rows
    from pipeline.cli.session import asking
    from pipeline.store import lifting

    async def go(store: Any, whose: Whose) -> list[dict[str, Any]]:
        async with store.transaction() as conn:
            return await lifting.listed(conn, store.clock(), tenant=whose.tenant)

    found = asking(data, go, tenant, all_tenants)
    told = [{**row, "says": row["theirs"] or plain.reason(row["reason"])[0]} for row in found]
    columns = with_tenant(("address", "channel", "reason", "says", "since", "number"), all_tenants)
    rows(columns, found if json else told, as_json=json)


@suppress.command()
def add(
    address: Annotated[str, typer.Argument(help="E-mail address, number with its country, or mailbox.")],
    why: Annotated[str, typer.Option("--why", "--reason", help="Why, without the address; it is in the event log.")],
    tenant: TenantOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write to an address no more: its owner said so.

    It binds as STOP does: e-mail for the tenant, a number for all. What is planned to it is taken back, and another
    channel may go; what a provider has already been given may still arrive. Only its owner's word lifts it.
    """
    from pipeline.cli.output import json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.store import suppressing

    async def go(store: Any, whose: Whose) -> dict[str, Any]:
        assert whose.tenant is not None
        return await suppressing.add(store, address, by=operator(), why=why, tenant=whose.tenant)

    row = asking(data, go, tenant)
    if json:
        json_line(row)
    elif row["new"]:
        say(f"{row['address']}: is not used any more; messages taken back: {row['planned']}")
    else:
        say(f"{row['address']}: has not been used since {row['since']:%Y-%m-%d} ({row['reason']})")


@suppress.command()
def lift(
    address: Annotated[str, typer.Argument(help="As the list has it: e-mail address, number or mailbox.")],
    why: Annotated[str, typer.Option("--why", "--reason", help="Why; it stands in the event log.")],
    recipient_asked: Annotated[
        bool, typer.Option("--recipient-asked", help="Its owner, who had opted out, has asked for messages again.")
    ] = False,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Use an address again, from the next message on.

    Who opted out (STOP, unsubscribed, complained) takes that back by themselves: a text message's recipient by sending
    START. What was not sent meanwhile is sent by entrega resend.
    """
    from pipeline.cli.output import json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.store import lifting

    async def go(store: Any, whose: Whose) -> list[dict[str, Any]]:
        return await lifting.lift(
            store, address, by=operator(), why=why, tenant=whose.tenant, they_asked=recipient_asked
        )  # fmt: skip

    for row in asking(data, go, tenant, all_tenants):
        if json:
            json_line(row)
        else:
            say(f"{row['address']}: is used again, from the next message on (was {row['reason']})")
    if not json:
        say("The provider may keep it on a list of its own: take it off there too. What was not sent: entrega resend")

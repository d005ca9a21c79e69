"""resend: a document goes to its recipient once more, because a person asks for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, TenantOption
from pipeline.store.tenancy import Whose


def register(app: typer.Typer) -> None:
    app.command()(resend)


def resend(
    document: Annotated[str, typer.Argument(help="Document id (8 digits are enough) or number.")],
    to: Annotated[
        str | None, typer.Option("--to", help="E-mail address or mobile number, instead of the document's contacts.")
    ] = None,
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    why: Annotated[
        str, typer.Option("--why", "--reason", help="Why; it stands in the event log.")
    ] = "asked for by an operator",
    request: Annotated[
        str | None, typer.Option("--request", help="A key of your own: the same one again sends nothing more.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Send a document again, with a new link.

    The same files, to its contacts as the directory has them now, whatever came of it before: delivered, bounced, link
    expired. Earlier links stay as they are; an interchange gets the next control number. Each call sends one more
    message, but for the same --request.
    """
    from uuid import uuid4

    from pipeline.cli.output import json_line, say
    from pipeline.cli.session import asking, operator
    from pipeline.store import lifting, queries, resending

    async def go(store: Any, whose: Whose) -> tuple[resending.Resent, list[dict[str, Any]]]:
        async with store.transaction() as conn:
            found = await queries.find(conn, document, whose)
        done = await resending.resend(
            store, found["document_id"], by=operator(), why=why, request=request or str(uuid4()), to=to
        )
        async with store.transaction() as conn:
            return done, await lifting.of_document(conn, done.document_id, store.clock())

    done, suppressed = asking(data, go, tenant, all_tenants)
    if json:
        json_line({**vars(done), "suppressed": suppressed})
        return
    name = done.number or done.document_id
    if done.repeated:
        say(f"{name}: this request was carried out before, in round {done.round}; nothing more is sent")
        return
    again = f"It was asked for {_times(done.before)} before. " if done.before else ""
    say(f"{name}: is sent again, in round {done.round}: a new message, with its own link (an interchange: number).")
    say(f"{again}Another resend sends one more message.")
    for row in suppressed:
        say(f"  {row['address']} is not used ({row['reason']}); entrega suppress lift takes it off the list")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"

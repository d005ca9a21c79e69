"""orphans: what providers and mail servers told that fits no delivery."""

from __future__ import annotations

from typing import Any

import typer

from pipeline.cli.options import AllTenantsOption, DataOption, JsonOption, LimitOption, TenantOption, with_tenant
from pipeline.store.tenancy import Whose


def register(app: typer.Typer) -> None:
    app.command()(orphans)


def orphans(
    tenant: TenantOption = None,
    all_tenants: AllTenantsOption = False,
    limit: LimitOption = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Reports that fit no delivery, newest first.

    Bounces and the like that name neither our attempt nor our message, where none or several attempts went to the
    recipient at that time: they changed nothing. A webhook's stand at the default tenant.
    """
    from pipeline.cli.output import rows, say
    from pipeline.cli.session import ask
    from pipeline.store import orphans as store

    async def go(conn: Any, whose: Whose) -> tuple[list[dict[str, Any]], int]:
        return await store.listed(conn, tenant=whose.tenant, limit=limit), await store.count(conn, tenant=whose.tenant)

    found, count = ask(data, go, tenant, all_tenants)
    columns = ("received_at", "provider", "action", "recipient", "reason", "status", "code", "report_id")
    rows(with_tenant(columns, all_tenants), found, as_json=json)
    if count > len(found) and not json:
        say(f"{count - len(found)} older ones are not shown: --limit {count} shows all.")

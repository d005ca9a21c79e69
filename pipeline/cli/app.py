"""The commands, in the order in which people meet them. Bodies live in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder; default .entrega, or ENTREGA_DATA.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One object, or one line a row, for scripts.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Tenant; default the setting default_tenant.")]

app = typer.Typer(
    name="entrega",
    help="Delivers what an ERP exports: legal e-format, signed, with a PDF, by e-mail or SMS, provably.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def build() -> Any:
    """The click command of the whole application."""
    from pipeline.cli import auditing, directory, documents, ingesting, parking, running

    for part in (running, ingesting, documents, auditing, parking, directory):
        part.register(app)
    return typer.main.get_command(app)

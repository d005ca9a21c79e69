"""The commands, in the order in which people meet them. Bodies live in the modules beside this one."""

from __future__ import annotations

from typing import Any

import typer

app = typer.Typer(
    name="entrega",
    help="Delivers what an ERP exports: legal e-format, signed, with a PDF, by e-mail, SMS or EDI, provably.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def build() -> Any:
    """The click command of the whole application."""
    from pipeline.cli import (
        auditing,
        bench,
        converting,
        demo,
        directory,
        documents,
        extracting,
        ingesting,
        orphaned,
        parking,
        profiles,
        resending,
        running,
        signatures,
        suppressing,
        validating,
    )  # fmt: skip

    for part in (
        running,
        demo,
        ingesting,
        extracting,
        converting,
        validating,
        signatures,
        documents,
        auditing,
        parking,
        resending,
        suppressing,
        orphaned,
        directory,
        profiles,
        bench,
    ):
        part.register(app)
    return typer.main.get_command(app)

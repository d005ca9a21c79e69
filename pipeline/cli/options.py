"""Options that many commands take, in one wording."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder; default .entrega, or ENTREGA_DATA.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One object, or one line a row, for scripts.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Whose; default the setting default_tenant.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Rows at most.")]
AllTenantsOption = Annotated[bool, typer.Option("--all-tenants", help="Everybody's instead.")]


def with_tenant(columns: tuple[str, ...], everybody: bool) -> tuple[str, ...]:
    """A table of everybody's rows says whose each is."""
    return ("tenant", *columns) if everybody else columns


def one_of(option: str, given: str, known: Iterable[str], more: Callable[[], str] | None = None) -> None:
    """Raises ConfigurationError, naming what there is, where a value is none of the known ones; `more` has the sentence
    that is told then, too."""
    from schemas.errors import ConfigurationError

    names = list(known)
    if given not in names:
        raise ConfigurationError(f"{option}: there is no {given!r}; there {_are(names)}{f'. {more()}' if more else ''}")


def _are(names: list[str]) -> str:
    return "are none" if not names else f"is only {names[0]}" if len(names) == 1 else f"are: {', '.join(names)}"

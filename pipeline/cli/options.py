"""Options that many commands take, in one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder; default .entrega, or ENTREGA_DATA.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One object, or one line a row, for scripts.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Tenant; default the setting default_tenant.")]

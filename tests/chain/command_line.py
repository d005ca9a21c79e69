"""The command line as a script calls it, in this process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

import orjson
import pytest


@dataclass
class Shell:
    """The command line on a data folder."""

    patch: pytest.MonkeyPatch

    def __call__(self, *words: str, status: int = 0, json: bool = True) -> tuple[list[Any], str]:
        """(rows of --json, what stands on stderr)."""
        from pipeline.cli import main

        printed, said = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        self.patch.setattr(sys, "argv", ["entrega", *words, *(["--json"] if json else [])])
        self.patch.setattr(sys, "stdout", printed)
        with redirect_stderr(said), pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == status, said.getvalue()
        printed.flush()
        return [orjson.loads(line) for line in printed.buffer.getvalue().splitlines()], said.getvalue()  # type: ignore[attr-defined]

    def tenants(self, *words: str) -> list[str]:
        """Whose rows a command tells, one each."""
        return sorted(row["tenant"] for row in self(*words)[0])

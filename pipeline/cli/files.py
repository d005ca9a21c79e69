"""Commands that work on files alone: one file here, a folder in parallel processes, with progress, in the order given.

`each(paths, work, ...)` is the one way. `work` is a function of a module (it travels to other processes) that takes a
path and gives rows; an error of the tree in `schemas/errors.py` that it raises becomes one row with state `refused`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from schemas.profiles import ExtractionProfile
    from stages.formats.reading.records import Record

PathsArgument = Annotated[list[Path], typer.Argument(help="Files, or folders whose files are taken.")]
ProfileOption = Annotated[
    Path | None, typer.Option("--profile", help="An extraction profile (YAML): CSV mapping, what exports lack.")
]
JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes at a time; default all cores.")]

Row = dict[str, Any]
Work = Callable[[Path], Sequence[Row]]


def expand(paths: Sequence[Path]) -> list[Path]:
    """Files as given, folders as their files by name. Raises ConfigurationError for what is not there."""
    from schemas.errors import ConfigurationError

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
            if not inside:
                raise ConfigurationError(f"there is no file in {path}")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise ConfigurationError(f"there is no file {path}")
    return found


def extraction_profile(path: Path) -> ExtractionProfile:
    """Raises ConfigurationError for a file that is none."""
    from connectors.profiles import extraction_profile as read

    return read(path.read_bytes(), str(path))


def records(file: Path, profile: Path | None) -> Iterator[Record]:
    """What a file holds, read with the profile in another one where one is named."""
    from stages.extraction import read_all

    chosen = extraction_profile(profile) if profile else None
    with open(file, "rb") as source:
        yield from read_all(source, file.name, (chosen,) if chosen else (), chosen.name if chosen else None)


def each(files: Sequence[Path], work: Work, *, doing: str, quiet: bool, jobs: int | None = None) -> Iterator[Row]:
    """The rows of every file, in the files' order. A file that fails gives a row that says why, and the rest goes on.

    Children are forked from a fresh server process: the rule engine does not survive a fork.
    """
    many = min(jobs or os.cpu_count() or 1, len(files))
    if many <= 1 and len(files) <= 1:
        from pipeline.cli.output import working

        for file in files:
            with working(doing, quiet=quiet):
                found = _guarded(work, file)
            yield from found
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    size = max(1, min(32, len(files) // (many * 4)))
    with (
        Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress,
        ProcessPoolExecutor(many, mp_context=get_context("forkserver")) as pool,
    ):
        task = progress.add_task(doing, total=len(files))
        for rows in pool.map(_Guarded(work), files, chunksize=size):
            progress.advance(task)
            yield from rows


class _Guarded:
    """`work` with its errors as rows; a class, so that it can be sent to another process."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def __call__(self, file: Path) -> list[Row]:
        return list(_guarded(self.work, file))


def _guarded(work: Work, file: Path) -> Sequence[Row]:
    from schemas.errors import ConfigurationError, EntregaError

    try:
        return work(file)
    except ConfigurationError:  # a wrong setting is wrong for every file
        raise
    except EntregaError as error:
        return [refusal(file, error)]


def refusal(file: Path, error: Any, **more: Any) -> Row:
    """Why a file, or one document of it, goes no further: with every finding."""
    findings = [finding.model_dump(exclude_none=True) for finding in error.findings]
    return {
        "file": str(file), **more, "state": "refused", "reason": error.reason, "explanation": error.text,
        "findings": findings,
    }  # fmt: skip


def report(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, profile: Path | str | None = "none") -> int:
    """Rows for scripts or people, then people's reasons on stderr. The exit status: 1 where something was refused.

    `profile` None: one could have been given, and what a document lacks may stand in it.
    """
    from pipeline.cli.output import complain, json_line, say, table
    from schemas.errors import Finding

    if as_json:
        for row in rows:
            json_line(row)
    elif rows and columns:
        table(columns, rows)
    refused = [row for row in rows if row.get("state") in ("refused", "invalid")]
    for row in refused if not as_json else ():
        where = " ".join(str(row[key]) for key in ("file", "address") if row.get(key))
        complain(
            f"{where}: {row.get('explanation')} [{row.get('reason')}]", map(Finding.model_validate, row["findings"])
        )
    lacking = any(finding["rule"] == "field-missing" for row in refused for finding in row["findings"])
    if lacking and profile is None and not as_json:
        say("What an export lacks, its seller perhaps, the `constants` of an extraction profile give: --profile FILE")
    return 1 if refused else 0

"""Commands that work on files alone: one file here, a folder in parallel processes, with progress, in the order given.

`each(paths, work, ...)` is the one way. `work` is a function of a module (it travels to other processes) that takes a
path and gives rows; an error that it raises becomes one row with state `refused`: one of the tree in
`schemas/errors.py`, a file that cannot be read, or a fault of ours, whose trace is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from schemas.errors import Finding
    from schemas.profiles import ExtractionProfile
    from stages.formats.reading.records import Record

PathsArgument = Annotated[list[Path], typer.Argument(help="Files, or folders whose files are taken.")]
RecursiveOption = Annotated[bool, typer.Option("--recursive", help="Take what is in folders of a folder, too.")]
ProfileOption = Annotated[
    Path | None, typer.Option("--profile", help="An extraction profile (YAML): CSV mapping, what exports lack.")
]
JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes at a time; default all cores.")]

WARNINGS_TOLD = 10
"""Warnings of one document that people are told; how many more there are stands behind them."""

Row = dict[str, Any]
"""One document, or a file that is none. `warnings`: findings that did not stop it."""
Work = Callable[[Path], Sequence[Row]]


def expand(paths: Sequence[Path], recursive: bool | None = None) -> list[Path]:
    """Files as given, folders as their files by name; what is not hidden. A folder without files, and folders that are
    left out, are told. Raises ConfigurationError for what is not there, and where there is no file at all.

    `recursive` None: the command looks into no folder of a folder.
    """
    from pipeline.cli.output import say
    from schemas.errors import ConfigurationError

    found: list[Path] = []
    empty: list[str] = []
    for path in paths:
        if path.is_dir():
            files, left_out = _inside(path, recursive)
            if left_out:
                hint = "" if recursive is None else "; --recursive takes what is there, too"
                say(f"entrega: {path}: {_folders(left_out)} left out{hint}")
            if not files:
                empty.append(f"there is no file in {path}")
            found += files
        elif path.is_file():
            found.append(path)
        else:
            raise ConfigurationError(no_file(path))
    if not found and empty:
        raise ConfigurationError("; ".join(empty))
    for each in empty:
        say(f"entrega: {each}")
    return found


def no_file(path: Path) -> str:
    """What is wrong with a path that is to be one file and is none."""
    if path.is_dir():
        return f"{path} is a folder, and one file is wanted"
    return f"{path} is no file, but a device or a pipe" if path.exists() else f"there is no file {path}"


def _inside(folder: Path, recursive: bool | None) -> tuple[list[Path], int]:
    """A folder's files, and how many folders in it are left out. Links to folders are not followed: they may lead
    back."""
    inside = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    files = [each for each in inside if each.is_file()]
    below = [each for each in inside if each.is_dir()]
    if not recursive:
        return files, len(below)
    for each in below:
        if not each.is_symlink():
            files += _inside(each, recursive)[0]
    return files, 0


def _folders(many: int) -> str:
    return "a folder in it is" if many == 1 else f"{many} folders in it are"


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
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)) != file:  # what is written, not what is read
            raise
        return [_refused(file, "export-unreadable", f"it cannot be read: {error.strerror}")]
    except Exception as error:
        return [_fault_of_ours(file, error)]


def _fault_of_ours(file: Path, error: Exception) -> Row:
    """The row of a bug, with its `trace` for who mends it, without the error's words: they may repeat what the file
    holds."""
    from traceback import extract_tb, format_list

    from schemas.errors import Finding

    frames = extract_tb(error.__traceback__)
    name, last = type(error).__name__, frames[-1]
    place = f"{'/'.join(Path(last.filename).parts[-3:])}, line {last.lineno}"
    finding = Finding(rule="bug", message=f"{name} in {last.name}", place=place)
    trace = "".join(format_list(frames))
    return _refused(file, "bug", f"a fault of ours, {name} at {place}; please report it", (finding,), trace=trace)


def refusal(file: Path, error: Any, **more: Any) -> Row:
    """Why a file, or one document of it, goes no further: with every finding."""
    return _refused(file, error.reason, error.text, error.findings, **more)


def _refused(file: Path, reason: str, explanation: str, findings: Iterable[Finding] = (), **more: Any) -> Row:
    return {
        "file": str(file), **more, "state": "refused", "reason": reason, "explanation": explanation,
        "findings": dumped(findings),
    }  # fmt: skip


def dumped(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as they stand in a row."""
    return [finding.model_dump(exclude_none=True) for finding in findings]


def report(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, profile: Path | str | None = "none") -> int:
    """Rows for scripts or people, then on stderr people's reasons, and what each document that goes on is warned of.
    The exit status: 1 where something was refused.

    `profile` None: one could have been given, and what a document lacks may stand in it.
    """
    from pipeline.cli.output import complain, json_line, say
    from pipeline.cli.tables import SENTENCE, shown, table
    from schemas.errors import Finding

    if as_json:
        for row in rows:
            json_line(row)
    elif rows and columns:
        folder, shorter = _below(rows)
        if folder:
            print(shown(f"in {folder}", SENTENCE))
        table(columns, map(_counted, shorter))
    refused = [row for row in rows if row.get("state") in ("refused", "invalid")]
    for row in rows if not as_json else ():
        if row.get("state") in ("refused", "invalid"):
            told = f"{_where(row)}: {row.get('explanation')} [{row.get('reason')}]"
            complain(told, map(Finding.model_validate, row["findings"]))
            if row.get("trace"):
                say(row["trace"].rstrip())
        tell_warnings(row)
    lacking = any(finding["rule"] == "field-missing" for row in refused for finding in row["findings"])
    if lacking and profile is None and not as_json:
        say("What an export lacks, its seller perhaps, the `constants` of an extraction profile give: --profile FILE")
    return 1 if refused else 0


def tell_warnings(row: Row, most: int = WARNINGS_TOLD) -> None:
    """For people: what one document is warned of, each with its place and what was found there."""
    from pipeline.cli.output import complain, say
    from schemas.errors import Finding

    warnings = row.get("warnings") or ()
    if warnings:
        shown = map(Finding.model_validate, warnings[:most])
        complain(f"{_where(row)}: {row['state']}, with {_many(len(warnings))}", shown)
    if len(warnings) > most:
        say(f"  and {len(warnings) - most} more; --json has all")


def _many(count: int) -> str:
    return "a warning" if count == 1 else f"{count} warnings"


def _where(row: Row) -> str:
    """File and address, but for an address that the explanation begins with."""
    address = str(row.get("address") or "")
    told = not address or str(row.get("explanation", "")).startswith(address)
    return str(row["file"]) if told and row.get("file") else f"{row.get('file') or ''} {address}".strip()


def _below(rows: Sequence[Row]) -> tuple[str, Sequence[Row]]:
    """The folder that all files are in, where there are several, and rows that name them from there."""
    files = {str(row["file"]) for row in rows if row.get("file")}
    mixed = len({os.path.isabs(file) for file in files}) > 1
    folder = "" if mixed or len(files) < 2 else os.path.commonpath(map(os.path.dirname, files))
    if folder in ("", os.sep):
        return "", rows
    return folder, [row | {"file": os.path.relpath(row["file"], folder)} if row.get("file") else row for row in rows]


def _counted(row: Row) -> Row:
    """As a table shows it: of what is told one by one, how many."""
    counts = {key: len(row[key]) or None for key in ("warnings", "not_carried", "altered") if row.get(key) is not None}
    return row | counts

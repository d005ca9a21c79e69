"""ingest: drop exports, and where asked, see each document to its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from pipeline.cli.files import PathsArgument, RecursiveOption
from pipeline.cli.options import DataOption, JsonOption, TenantOption

if TYPE_CHECKING:
    from connectors.profiles import FolderProfiles


def register(app: typer.Typer) -> None:
    app.command()(ingest)


def ingest(
    paths: PathsArgument,
    tenant: TenantOption = None,
    profile: Annotated[
        str | None, typer.Option(help="Extraction profile of the tenant; else it is recognised.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until each document has reached its end.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and say what is there; drop nothing.")] = False,
    timeout: Annotated[float, typer.Option(min=0, help="With --wait: seconds to wait.")] = 300,
    recursive: RecursiveOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Drop exports at the door.

    Exit 1 when an export was not taken; with --wait also when a document was refused, parked or could not be delivered.
    """
    import asyncio

    from pipeline.cli.files import expand
    from pipeline.settings import load

    settings = load(data)
    files = expand(paths, recursive)
    if dry_run:
        raise typer.Exit(_dry_run(settings, files, tenant, profile, json))
    raise typer.Exit(asyncio.run(_ingest(settings, files, tenant, profile, wait, timeout, json, data)))


def _profiles(settings: Any, tenant: str | None, profile: str | None) -> Any:
    """What exports of the tenant are read with. Raises ConfigurationError, naming those that there are."""
    from pipeline import wiring
    from pipeline.cli.options import one_of

    folder = wiring.profiles(settings)
    if tenant is not None:
        one_of("--tenant", tenant, folder.tenants())
    whose = tenant or settings.default_tenant
    pinned = folder.current(whose)
    if profile is not None:
        names = [each.name for each in pinned.extraction]
        one_of("--profile", profile, names, lambda: _unlisted(folder, whose, profile, pinned.profile.extraction))
    return pinned.extraction


def _unlisted(folder: FolderProfiles, tenant: str, profile: str, listed: Sequence[str]) -> str:
    """How a profile comes by its name, and which file may have been meant."""
    told = [
        f"{file} stands there with {'that name' if name == profile else f'the name {name}'}"
        f"{'' if file in listed else ', and is not listed'}"
        for file, name in folder.extraction_files().items()
        if profile in (name, file, file.removesuffix(".yaml"))
    ]
    how = "A profile is called by the name: in its file, which is listed under extraction: in"
    return "; ".join([f"{how} {folder.folder / tenant}.yaml", *told[:5]])


async def _ingest(
    settings: Any, files: list[Path], tenant: str | None, profile: str | None, wait: bool, timeout: float, json: bool,
    data: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli import stops as told
    from pipeline.cli.output import json_line, rows, say
    from pipeline.cli.session import opened
    from pipeline.store import queries, stops

    async with opened(settings) as store:
        _profiles(settings, tenant, profile)
        receipts, refused = await _drop(settings, store, files, tenant, profile, json=json, tell=not wait)
        if not wait:
            for row in refused if json else ():
                json_line(row)
            return 1 if refused else 0
        ended = await _wait(store, receipts, timeout, json)
        async with store.transaction() as conn:
            found = refused + await queries.documents_of_exports(conn, receipts)
            why = [] if json else await stops.stops(conn, exports=receipts)
        rows(("document_id", "number", "type", "state", "reason", "export"), found, as_json=json)
        for each in why:
            for line in told.lines(each, data):
                say(line)
        bad = {"refused", "parked", "undeliverable"}
        return 0 if ended and not any(row["state"] in bad for row in found) else 1


async def _drop(
    settings: Any, store: Any, files: list[Path], tenant: str | None, profile: str | None, *, json: bool, tell: bool
) -> tuple[list[UUID], list[dict[str, Any]]]:  # fmt: skip
    """Receipts of what was taken, rows of what was not; receipts are told as they come where `tell`.

    A file that is refused does not hold up the others; a door that is closed is closed to all that follow.
    """
    import asyncio

    from rich.console import Console
    from rich.progress import Progress

    from pipeline import halt, wiring
    from pipeline.cli.output import complain, json_line, say
    from pipeline.cli.session import operator
    from schemas.errors import PermanentError, StoreUnavailable

    door = wiring.door(settings, store)
    receipts: list[UUID] = []
    refused: list[dict[str, Any]] = []
    with Progress(console=Console(stderr=True), transient=True, disable=json) as progress:
        task = progress.add_task("Dropping", total=len(files))
        for number, file in enumerate(files):
            try:
                door.admits(file.stat().st_size)
                content = await asyncio.to_thread(file.read_bytes)
                receipt = await door.receive(content, name=file.name, tenant=tenant, profile=profile, by=operator())
            except PermanentError as error:  # this one is not taken; the others are
                refused.append(_not_taken(file.name, error))
                complain(f"{file.name}: {error.text} [{error.reason}]", error.findings)
                continue
            except StoreUnavailable as error:
                left = files[number:]
                refused += [_not_taken(each.name, error) for each in left]
                why = halt.full(settings) or error.text
                complain(f"{why} [{error.reason}]; not taken: {', '.join(each.name for each in left)}")
                break
            finally:
                progress.advance(task)
            receipts.append(receipt.export_id)
            if tell:
                row = {"export_id": str(receipt.export_id), "name": receipt.name, "sha256": receipt.sha256}
                json_line(row) if json else say(f"{receipt.name}: receipt {receipt.export_id}")
    return receipts, refused


def _not_taken(name: str, error: Any) -> dict[str, Any]:
    """A file that the door refused, as a row beside the documents of the others."""
    row = {"document_id": None, "number": None, "export": name, "type": "export", "state": "refused"}
    return {**row, "reason": error.reason, "explanation": error.text}


async def _wait(store: Any, receipts: list[UUID], timeout: float, quiet: bool) -> bool:
    """Until every document of the exports has reached its end. False when time is over."""
    import asyncio
    import time

    from rich.console import Console
    from rich.progress import Progress

    from pipeline.cli.output import say
    from pipeline.store import queries

    deadline = time.monotonic() + timeout
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Delivering", total=None)
        while True:
            async with store.transaction() as conn:
                count = await queries.progress(conn, receipts)
            progress.update(task, total=count.known or None, completed=count.ended)
            if count.finished:
                return True
            if time.monotonic() > deadline:
                say(f"{count.known - count.ended} documents have not reached their end in {timeout:.0f} seconds")
                return False
            await asyncio.sleep(0.2)


def _dry_run(settings: Any, files: list[Path], tenant: str | None, profile: str | None, json: bool) -> int:
    """Read as extraction would, and write nothing; whom it is for only the directory knows, and it is not asked."""
    from pipeline.cli.files import dumped, tell_warnings
    from pipeline.cli.output import rows
    from schemas.errors import EntregaError
    from stages.extraction import read_all
    from stages.extraction.planning import never_delivered

    profiles = _profiles(settings, tenant, profile)
    found: list[dict[str, Any]] = []
    for file in files:
        with open(file, "rb") as source:
            try:
                for record in read_all(source, file.name, profiles, profile):
                    document, error = record.document, record.error
                    kept = never_delivered(document) if document else None
                    found.append(
                        {
                            "file": file.name,
                            "address": record.address,
                            "number": document.number if document else None,
                            "type": document.document_type if document else None,
                            "state": "read" if document and not kept else "refused",
                            "reason": kept.explanation if kept else _reason(error),
                            "warnings": dumped(record.warnings),
                        }
                    )
            except EntregaError as error:
                found.append({"file": file.name, "state": "refused", "reason": _reason(error)})
    rows(("file", "address", "number", "type", "state", "reason"), found, as_json=json)
    for row in [] if json else found:
        tell_warnings(row)
    return 1 if any(row["state"] == "refused" for row in found) else 0


def _reason(error: Any) -> str | None:
    if error is None:
        return None
    first = next(iter(error.findings), None)
    if first is None:
        return str(error.text)
    found = f", found {first.found!r}" if first.found is not None else ""
    return f"{first.rule}: {first.message} ({first.place}{found})"

"""profile suggest, profile check: mapping profiles for exports that do not say what their columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.files import dumped, extraction_profile
from pipeline.cli.options import JsonOption

if TYPE_CHECKING:
    from schemas.canonical import Document
    from schemas.profiles import ExtractionProfile
    from stages.formats.reading.step import Record

profile = typer.Typer(help="Mapping profiles for CSV and fixed-width exports.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A sample of the export.")]


def register(app: typer.Typer) -> None:
    app.add_typer(profile, name="profile")


@profile.command()
def suggest(
    file: FileArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: stdout.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The profile's name; default: the output's, else the file's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Propose a profile from a sample of an export.

    YAML, for a CSV, a workbook or fixed-width records. What is not sure stands in comments, and what the sample does
    not tell is left to fill in: until then the profile is refused.
    """
    from pipeline.cli.output import complain, json_line, say
    from stages.formats.suggesting import SAMPLE_BYTES, WORKBOOK, suggest

    with file.open("rb") as sample:
        data = sample.read(SAMPLE_BYTES + 1)
        if data.startswith(WORKBOOK):
            data += sample.read()
    try:
        proposed = suggest(data, name or (output or file).stem)
    except ValueError as error:
        complain(f"no profile can be proposed for {file.name}: {error}")
        raise typer.Exit(1) from None
    read, refused = _tried(file, proposed.trial)
    if output is not None:
        output.write_text(proposed.text, "utf-8")
    elif not json:
        typer.echo(proposed.text, nl=False)
    if json:
        told = {"read": read, "refused": refused, "unsure": proposed.unsure, "fill_in": proposed.blanks}
        json_line({"profile": proposed.text, **told, "misfits": dumped(proposed.misfits)})
        return
    if proposed.misfits:
        complain(f"{len(proposed.misfits)} cells of the sample do not fit", proposed.misfits[:_MISFITS])
    say(f"of the sample {read} documents are read and {refused} refused, once the profile is filled in")
    say(f"{proposed.unsure} settings are unsure: look for `# unsure`, and check them")
    say(f"to be filled in, marked `FILL IN`: {'; '.join(proposed.blanks)}")
    if output is not None:
        say(f"ingest knows it once {output.name} stands beside the tenant's profile, listed there under `extraction:`")


@profile.command()
def check(
    file: FileArgument,
    profile: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The profile (YAML).")],
    json: JsonOption = False,
) -> None:
    """Read a sample with a profile. Exit 1 where a document is refused."""
    from pipeline.cli.output import rows

    found = [
        {
            "address": each.address,
            "number": each.document.number if each.document else each.number,
            "type": each.document.document_type if each.document else None,
            "lines": _lines(each.document),
            "state": "read" if each.document else "refused",
            "reason": "; ".join(f"{f.place}: {f.rule}: {f.message}" for f in each.error.findings)
            if each.error
            else None,
        }
        for each in _records(file, extraction_profile(profile))
    ]
    rows(("address", "number", "type", "lines", "state", "reason"), found, as_json=json)
    raise typer.Exit(1 if any(row["state"] == "refused" for row in found) else 0)


_MISFITS = 20
"""Cells that are told on the terminal; the profile names all of them, in comments."""
_STEPS = 20
"""Steps that are read of a sample: 10,000 documents tell enough."""


def _records(file: Path, loaded: ExtractionProfile) -> Iterator[Record]:
    """What the file becomes; a file that is refused as a whole is one record."""
    from schemas.errors import PermanentError
    from stages.formats.reading.step import Record, read

    cursor: str | None = None
    with file.open("rb") as source:
        for _ in range(_STEPS):
            try:
                step = read(source, file.name, loaded, cursor)
            except PermanentError as error:
                yield Record("the file", error=error)
                return
            yield from step.records
            if (cursor := step.cursor) is None:
                return


def _tried(file: Path, text: str) -> tuple[int, int]:
    from schemas.profiles import load_profile

    found = list(_records(file, load_profile(text)))
    refused = sum(1 for each in found if each.error)
    return len(found) - refused, refused


def _lines(document: Document | None) -> int | None:
    for name in ("lines", "items", "entries"):
        if hasattr(document, name):
            return len(getattr(document, name))
    return None

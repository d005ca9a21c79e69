"""extract, convert, render, formats: what the stages do to a document, alone, with no service running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.files import JobsOption, PathsArgument, Row
from pipeline.cli.options import JsonOption

if TYPE_CHECKING:
    from schemas.canonical import Document
    from stages.conversion.making import LossPolicy
    from stages.formats.reading.records import Record

ProfileOption = Annotated[
    Path | None, typer.Option("--profile", help="An extraction profile (YAML): CSV mapping, what exports lack.")
]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", help="NAME=VALUE for the format; see `entrega formats --options`."),
]


def register(app: typer.Typer) -> None:
    for command in (extract, convert, render, formats):
        app.command()(command)


def extract(
    paths: PathsArgument, profile: ProfileOption = None, jobs: JobsOption = None, json: JsonOption = False
) -> None:
    """Read exports and show the documents in them; with --json each whole, one a line. Exit 1 where one is refused."""
    from pipeline.cli.files import each, expand, report

    rows = list(each(expand(paths), partial(_extract, profile=profile), doing="Reading", quiet=json, jobs=jobs))
    if json:
        rows = [row.get("document", row) for row in rows]
        raise typer.Exit(report(rows, (), as_json=True))
    for row in rows:
        row.pop("document", None)
    columns = ("file", "address", "type", "number", "issue_date", "from", "to", "amount", "warnings", "state")
    raise typer.Exit(report(rows, columns, as_json=False))


def convert(
    paths: PathsArgument,
    to: Annotated[str, typer.Option("--to", help="Format; `entrega formats` lists them.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File, or folder for many documents.")] = None,
    profile: ProfileOption = None,
    option: OptionOption = None,
    losses: Annotated[str, typer.Option(help="What cannot be carried: report, refuse or note.")] = "report",
    sender: Annotated[str | None, typer.Option("--from", help="EDI: our mailbox, QUALIFIER:ID.")] = None,
    receiver: Annotated[str | None, typer.Option("--for", help="EDI: the partner's mailbox, QUALIFIER:ID.")] = None,
    number: Annotated[int, typer.Option("--control-number", min=1, help="EDI: of the interchange.")] = 1,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Write documents in another format, held against its rules. Exit 1 where one is refused; it is not written."""
    from pipeline.cli.files import each, expand, report
    from schemas.errors import ConfigurationError

    policies: dict[str, LossPolicy] = {"report": "report", "refuse": "refuse", "note": "note"}
    if losses not in policies:
        raise ConfigurationError(f"--losses: report, refuse or note, not {losses!r}")
    files = expand(paths)
    wish = Wish(to, _options(to, option), policies[losses], letter=_letter(to, sender, receiver, number))
    work = partial(_convert, wish=wish, profile=profile, output=_output(files, output))
    rows = list(each(files, work, doing=f"Converting to {to}", quiet=json, jobs=jobs))
    if output is None:
        _to_stdout(rows, json)
    columns = ("file", "number", "output", "rules", "not_carried", "altered", "state")
    raise typer.Exit(report(rows, columns, as_json=json))


def render(
    paths: PathsArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File, or folder for many documents.")] = None,
    to: Annotated[str, typer.Option("--to", help="The e-format that is embedded.")] = "ubl",
    language: Annotated[
        str, typer.Option(help="The reader's language: de, en, es, fr, it, pl or pt, with a region or without (de-AT).")
    ] = "en",
    profile: ProfileOption = None,
    option: OptionOption = None,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """The PDF a person reads, as PDF/A-3 with the e-format inside. Exit 1 where a document is refused."""
    from pipeline.cli.files import each, expand, report

    files = expand(paths)
    wish = Wish(to, _options(to, option), "report", language)
    work = partial(_convert, wish=wish, profile=profile, output=_output(files, output))
    rows = list(each(files, work, doing="Rendering", quiet=json, jobs=jobs))
    if output is None:
        _to_stdout(rows, json)
    raise typer.Exit(report(rows, ("file", "number", "output", "rules", "state"), as_json=json))


def formats(
    options: Annotated[bool, typer.Option("--options", help="Each format's options instead.")] = False,
    json: JsonOption = False,
) -> None:
    """What is read and what is written: versions, rules, signature."""
    from pipeline.cli.output import rows
    from stages.formats import registry

    if options:
        told = [
            {"format": target.name, "option": name, "what": option.what, "takes": option.takes}
            for target in registry.targets().values()
            for name, option in target.options.items()
        ]
        rows(("format", "option", "what", "takes"), told, as_json=json)
        return
    table: list[dict[str, Any]] = []
    for each in registry.formats():
        reads = each.reads if each.read else None
        table.append({"format": each.name, "title": each.title, "reads": reads} if not each.targets else {})
        table += [
            {
                "format": target.name,
                "title": target.title if target.version in target.title else f"{target.title} {target.version}",
                "reads": reads if at == 0 else None,
                "writes": sorted(target.kinds),
                "rules": list(target.rules) or ["read-back"],
                "signature": target.signature,
                "issued_through": target.platform,
            }
            for at, target in enumerate(each.targets)
        ]
    columns = ("format", "title", "reads", "writes", "rules", "signature", "issued_through")
    rows(columns, [row for row in table if row], as_json=json)


@dataclass(frozen=True)
class Wish:
    """What is to be made: a target, its options, what becomes of losses, and the language of a PDF."""

    target: str
    options: Mapping[str, str] = field(default_factory=dict)
    losses: LossPolicy = "report"
    language: str | None = None
    letter: tuple[str, str, int] | None = None
    """Sender, receiver and control number of an interchange; without it an EDI message stays bare."""


def _options(to: str, given: Sequence[str] | None) -> dict[str, str]:
    """Raises ConfigurationError for an unknown format or option, and for a value that the option does not take."""
    from schemas.errors import ConfigurationError
    from stages.formats import registry

    target = registry.target(to)
    found: dict[str, str] = {}
    for pair in given or ():
        name, sign, value = pair.partition("=")
        if not sign:
            raise ConfigurationError(f"--option: {pair!r} is not NAME=VALUE")
        found[name] = value
    target.check(found)
    return found


@dataclass(frozen=True)
class Output:
    """Where documents go: a file, for the one document of the one export; else a folder, where each has the name of its
    export, so that no two are written over each other."""

    path: Path
    folder: bool
    stems: frozenset[str]

    def of(self, file: Path, ordinal: int, documents: int, ending: str) -> Path:
        if not self.folder and documents == 1:
            return self.path
        stem = file.stem if file.stem in self.stems else file.name
        return self.path / f"{stem}{f'-{ordinal}' if documents > 1 else ''}{ending}"


def _output(files: Sequence[Path], output: Path | None) -> Output | None:
    """Raises ConfigurationError where two documents would have to be written to one name."""
    from collections import Counter

    from schemas.errors import ConfigurationError

    if output is None:
        if len(files) > 1:
            raise ConfigurationError(f"there are {len(files)} files: name a folder for what is made of them with -o")
        return None
    twice = [name for name, count in Counter(file.name for file in files).items() if count > 1]
    if twice:
        raise ConfigurationError(f"two files are called {twice[0]!r}: convert them one after the other")
    stems = Counter(file.stem for file in files)
    folder = len(files) > 1 or output.is_dir() or output.suffix == ""
    return Output(output, folder, frozenset(stem for stem, count in stems.items() if count == 1))


def _records(file: Path, profile: Path | None) -> Iterator[Record]:
    from schemas.profiles import load_profile
    from stages.extraction import read_all

    profiles = (load_profile(profile.read_text("utf-8")),) if profile else ()
    with open(file, "rb") as source:
        yield from read_all(source, file.name, profiles, profiles[0].name if profiles else None)


def _extract(file: Path, profile: Path | None) -> list[Row]:
    from pipeline.cli.files import refusal
    from schemas.canonical import to_json

    rows: list[Row] = []
    for record in _records(file, profile):
        document, error = record.document, record.error
        if document is None:
            rows.append(refusal(file, error, address=record.address, number=record.number))
            continue
        import orjson

        totals = getattr(document, "totals", None)
        amount = getattr(totals, "amount_due", None) or getattr(totals, "tax_inclusive", None)
        rows.append(
            {
                "file": str(file), "address": record.address, "type": document.document_type, "number": document.number,
                "issue_date": document.issue_date, "from": document.sender.name, "to": document.receiver.name,
                "amount": None if amount is None else f"{amount} {getattr(document, 'currency', '') or ''}".strip(),
                "warnings": len(record.warnings) or None, "state": "read",
                "document": orjson.loads(to_json(document)),
            }
        )  # fmt: skip
    return rows


def _convert(file: Path, wish: Wish, profile: Path | None, output: Output | None) -> list[Row]:
    from pipeline.cli.files import refusal
    from schemas.errors import EntregaError

    rows: list[Row] = []
    records = list(_records(file, profile))
    for ordinal, record in enumerate(records, start=1):
        if record.document is None:
            rows.append(refusal(file, record.error, address=record.address, number=record.number))
            continue
        document = record.document
        row: Row = {"file": str(file), "address": record.address, "number": document.number}
        try:
            content, suffix, made = _make(document, wish)
        except EntregaError as error:
            rows.append(refusal(file, error, address=record.address, number=document.number))
            continue
        row |= {
            "state": "written", "rules": made.rule_set, "not_carried": made.not_carried or None,
            "altered": made.altered or None,
            "losses": [each.model_dump(exclude_none=True) for each in made.losses],
            "warnings": [each.model_dump(exclude_none=True) for each in made.warnings],
        }  # fmt: skip
        if output is None:
            row["content"] = content
        else:
            ending = suffix if suffix == f".{wish.target}" else f".{wish.target}{suffix}"
            target = output.of(file, ordinal, len(records), ending)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            row["output"] = str(target)
        rows.append(row)
    return rows


def _make(document: Document, wish: Wish) -> tuple[bytes, str, Any]:
    """The bytes of the target, or of the PDF with them inside, their suffix, and what conversion made."""
    from datetime import UTC, datetime

    from pipeline import maven
    from stages.conversion import making
    from stages.conversion.checking import Checker
    from stages.formats import registry

    target = registry.target(wish.target)
    whole, found = making.completed(document)
    check = Checker(maven.jars("rules"), datetime.now(UTC).date())
    made = making.make(
        whole,
        target,
        wish.options,
        wish.losses,
        check,
        making.binding(found, target.under(document, wish.options).rules),
    )
    if wish.language is None and not target.embedded:
        return _enveloped(target.under(whole, wish.options), made.content, wish), target.suffix, made
    return _pdf(whole, target, made.content, wish), ".pdf", made


def _letter(to: str, sender: str | None, receiver: str | None, number: int) -> tuple[str, str, int] | None:
    """Raises ConfigurationError where half of it is given, or the format has no envelope."""
    from pipeline.cli.output import say
    from schemas.errors import ConfigurationError
    from stages.formats import registry

    has = registry.target(to).wrap is not None
    if sender and receiver:
        if not has:
            raise ConfigurationError(f"--from and --for: {to} travels in no interchange")
        return sender, receiver, number
    if sender or receiver:
        raise ConfigurationError("--from and --for name both mailboxes of an interchange: one is missing")
    if has:
        say("A bare message, as delivery takes it: --from and --for put it in an interchange.")
    return None


def _enveloped(target: Any, content: bytes, wish: Wish) -> bytes:
    from datetime import UTC, datetime

    from stages.formats.format import Letter

    if wish.letter is None or target.wrap is None:
        return content
    sender, receiver, number = wish.letter
    wrapped: bytes = target.wrap([content], Letter(sender, receiver, number, datetime.now(UTC), wish.options))
    return wrapped


def _pdf(document: Document, target: Any, content: bytes, wish: Wish) -> bytes:
    from datetime import UTC, datetime

    from stages.conversion import making
    from stages.rendering.brand import Brand
    from stages.rendering.layout import render
    from stages.rendering.pdfa import embedded_file

    inside = embedded_file(target, wish.options, f"{making.file_name(document)}{target.suffix}", content)
    return render(
        document, brand=Brand(name=document.sender.name), language=wish.language or "en", attachment=inside,
        created=datetime.now(UTC),
    )  # fmt: skip


def _to_stdout(rows: list[Row], json: bool) -> None:
    """Without -o the one document goes to stdout as it is, or into the row as text or Base64."""
    import base64
    import sys

    written = [row for row in rows if "content" in row]
    if not json and len(written) > 1:
        from schemas.errors import ConfigurationError

        raise ConfigurationError(f"the export holds {len(written)} documents: name a folder with -o")
    for row in written:
        content: bytes = row.pop("content")
        if json:
            try:
                row["text"] = content.decode("utf-8")
            except UnicodeDecodeError:
                row["base64"] = base64.b64encode(content).decode()
        else:
            if sys.stdout.isatty() and content.startswith(b"%PDF"):
                from schemas.errors import ConfigurationError

                raise ConfigurationError("a PDF is nothing for a terminal: name a file with -o")
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            rows.remove(row)

"""convert, render: what the stages make of a document, alone, with no service running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.destinations import Destination, destination, to_stdout
from pipeline.cli.files import JobsOption, PathsArgument, ProfileOption, RecursiveOption, Row
from pipeline.cli.options import JsonOption, one_of

if TYPE_CHECKING:
    from schemas.canonical import Document
    from stages.conversion.making import LossPolicy

OutputOption = Annotated[Path | None, typer.Option("-o", "--output", help="File, or folder for many documents.")]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", help="NAME=VALUE for the format; see `entrega formats --options`."),
]


def register(app: typer.Typer) -> None:
    for command in (convert, render):
        app.command()(command)


def convert(
    paths: PathsArgument,
    to: Annotated[str, typer.Option("--to", help="Format; `entrega formats` lists them.")],
    output: OutputOption = None,
    profile: ProfileOption = None,
    option: OptionOption = None,
    losses: Annotated[str, typer.Option(help="What cannot be carried: report, refuse or note.")] = "report",
    sender: Annotated[
        str | None,
        typer.Option("--from", help="EDI: our mailbox, as 14:5609999200054; with --for it makes an interchange."),
    ] = None,
    receiver: Annotated[str | None, typer.Option("--for", help="EDI: the partner's mailbox.")] = None,
    number: Annotated[int, typer.Option("--control-number", min=1, help="EDI: the interchange's number.")] = 1,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Write documents in another format.

    Each is held against the format's rules first. Exit 1 where one is refused; it is not written.
    """
    from pipeline.cli.files import each, expand, report

    policies: dict[str, LossPolicy] = {"report": "report", "refuse": "refuse", "note": "note"}
    one_of("--losses", losses, policies)
    files = expand(paths, recursive)
    wish = Wish(to, _options(to, option), policies[losses], letter=_letter(to, sender, receiver, number))
    work = partial(_convert, wish=wish, profile=profile, output=destination(files, output, paths))
    rows = list(each(files, work, doing=f"Converting to {to}", quiet=json, jobs=jobs))
    if output is None:
        to_stdout(rows, json)
    columns = ("file", "number", "output", "rules", *_LOST, "warnings", "state")
    status = report(rows, columns, as_json=json, profile=profile)
    if not json:
        _tell_losses(rows)
    raise typer.Exit(status)


_LOST = ("not_carried", "altered")


def _tell_losses(rows: Sequence[Row]) -> None:
    """Each field once, with how many of the documents it concerns."""
    from collections import Counter

    from pipeline.cli.output import say

    for kind in _LOST:
        places = Counter(place for row in rows for place in row.get(kind) or ())
        if places:
            told = ", ".join(f"{place} ({count})" if len(rows) > 1 else place for place, count in places.items())
            say(f"{kind.replace('_', ' ')}: {told}")


def render(
    paths: PathsArgument,
    output: OutputOption = None,
    to: Annotated[str, typer.Option("--to", help="The e-format that is embedded.")] = "ubl",
    language: Annotated[
        str, typer.Option(help="The reader's language: de, en, es, fr, it, pl or pt, with a region or without (de-AT).")
    ] = "en",
    profile: ProfileOption = None,
    option: OptionOption = None,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Make the PDF that a person reads.

    PDF/A-3 with the e-format inside. Exit 1 where a document is refused.
    """
    from pipeline.cli.files import each, expand, report
    from stages.words import LANGUAGES, known

    if known(language) is None:
        one_of("--language", language, LANGUAGES)
    files = expand(paths, recursive)
    wish = Wish(to, _options(to, option), "report", language)
    work = partial(_convert, wish=wish, profile=profile, output=destination(files, output, paths))
    rows = list(each(files, work, doing="Rendering", quiet=json, jobs=jobs))
    if output is None:
        to_stdout(rows, json)
    columns = ("file", "number", "output", "rules", "warnings", "state")
    raise typer.Exit(report(rows, columns, as_json=json, profile=profile))


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


def _convert(file: Path, wish: Wish, profile: Path | None, output: Destination | None) -> list[Row]:
    from pipeline.cli.files import dumped, records, refusal
    from schemas.errors import ConfigurationError, EntregaError

    rows: list[Row] = []
    found = list(records(file, profile))
    for ordinal, record in enumerate(found, start=1):
        if record.document is None:
            rows.append(refusal(file, record.error, address=record.address, number=record.number))
            continue
        document = record.document
        row: Row = {"file": str(file), "address": record.address, "number": document.number}
        try:
            content, suffix, made = _make(document, wish)
        except ConfigurationError:  # a wrong wish is wrong for every document
            raise
        except EntregaError as error:
            more = {"warnings": dumped(record.warnings)} if record.warnings else {}
            rows.append(refusal(file, error, address=record.address, number=document.number, **more))
            continue
        row |= {
            "state": "written", "rules": made.rule_set, "not_carried": made.not_carried or None,
            "altered": made.altered or None, "moved_to_note": list(made.moved) or None,
            "losses": dumped(made.losses), "warnings": dumped((*record.warnings, *made.warnings)),
        }  # fmt: skip
        if output is None:
            row["content"] = content
        else:
            ending = suffix if suffix == f".{wish.target}" else f".{wish.target}{suffix}"
            target = output.of(file, ordinal, len(found), ending)
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
    from pipeline.recipients import MAILBOX
    from schemas.deliveries import Channel
    from schemas.errors import ConfigurationError
    from stages.delivery.addresses import usable
    from stages.formats import registry

    has = registry.target(to).wrap is not None
    if sender and receiver:
        if not has:
            raise ConfigurationError(f"--from and --for: {to} travels in no interchange")
        for option, mailbox in (("--from", sender), ("--for", receiver)):
            if usable(Channel.EDI, mailbox).address is None:
                raise ConfigurationError(f"{option}: a mailbox is {MAILBOX}; not {mailbox!r}")
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

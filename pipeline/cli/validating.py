"""validate: hold files against the rules, alone, with no service running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from pipeline.cli.files import JobsOption, PathsArgument, ProfileOption, RecursiveOption, Row
from pipeline.cli.options import JsonOption, one_of

if TYPE_CHECKING:
    from stages.rules.catalogue import Release, RuleSet
    from stages.rules.judging import EngineName
    from stages.rules.verdicts import Verdict


def register(app: typer.Typer) -> None:
    app.command()(validate)


def validate(
    paths: PathsArgument,
    rules: Annotated[
        str | None, typer.Option("--rules", help="Rule set; default what the file says it follows, for exports peppol.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="official: as published; native: ours.")] = "official",
    on: Annotated[str | None, typer.Option("--on", help="Day whose rules hold, YYYY-MM-DD; default today.")] = None,
    profile: ProfileOption = None,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Hold e-invoices and exports against rules.

    An e-invoice against the rules that it says it follows, an export against those of what it would become. Exit 1
    where something fatal is found, or where no pinned release of a file's rules holds on the day.
    """
    from pipeline.cli.files import each, expand, report

    day = _day(on)
    question = Question(_rules(rules, day), _engine(engine), day, profile)
    work = partial(_validate, question=question)
    rows = list(each(expand(paths, recursive), work, doing="Validating", quiet=json, jobs=jobs))
    columns = ("file", "address", "number", "rules", "fatal", "warnings", "state")
    shown = rows if json else [_told(row) for row in rows]
    raise typer.Exit(report(shown, columns, as_json=json, profile=profile))


@dataclass(frozen=True)
class Question:
    """What files are asked: the rule set (None: the file's own), the engine, the day."""

    rules: str | None
    engine: EngineName
    on: date
    profile: Path | None


def _rules(given: str | None, on: date) -> str | None:
    """Raises ConfigurationError for a name that is no rule set, or one that does not hold on the day."""
    from stages.rules.catalogue import RuleSet, in_force

    if given is not None:
        one_of("--rules", given, [each.value for each in RuleSet])
        in_force(RuleSet(given), on)
    return given


def _engine(given: str) -> EngineName:
    one_of("--engine", given, ("official", "native"))
    return cast("EngineName", given)


def _day(given: str | None) -> date:
    from datetime import UTC, datetime

    from schemas.errors import ConfigurationError

    if given is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise ConfigurationError(f"--on: {given!r} is not a day as YYYY-MM-DD") from error


def _validate(file: Path, question: Question) -> list[Row]:
    """The e-invoice as it stands, where a rule set knows it, also inside a PDF or a .p7m; else the documents that are
    read from the file, as they would be written."""
    from pipeline.cli.files import refusal
    from schemas.errors import ConfigurationError, Finding
    from stages.rules.catalogue import RuleSet, in_force
    from stages.rules.recognised import rule_set_of
    from stages.rules.schemata import parsed

    content = _inside(file)
    root = parsed(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else None
    own = None if root is None or isinstance(root, Finding) else rule_set_of(root)
    rules = RuleSet(question.rules or own or "peppol")
    try:
        release = in_force(rules, question.on)
    except ConfigurationError as error:
        return [refusal(file, error)]
    if own is None:
        return _of_export(file, rules, question)
    return [_row(file, _as_it_stands(file.name, content, release, question))]


def _inside(file: Path) -> bytes:
    """The bytes that rules are about: of a PDF the one e-invoice embedded, of a .p7m what was signed, else the file's.

    A PDF without an invoice, and a signature without a document, are left to the readers, who say what is wrong.
    """
    from io import BytesIO

    from schemas.errors import ExportUnreadable
    from stages.formats.p7m import is_p7m, open_p7m
    from stages.formats.pdf.embedded import extract
    from stages.formats.reading.completing import Unfit

    content = file.read_bytes()
    try:
        if content.startswith(b"%PDF-"):
            documents = extract(BytesIO(content)).documents
            return documents[0].content if len(documents) == 1 else content
        return open_p7m(content) if is_p7m(content) else content
    except (Unfit, ExportUnreadable):
        return content


def _as_it_stands(name: str, content: bytes, release: Release, question: Question) -> Verdict:
    from io import BytesIO

    from pipeline import maven
    from schemas.documents import Invoice
    from stages.conversion.checking import engine
    from stages.extraction import read_all
    from stages.rules import native
    from stages.rules.judging import natively_judged
    from stages.rules.shown import is_whole

    jars = tuple(maven.jars("rules"))
    by_schema = natively_judged(content, release, jars) if question.engine == "native" else None
    if by_schema is None:
        return engine(jars).check(content, release)
    if by_schema.verdict.findings:
        return by_schema.verdict
    record = next(iter(read_all(BytesIO(content), name)))
    document = record.document
    if not isinstance(document, Invoice) or record.warnings or not is_whole(by_schema.root, document):
        return engine(jars).check(content, release)
    return native.check(document, release, by_schema.kind, written=False)


def _of_export(file: Path, rules: RuleSet, question: Question) -> list[Row]:
    """Each document of an export, completed and held against the rules of the format it would become."""
    from pipeline import maven
    from pipeline.cli.files import records, refusal
    from schemas.errors import ConfigurationError, EntregaError
    from stages.conversion import making
    from stages.conversion.checking import Checker
    from stages.rules.judging import EngineChoice
    from stages.rules.verdicts import Verdict

    target = _target_of(rules)
    check = Checker(maven.jars("rules"), question.on, EngineChoice(question.engine))
    rows: list[Row] = []
    for record in list(records(file, question.profile)):
        known = {"address": record.address, "number": record.number}
        if record.document is None:
            rows.append(refusal(file, record.error, **known))
            continue
        known["number"] = record.document.number
        try:
            document, found = making.completed(record.document)
            made = making.make(document, target, {}, "report", check, making.binding(found, target.rules))
        except ConfigurationError:
            raise
        except EntregaError as error:
            rows.append({**refusal(file, error, **known), "state": "invalid", "fatal": len(error.findings)})
        else:
            told = (*record.warnings, *made.warnings)
            rows.append(_row(file, Verdict(target.name, made.rule_set, told), **known))
    return rows


def _target_of(rules: str) -> Any:
    """The first target that is held against a rule set. Raises ConfigurationError where none is."""
    from schemas.errors import ConfigurationError
    from stages.formats import registry

    found = next((each for each in registry.targets().values() if rules in each.rules), None)
    if found is None:
        raise ConfigurationError(f"--rules: no format is written that is held against {rules}")
    return found


def _row(file: Path, verdict: Verdict, **known: Any) -> Row:
    """`unchecked` where no rule was run: that is not the same as valid."""
    fatal = [each for each in verdict.findings if each.severity == "fatal"]
    row: Row = {
        "file": str(file), **known, "rules": verdict.version, "fatal": len(fatal),
        "warnings": len(verdict.findings) - len(fatal),
        "state": "invalid" if fatal else "unchecked" if verdict.version == "none" else "valid",
        "findings": [finding.model_dump(exclude_none=True) for finding in verdict.findings],
    }  # fmt: skip
    if fatal:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in fatal))
        row |= {"reason": "document-invalid", "explanation": f"The document breaks {rules}."}
    return row


def _told(row: Row) -> Row:
    """For people: what stops a document apart from what does not."""
    fatal = [each for each in row["findings"] if each["severity"] == "fatal"]
    return row | {"findings": fatal, "warnings": [each for each in row["findings"] if each not in fatal]}

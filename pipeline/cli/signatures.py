"""sign, verify-signature: alone, with no service running, on one file or a folder in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.files import JobsOption, PathsArgument, RecursiveOption, Row
from pipeline.cli.options import DataOption, JsonOption, one_of

if TYPE_CHECKING:
    from connectors.keys.source import KeySource
    from connectors.timestamp import TimeStamps
    from stages.signing.verification.verdict import Judged

MAX_BYTES = 200 * 1024 * 1024


def register(app: typer.Typer) -> None:
    app.command()(sign)
    app.command("verify-signature")(verify_signature)


def sign(
    paths: PathsArgument,
    profile: Annotated[
        str | None, typer.Option(help="Signature profile; default: what the document's law wants.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="PKCS#12 or PEM; its password is the setting signing_password.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File, or folder; default: beside each document.")
    ] = None,
    data: DataOption = None,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Sign documents with the configured key.

    As the law of each wants it, or by a profile. Exit 1 where one is refused.
    """
    from connectors.keys.demo import is_demo
    from pipeline import wiring
    from pipeline.cli.files import each, expand, report
    from pipeline.cli.output import say
    from pipeline.settings import load
    from schemas.errors import ConfigurationError
    from stages.signing.profiles import PROFILES

    settings = load(data)
    stamps = wiring.time_stamps(settings)
    if profile is not None:
        one_of("--profile", profile, PROFILES)
    if profile is not None and PROFILES[profile].stamped and stamps is None:
        raise ConfigurationError(f"--profile: {profile} asks for a time-stamp, and tsa_url is not set")
    files = expand(paths)
    if output is not None and not output.is_dir() and (len(files) > 1 or output.suffix == ""):
        output.mkdir(parents=True)
    source = _key(key, settings)
    demonstration = is_demo(source.signer().certificate)
    wish = Wish(profile, source, stamps, settings.signing_facturae_digest, output)
    rows = list(each(files, partial(_sign, wish=wish), doing="Signing", quiet=json, jobs=jobs))
    if demonstration:
        say("signed with the demonstration certificate, which nobody trusts: set a key of your own (`--key`)")
    raise typer.Exit(report(rows, ("file", "output", "profile", "level", "signer", "state"), as_json=json))


def verify_signature(
    paths: PathsArgument,
    trust: Annotated[
        list[Path] | None, typer.Option("--trust", help="PEM of authorities, signers or public keys that are believed.")
    ] = None,
    detached: Annotated[
        list[Path] | None, typer.Option("--detached", help="A signed file that lies beside the signature.")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", help="Time of judgement (UTC); default now.", formats=["%Y-%m-%dT%H:%M:%SZ"]),
    ] = None,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    json: JsonOption = False,
) -> None:
    """Judge what others signed: who, when, over what.

    Strictly, and without network: revocation is not asked for. Exit 1 unless all pass, which needs --trust.
    """
    from pipeline.cli.files import each, expand, report
    from stages.signing.verification import trust as anchors

    believed = tuple(trust or ())
    anchors.load(believed)  # a wrong one is told before anything is judged
    files, beside = expand(paths, recursive), tuple(expand(detached or ()))
    moment = at.replace(tzinfo=UTC) if at is not None else datetime.now(UTC)
    work = partial(_verify, trust=believed, now=moment, detached=beside)
    rows = list(each(files, work, doing="Verifying", quiet=json, jobs=jobs))
    shown = [{**row, "sub": row.get("sub_indication"), **_first(row)} for row in rows]
    columns = ("file", "indication", "sub", "level", "signer", "time", "covers")
    code = report(rows if json else shown, columns, as_json=json)
    raise typer.Exit(1 if code or any(row.get("indication") != "TOTAL-PASSED" for row in rows) else 0)


@dataclass(frozen=True)
class Wish:
    """How files are to be signed; `profile` None: as the law of each wants it."""

    profile: str | None
    keys: KeySource
    stamps: TimeStamps | None
    facturae_digest: str
    output: Path | None

    def target(self, file: Path, name: str) -> Path:
        """Never the document itself: what was signed stays as it is."""
        if self.output is not None and not self.output.is_dir():
            return self.output
        folder = self.output or file.parent
        if (folder / name).resolve() == file.resolve():
            return folder / f"{file.stem}.signed{file.suffix}"
        return folder / name


def _key(key: Path | None, settings: Any) -> KeySource:
    from connectors.keys.source import KeyFile
    from pipeline import wiring

    if key is None:
        return wiring.key_source(settings)
    password = settings.signing_password.get_secret_value() if settings.signing_password else None
    return KeyFile(key, password, setting="--key")


def _read(file: Path) -> bytes:
    from schemas.errors import LimitExceeded

    if file.stat().st_size > MAX_BYTES:
        raise LimitExceeded(f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
    return file.read_bytes()


def _sign(file: Path, wish: Wish) -> Sequence[Row]:
    from stages.signing import profiles

    document = _read(file)
    chosen = wish.profile or profiles.suitable(document)
    signer = wish.keys.signer()
    means = profiles.Means(signer, datetime.now(UTC), wish.stamps, wish.facturae_digest)
    made = profiles.sign(chosen, file.name, document, means)[0]
    target = wish.target(file, made.name)
    target.write_bytes(made.data)
    return [
        {
            "file": str(file), "output": str(target), "profile": chosen, "level": profiles.PROFILES[chosen].level,
            "signer": signer.certificate.subject.rfc4514_string(), "signing_time": means.at, "state": "signed",
        }
    ]  # fmt: skip


def _verify(file: Path, trust: tuple[Path, ...], now: datetime, detached: tuple[Path, ...]) -> Sequence[Row]:
    import logging

    from stages.signing.verification import NOT_CHECKED, judge
    from stages.signing.verification.trust import load

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it tells of every oddity; the judgement is ours
    beside = {path.name: _read(path) for path in detached} or None
    found = judge(_read(file), load(trust), now, beside)
    sub, explanation = found.reason
    return [
        {
            "file": str(file), "kind": found.kind, "indication": found.indication, "sub_indication": sub,
            "explanation": explanation, "signatures": [_signature(one) for one in found.signatures],
            "not_checked": list(NOT_CHECKED),
        }
    ]  # fmt: skip


def _signature(one: Judged) -> Row:
    from stages.signing.verification.trust import serial

    return {
        "indication": one.indication,
        "sub_indication": one.sub_indication,
        "explanation": one.explanation,
        "level": one.level,
        "signer": None if one.signer is None else {
            "subject": one.signer.subject.rfc4514_string(),
            "issuer": one.signer.issuer.rfc4514_string(),
            "serial": serial(one.signer),
            "not_before": one.signer.not_valid_before_utc,
            "not_after": one.signer.not_valid_after_utc,
        },
        "claimed_time": one.claimed_time,
        "time_stamps": [
            {"at": stamp.at, "authority": stamp.authority, "usable": stamp.usable, "explanation": stamp.explanation}
            for stamp in one.stamps
        ],
        "covers": list(one.covers),
        "warnings": list(one.warnings),
    }  # fmt: skip


def _first(row: Row) -> Row:
    """For people: the first signature in the row itself, and the reason below the indication."""
    signatures = row.get("signatures") or []
    if not signatures:
        return {"sub": row.get("explanation")}
    first = signatures[0]
    stamps = [stamp["at"] for stamp in first["time_stamps"] if stamp["usable"]]
    who = first["signer"]["subject"] if first["signer"] else None
    sub = ": ".join(str(one) for one in (row["sub_indication"], row["explanation"]) if one)
    return {
        "sub": sub, "level": first["level"], "signer": who, "time": stamps[0] if stamps else first["claimed_time"],
        "covers": ", ".join(first["covers"]),
    }  # fmt: skip

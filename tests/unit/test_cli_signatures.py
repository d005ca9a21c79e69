"""`entrega sign` and `entrega verify-signature`: alone on files, as a person and as a script call them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from time_stamping import Tsa, authority

from connectors.keys.memory import Authority
from pipeline.cli import main
from stages.formats.p7m import open_p7m
from stages.signing import xades

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(NOW)
DOCUMENTS = {
    "invoice.xml": '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>',
    "es.xml": '<fe:Facturae xmlns:fe="http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml"/>',
    "IT01_1.xml": '<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"/>',
}


Entrega = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def entrega(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Entrega:
    """Calls the command with words and settings: exit status, JSON lines, and what people read."""

    def call(*words: object, **settings: str) -> tuple[int, list[dict[str, Any]], str]:
        with monkeypatch.context() as context:
            for name, value in {"ENTREGA_DATA": str(tmp_path / "data"), **settings}.items():
                context.setenv(name, value)
            context.setattr(sys, "argv", ["entrega", *map(str, words)])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), [json.loads(line) for line in out.splitlines() if "--json" in words], err

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name, text in DOCUMENTS.items():
        (tmp_path / "in" / name).write_text(text)
    return tmp_path


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with authority(AUTHORITY, NOW) as running:
        yield running


def key_of_our_own(folder: Path) -> tuple[Path, Path]:
    """A PKCS#12 file under the password `geheim`, and its authority's PEM."""
    signer = AUTHORITY.issue(NOW - YEAR, NOW + YEAR, kind="p256")
    content = pkcs12.serialize_key_and_certificates(
        b"x", signer.private_key, signer.certificate, list(signer.chain), BestAvailableEncryption(b"geheim")
    )
    (folder / "key.p12").write_bytes(content)
    (folder / "ca.pem").write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    return folder / "key.p12", folder / "ca.pem"


def test_a_folder_is_signed_as_each_law_wants_it(folder: Path, entrega: Entrega) -> None:
    """Without a key the demonstration's signs, and says so; every file by its law; all pass under its authority."""
    code, rows, told = entrega("sign", folder / "in", "-o", folder / "out", "--json")
    assert (code, [row["state"] for row in rows]) == (0, ["signed"] * 3)
    assert "nobody trusts" in told
    made = {Path(row["file"]).name: (Path(row["output"]).name, row["profile"]) for row in rows}
    assert made == {
        "invoice.xml": ("invoice.asice", "xades-b-b-asic-e"),
        "es.xml": ("es.xsig", "xades-epes-facturae"),
        "IT01_1.xml": ("IT01_1.xml.p7m", "cades-fatturapa"),
    }
    ca = folder / "data" / "secrets" / "demo-ca" / "demo-ca.pem"
    code, rows, _ = entrega("verify-signature", folder / "out", "--trust", ca, "--json")
    assert (code, {row["indication"] for row in rows}) == (0, {"TOTAL-PASSED"})
    signed = {Path(row["file"]).name: row["signatures"][0] for row in rows}
    assert {name: one["level"] for name, one in signed.items()} == {
        "invoice.asice": "XAdES-BASELINE-B", "es.xsig": "XAdES-BASELINE-B", "IT01_1.xml.p7m": "CAdES-BASELINE-B",
    }  # fmt: skip
    assert signed["invoice.asice"]["covers"] == ["invoice.xml"]
    assert "Entrega demo" in signed["es.xsig"]["signer"]["subject"]
    assert rows[0]["not_checked"] == ["revocation"]


def test_a_key_of_ones_own_and_a_time_stamp(folder: Path, entrega: Entrega, tsa: Tsa) -> None:
    """`--key` with the password from the settings, a stamped profile: level T, and who vouched for the time."""
    key, ca = key_of_our_own(folder)
    settings = {"ENTREGA_SIGNING_PASSWORD": "geheim", "ENTREGA_TSA_URL": tsa.url}
    file, signed = folder / "in" / "IT01_1.xml", folder / "a.xml.p7m"
    words = ("sign", file, "--profile", "cades-fatturapa-t", "--key", key, "-o", signed, "--json")
    code, (row,), told = entrega(*words, **settings)
    assert (code, row["level"], told) == (0, "CAdES-B-T", "")
    assert open_p7m(signed.read_bytes()) == file.read_bytes()
    code, (row,), _ = entrega("verify-signature", signed, "--trust", ca, "--json")
    assert (code, row["signatures"][0]["level"]) == (0, "CAdES-BASELINE-T")
    (stamp,) = row["signatures"][0]["time_stamps"]
    assert (stamp["usable"], stamp["authority"]) == (True, "CN=Time in memory")


def test_the_document_itself_is_never_written_over(folder: Path, entrega: Entrega) -> None:
    """An enveloped signature beside its document gets a name of its own; the document is as it was."""
    file = folder / "in" / "IT01_1.xml"
    code, (row,), _ = entrega("sign", file, "--profile", "xades-enveloped-fatturapa", "--json")
    assert (code, Path(row["output"]).name) == (0, "IT01_1.signed.xml")
    assert file.read_text() == DOCUMENTS["IT01_1.xml"]


def test_what_lies_beside_its_signature_is_named(folder: Path, entrega: Entrega) -> None:
    """A stand-alone signature over two files: both are named, or it is told that they are not found."""
    signer = AUTHORITY.issue(NOW - YEAR, NOW + YEAR, kind="p256")
    files = [folder / "in" / name for name in ("es.xml", "invoice.xml")]
    signature, ca = folder / "both.xades.xml", folder / "ca.pem"
    content = xades.sign({path.name: path.read_bytes() for path in files}, signer, NOW)
    signature.write_bytes(xades.stand_alone(content))
    ca.write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    words = ("verify-signature", signature, "--trust", ca, "--json")
    code, (row,), _ = entrega(*words, "--detached", files[0], "--detached", files[1])
    assert (code, row["signatures"][0]["covers"]) == (0, ["es.xml", "invoice.xml"])
    code, (row,), _ = entrega(*words)
    assert (code, row["sub_indication"]) == (1, "SIGNED_DATA_NOT_FOUND")


def test_what_does_not_pass_is_told_and_ends_with_1(folder: Path, entrega: Entrega) -> None:
    """Unsigned, changed, untrusted: the indication, the sub-indication and a sentence each; people read them too."""
    entrega("sign", folder / "in", "-o", folder / "out")
    (folder / "out" / "unsigned.xml").write_text("<a/>")
    changed = folder / "out" / "changed.xsig"
    changed.write_bytes((folder / "out" / "es.xsig").read_bytes().replace(b"Facturae ", b'Facturae lang="x" ', 1))
    code, rows, _ = entrega("verify-signature", folder / "out", "--json")
    assert code == 1
    said = {Path(row["file"]).name: (row["indication"], row["sub_indication"]) for row in rows}
    assert said == {
        "IT01_1.xml.p7m": ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "changed.xsig": ("TOTAL-FAILED", "HASH_FAILURE"),
        "es.xsig": ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "invoice.asice": ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "unsigned.xml": ("TOTAL-FAILED", "FORMAT_FAILURE"),
    }
    code, _, _ = entrega("verify-signature", changed)
    assert code == 1


def test_wrong_calls_end_with_2(folder: Path, entrega: Entrega) -> None:
    """An unknown profile, a time-stamp without an authority, a wrong password, an anchor that is none: one sentence."""
    key, _ = key_of_our_own(folder)
    file = folder / "in" / "es.xml"
    calls: list[tuple[tuple[object, ...], str]] = [
        (("sign", file, "--profile", "other"), "--profile"),
        (("sign", file, "--profile", "pades-b-t"), "tsa_url"),
        (("sign", file, "--key", key), "password"),
        (("verify-signature", file, "--trust", file), "--trust"),
        (("verify-signature", folder / "nothing.xml"), "there is no file"),
    ]
    for words, says in calls:
        code, _, told = entrega(*words)
        assert (code, says in told) == (2, True), (words, told)
    code, (row,), _ = entrega("sign", file, "--profile", "pades-b-b", "--json")
    assert (code, row["state"]) == (1, "refused")


def test_what_is_no_signature_and_whom_nobody_trusts_is_said_plainly(entrega: Entrega, folder: Path) -> None:
    """Random bytes are not called bad XML; a sound signature of a stranger says how to name its authority."""
    (folder / "random.bin").write_bytes(bytes(range(128, 256)))
    code, (row,), _ = entrega("verify-signature", folder / "random.bin", "--json")
    assert (code, row["kind"], row["indication"]) == (1, "none", "TOTAL-FAILED")
    assert row["explanation"].endswith("it is no XML, PDF, CMS (.p7m, .p7s) or ASiC container")
    assert entrega("sign", folder / "in" / "es.xml", "-o", folder / "signed.xml")[0] == 0
    code, (row,), _ = entrega("verify-signature", folder / "signed.xml", "--json")
    assert (code, row["indication"], row["sub_indication"]) == (1, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert row["explanation"].endswith("name one with --trust FILE")

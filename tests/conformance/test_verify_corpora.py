"""Signatures by other makers, genuine and forged: of each file the standard's word; and where EU DSS agrees."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from test_signature_profiles_oracle import UBL, unsigned
from test_signing_oracle import ORACLE, SHARED, YEAR, judge, pdf_a, put

from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority
from stages.formats.p7m import open_p7m
from stages.signing import asic, xmldsig
from stages.signing.profiles import Means, sign
from stages.signing.verification import judge as ours
from stages.signing.verification.trust import Trust, load
from stages.signing.verification.verdict import Indication, Sub

CORPORA = SHARED / "corpora"
BAD = CORPORA / "bad" / "xml-signature"
GOOD = CORPORA / "xml-signature"
NOW = datetime.now(UTC)
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

PART = "a reference is to a part"
NOT_CHILD = "the signature is not a direct child"
SEVERAL = "there is more than one signature"
FORGED = {
    "bad_reference.xml.base64": SEVERAL,
    "duplicated_attributes.xml.base64": SEVERAL,
    "invalid_signature_-_changed_content.xml": PART,
    "invalid_signature_-_hash.xml": PART,
    "invalid_signature_-_non_existing_reference.xml": PART,
    "invalid_signature_-_signature_value.xml": PART,
    "invalid_signature_-_wsu_-_changed_content.xml": PART,
    "invalid_signature_-_wsu_-_hash.xml": PART,
    "invalid_signature_-_wsu_-_invalid_signature_value.xml": PART,
    "invalid_signature_-_wsu_-_non_existing_reference.xml": PART,
    "invalid_signature_without_transforms_element.xml": PART,
    "response_node_text_attack.xml.base64": NOT_CHILD,
    "saml_multiple_signed_info_nodes.xml": NOT_CHILD,
    "saml_wrapped_signed_info_node.xml": NOT_CHILD,
    "signature_wrapping_attack.xml.base64": NOT_CHILD,
    "signature_wrapping_attack2.xml.base64": NOT_CHILD,
    "valid_saml.xml": SEVERAL,
    "valid_saml_signature_wrapping.xml": SEVERAL,
    "valid_saml_with_digest_comment.xml": NOT_CHILD,
    "valid_signature.xml": PART,
    "valid_signature_utf8.xml": "the certificate's chain ends at no authority",
    "wrapped_response_2.xml.base64": NOT_CHILD,
}
"""File -> how the reason begins. The `valid_…` ones are of keys that nobody trusts, or sign a part only."""


def content(path: Path) -> bytes:
    return base64.b64decode(path.read_bytes()) if path.suffix == ".base64" else path.read_bytes()


@needs_corpora
def test_every_forged_signature_is_refused() -> None:
    """Wrapped, moved, doubled, with a comment in the digest: none passes, each with its reason and without content."""
    found = {}
    for path in sorted(BAD.iterdir()):
        if path.suffix != ".pem":
            report = ours(content(path), Trust(), NOW)
            assert report.indication is not Indication.TOTAL_PASSED
            assert all(not one.content for one in report.signatures)
            found[path.name] = report.reason[1]
    assert set(found) == set(FORGED)
    assert {name: text for name, text in found.items() if not text.startswith(FORGED[name])} == {}


@needs_corpora
def test_a_trusted_key_does_not_make_a_forgery_good() -> None:
    """The same with the files' own keys trusted: only the one that signs its whole document gets as far as its key."""
    trust = load((BAD / "client_public.pem", BAD / "feide_public.pem"))
    for name in FORGED:
        sub, text = ours(content(BAD / name), trust, NOW).reason
        if name == "valid_signature_utf8.xml":
            assert (sub, "1024 bits" in text) == (Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, True)
        else:
            assert sub is Sub.FORMAT_FAILURE


@needs_corpora
@pytest.mark.parametrize("anchor", ["rsapub.pem", "rsacert.pem"])
@pytest.mark.parametrize("path", sorted(GOOD.glob("sign*-out*.xml")), ids=lambda path: path.name)
def test_genuine_signatures_of_xmlsec_hold_but_for_their_age(path: Path, anchor: str) -> None:
    """Digest and value fit under the trusted key, and the whole document is covered; SHA-1 alone keeps them back. One
    letter changed, or the value: failed."""
    trust, data = load((GOOD / anchor,)), path.read_bytes()
    (one,) = ours(data, trust, NOW).signatures
    assert (one.sub_indication, one.explanation) == (
        Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        "SHA-1 proves nothing any more",
    )
    assert (one.level, one.covers) == ("XMLDSig", ("document",))
    assert ours(data.replace(b"Hello", b"Hullo"), trust, NOW).reason[0] is Sub.HASH_FAILURE
    start = re.search(rb"<(ds:)?SignatureValue>", data)
    assert start is not None
    other = b"A" if data[start.end() : start.end() + 1] != b"A" else b"B"
    changed = data[: start.end()] + other + data[start.end() + 1 :]
    certified = b"X509Certificate" in data
    wanted = (
        Sub.SIG_CRYPTO_FAILURE if certified else Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    )  # no key fits: nobody signed
    assert ours(changed, trust, NOW).reason[0] is wanted


@needs_corpora
def test_signed_invoices_of_others_are_judged() -> None:
    """The .p7m of the corpora holds under its signer's certificate; the Facturae samples' stale signatures fail."""
    p7m = (CORPORA / "einvoice" / "fatturapa" / "IT02182030391_31.xml.p7m").read_bytes()
    (one,) = ours(p7m, Trust(), NOW).signatures
    assert (one.sub_indication, one.level) == (Sub.NO_CERTIFICATE_CHAIN_FOUND, "CAdES-BASELINE-B")
    assert one.signer is not None
    assert one.claimed_time is not None
    (then,) = ours(p7m, Trust((one.signer,)), one.claimed_time).signatures
    assert (then.explanation, then.content["document"]) == ("", open_p7m(p7m))
    for path in sorted((CORPORA / "einvoice" / "facturae").glob("*.xml")):
        assert ours(path.read_bytes(), Trust(), NOW).reason[0] is Sub.HASH_FAILURE, path.name


@needs_corpora
@pytest.mark.skipif(not ORACLE.exists() or shutil.which("java") is None, reason="skipped: no oracle")
@pytest.mark.xdist_group("signature-oracle")
def test_dss_and_we_say_the_same(tmp_path: Path) -> None:
    """Every profile's output as it is, and with text, digest, value or signed properties changed: the same verdict and
    sub-indication as EU DSS."""
    root = Authority.make(NOW)
    trust = put(tmp_path / "ca.pem", root.certificate.public_bytes(Encoding.PEM))
    signer = root.issue(NOW - YEAR, NOW + YEAR, kind="rsa2048")
    means = Means(signer, NOW)
    stranger = Means(Authority.make(NOW).issue(NOW - YEAR, NOW + YEAR, kind="p256"), NOW)
    facturae = unsigned(CORPORA / "einvoice" / "facturae" / "invoice-vat.xml")
    fattura = unsigned(CORPORA / "einvoice" / "fatturapa" / "IT01234567890_FPR01.xml")
    documents = {
        "xades-b-b-asic-e": ("a.xml", UBL), "xades-epes-facturae": ("b.xml", facturae),
        "xades-enveloped-fatturapa": ("c.xml", fattura), "cades-fatturapa": ("d.xml", fattura),
        "pades-b-b": ("e.pdf", pdf_a(UBL)),
    }  # fmt: skip
    files: list[Path] = []
    for profile, (name, document) in documents.items():
        made = sign(profile, name, document, means)[0]
        files.append(put(tmp_path / "good" / made.name, made.data))
        unknown = sign(profile, name, document, stranger)[0]
        files.append(put(tmp_path / f"stranger-{made.name}", unknown.data))
        for kind, data in changed(made.data).items():
            files.append(put(tmp_path / f"{kind}-{made.name}", data))
    for name, container in cms_containers(tmp_path, signer).items():
        files.append(put(tmp_path / name, container))
    verdicts = judge("sign", "--trust", trust, *files)
    believed = Trust((root.certificate,))
    differences = {}
    for path in files:
        report = ours(path.read_bytes(), believed, NOW)
        (theirs,) = verdicts[path.name]["details"]["signatures"]
        said = (report.indication.replace("-", "_"), report.reason[0] and str(report.reason[0]))
        if said != (theirs["indication"], theirs["sub_indication"] or None):
            differences[path.name] = (said, (theirs["indication"], theirs["sub_indication"]))
    assert differences == {}
    assert len(files) > 20


def cms_containers(folder: Path, signer: KeyInMemory) -> dict[str, bytes]:
    """ASiC-E and ASiC-S with CAdES as OpenSSL makes it: two files under a manifest, one file; and changed."""
    key = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = put(folder / "key.pem", key + signer.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-md", "sha256", "-signer", str(pem)]

    def cades(over: bytes) -> bytes:
        return subprocess.run(command, input=over, capture_output=True, check=True).stdout

    files = {"a b.xml": UBL, "lines.csv": b"1;2"}
    listed = "".join(
        f'<asic:DataObjectReference URI="{quote(name)}"><ds:DigestMethod Algorithm="{xmldsig.SHA256}"/><ds:DigestValue>'
        f"{base64.b64encode(hashlib.sha256(data).digest()).decode()}</ds:DigestValue></asic:DataObjectReference>"
        for name, data in files.items()
    )
    manifest = (
        f'<asic:ASiCManifest xmlns:asic="{asic.ASIC}" xmlns:ds="{xmldsig.DS}"><asic:SigReference '
        f'URI="META-INF/signature001.p7s" MimeType="application/pkcs7-signature"/>{listed}</asic:ASiCManifest>'
    ).encode()
    signature = cades(manifest)
    meta = {"META-INF/ASiCManifest001.xml": manifest, "META-INF/signature001.p7s": signature}
    alone = {"META-INF/signature.p7s": cades(UBL)}
    return {
        "cms.asice": packed("asic-e", {**files, **meta}),
        "text-cms.asice": packed("asic-e", {**files, "lines.csv": b"1;3", **meta}),
        "manifest-cms.asice": packed(
            "asic-e",
            {**files, **meta, "META-INF/ASiCManifest001.xml": manifest.replace(b"lines.csv", b"lines%2Ecsv", 1)},
        ),
        "cms.asics": packed("asic-s", {"a.xml": UBL, **alone}),
        "text-cms.asics": packed("asic-s", {"a.xml": UBL + b" ", **alone}),
    }


def packed(kind: str, entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {"mimetype": f"application/vnd.etsi.{kind}+zip".encode(), **entries}.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return target.getvalue()


def changed(data: bytes) -> dict[str, bytes]:
    """What an attacker would change, where the form has it."""
    found: dict[str, bytes] = {}
    if data[:5] == b"%PDF-":
        found["text"] = data.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 0 9 ]")
        end = data.index(b">", data.index(b"/Contents <"))
        found["value"] = data[: end - 1] + (b"0" if data[end - 1 : end] != b"0" else b"1") + data[end:]
    elif data[:1] == b"\x30":
        found["text"] = data.replace(b"FPR12", b"FPA12", 1)
        found["value"] = data[:-1] + bytes([data[-1] ^ 1])
    elif data[:5] == b"<?xml":
        root = etree.fromstring(data)
        leaf = next(one for one in root.iter("*") if len(one) == 0 and (one.text or "").strip())
        leaf.text = f"{leaf.text}9"
        found["text"] = etree.tostring(root)
        for element in ("DigestValue", "SignatureValue"):
            at = data.index(b">", data.index(f"<ds:{element}".encode())) + 9
            found[element] = data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]
        found["property"] = data.replace(b"<xades:MimeType>text/xml", b"<xades:MimeType>text/txt")
    return found

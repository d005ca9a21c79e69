"""What others signed, in an XML document or around it, and what was made of it afterwards."""

from __future__ import annotations

import base64
import random
import subprocess
from pathlib import Path

import pytest
import signxml
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from others_signatures import AUTHORITY, INVOICE, NOW, SIGNED, SIGNED_PDF, SIGNER, TRUST, YEAR, only

from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority
from stages.signing import asic, cades, enveloped, facturae
from stages.signing.profiles import Means, sign
from stages.signing.verification import judge
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Indication, Sub
from stages.signing.xmldsig import DS


def test_the_signed_bytes_are_given_not_the_file() -> None:
    """What passed is given in canonical form, without the signature; whoever works on it needs no other."""
    one = only(SIGNED)
    assert (one.indication, one.level, one.covers) == (Indication.TOTAL_PASSED, "XAdES-BASELINE-B", ("document",))
    root = etree.fromstring(one.content["document"])
    assert (root.findtext("Body/Total"), root.find(f"{{{DS}}}Signature")) == ("100.00", None)
    assert b"seller" not in one.content["document"]  # comments are not signed


@pytest.mark.parametrize(
    ("c14n", "reference_uri"),
    [(method, uri) for method in signxml.CanonicalizationMethod for uri in (None, "#whole")],
)
def test_what_another_maker_signs_is_accepted(c14n: signxml.CanonicalizationMethod, reference_uri: str | None) -> None:
    """signxml, over a default namespace, by every canonical form, by "" and by the root's id; and a change is seen."""
    root = etree.fromstring(b'<Invoice xmlns="urn:a" Id="whole"><b xmlns="">t</b><c xmlns="urn:c"/></Invoice>')
    key = SIGNER.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = signxml.XMLSigner(signature_algorithm="ecdsa-sha256", c14n_algorithm=c14n)
    made = signer.sign(root, key=key, cert=[SIGNER.certificate, AUTHORITY.certificate], reference_uri=reference_uri)
    content = etree.tostring(made)
    one = only(content)
    assert (one.explanation, one.level) == ("", "XMLDSig")
    assert only(content.replace(b">t<", b">u<")).sub_indication is Sub.HASH_FAILURE


def test_what_xmlsec_signs_without_prefix_is_accepted() -> None:
    """libxmlsec, inclusive form, the signature in a default namespace of its own within another."""
    root = etree.fromstring(b'<Invoice xmlns="urn:a" xml:lang="en">\n<b>1</b>\n</Invoice>')
    node = xmlsec.template.create(root, xmlsec.Transform.C14N, xmlsec.Transform.ECDSA_SHA256)
    root.append(node)
    reference = xmlsec.template.add_reference(node, xmlsec.Transform.SHA256, uri="")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(node))
    context = xmlsec.SignatureContext()
    pem = SIGNER.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(SIGNER.certificate.public_bytes(Encoding.PEM), xmlsec.KeyFormat.PEM)
    context.sign(node)
    assert only(etree.tostring(root)).explanation == ""


def test_the_italian_filter_is_read_as_what_it_means() -> None:
    """Subtracting /descendant::ds:Signature is the enveloped transform, where there is one signature; no other is."""
    filtered = (
        b'<ds:Transform xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Algorithm="http://www.w3.org/2002/06/'
        b'xmldsig-filter2"><f:XPath Filter="subtract">%s</f:XPath></ds:Transform>'
    )
    plain = b'<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
    assert plain in SIGNED
    good = SIGNED.replace(plain, filtered % b"/descendant::ds:Signature")
    assert only(good).sub_indication is Sub.SIG_CRYPTO_FAILURE  # understood; what was signed is another transform
    for path in (b"/descendant::*", b"//Body | /descendant::ds:Signature", b""):
        assert only(SIGNED.replace(plain, filtered % path)).sub_indication is Sub.FORMAT_FAILURE


def test_a_detached_signature_asks_for_its_document() -> None:
    """Without it: not found; with another: a digest that does not fit; with it: passed."""
    made = {file.kind: file.data for file in sign("xades-b-b-asic-e", "invoice.xml", INVOICE, Means(SIGNER, NOW))}
    alone = made["detached-signature"]  # type: ignore[index]
    assert judge(alone, TRUST, NOW).reason[0] is Sub.SIGNED_DATA_NOT_FOUND
    assert judge(alone, TRUST, NOW, {"invoice.xml": INVOICE + b" "}).reason[0] is Sub.HASH_FAILURE
    assert judge(alone, TRUST, NOW, {"invoice.xml": INVOICE}).indication is Indication.TOTAL_PASSED


def test_a_policy_is_named_by_the_level_of_its_form() -> None:
    """Facturae's own signature passes; under a level less than the baseline the policy would show."""
    document = b'<fe:Facturae xmlns:fe="urn:fe" xmlns="urn:other"><Total>1</Total></fe:Facturae>'
    assert only(enveloped.sign(document, facturae.LAW, SIGNER, NOW)).level == "XAdES-BASELINE-B"


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """References to files, to the network and to entities end as refusals, and no file is read."""
    secret = tmp_path / "secret.xml"
    secret.write_bytes(b"<a/>")
    for uri in (secret.as_uri(), str(secret), "http://127.0.0.1:9/a.xml", "#xpointer(/)", "#other"):
        assert only(SIGNED.replace(b'URI=""', f'URI="{uri}"'.encode())).sub_indication is Sub.FORMAT_FAILURE
    entity = SIGNED.replace(b"<p:", b'<!DOCTYPE p [<!ENTITY x SYSTEM "' + secret.as_uri().encode() + b'">]><p:', 1)
    assert only(entity).sub_indication is Sub.FORMAT_FAILURE


ELEMENTS = sorted({str(one.tag) for one in etree.fromstring(SIGNED).iter("*")})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_wrapped_or_moved_signature_never_passes_for_something_else(data: st.DataObject) -> None:
    """Elements of the signed document and of its signature are moved, copied, wrapped, given each other's ids, or
    forged; whatever still passes gives the very bytes that were signed."""
    root = etree.fromstring(SIGNED)
    genuine = only(SIGNED).content["document"]
    for _ in range(data.draw(st.integers(1, 3), "steps")):
        every = list(root.iter("*"))
        one = every[data.draw(st.integers(0, len(every) - 1), "which")]
        other = every[data.draw(st.integers(0, len(every) - 1), "where")]
        step = data.draw(st.sampled_from(["move", "copy", "wrap", "id", "text", "root", "attribute"]), "step")
        inside = other in one.iter()
        if step == "move" and not inside:
            other.append(one)
        elif step == "copy":
            other.insert(data.draw(st.integers(0, len(other)), "at"), etree.fromstring(etree.tostring(one)))
        elif step == "wrap" and one is not root:
            parent = one.getparent()
            assert parent is not None
            around = etree.Element(data.draw(st.sampled_from(ELEMENTS), "around"))
            parent.replace(one, around)
            around.append(one)
        elif step == "id":
            one.set(data.draw(st.sampled_from(["Id", "ID", "id"]), "name"), other.get("Id") or "signature-1")
        elif step == "text":
            one.text = data.draw(st.sampled_from(["900.00", "", other.text or ""]), "text")
        elif step == "root":
            around = etree.fromstring(INVOICE)
            around.append(root)
            root = around
        elif step == "attribute":
            name = data.draw(st.sampled_from(["URI", "Algorithm", "Type", "Target"]), "name")
            one.set(name, other.get(name) or "")
    content = etree.tostring(root.getroottree())
    report = judge(content, TRUST, NOW)
    for found in report.signatures:
        if found.indication is Indication.TOTAL_PASSED:
            assert found.content["document"] == genuine
        else:
            assert not found.content


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_any_bytes_are_judged(seed: int) -> None:
    """Signed files of each kind, damaged anywhere in up to four ways: a judgement, never an exception; and what still
    passes gives the bytes that were signed."""
    chance = random.Random(seed)  # noqa: S311 - where to damage, not a secret
    for whole in (SIGNED, P7M, SIGNED_PDF, CONTAINER):
        report = judge(damaged(whole, chance), TRUST, NOW)
        if report.indication is not Indication.TOTAL_PASSED:
            assert all(not one.content for one in report.signatures)
        elif whole is not SIGNED_PDF:  # there it is the signature's own place that may differ, in how it is written
            assert report.signatures[0].content == only(whole).content


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data)), chance.randint(1, 40)
        match chance.choice(("flip", "flip", "cut", "noise", "repeat")):
            case "flip":
                data[at] ^= 1 << chance.randrange(8)
            case "cut":
                del data[at : at + size]
            case "noise":
                data[at:at] = chance.randbytes(size)
            case _:
                other = chance.randrange(len(data))
                data[at:at] = data[other : other + 5 * size]
    return bytes(data)


P7M = cades.sign(INVOICE, SIGNER, NOW)


def test_a_p7m_is_judged_in_every_encoding() -> None:
    """DER and base64: passed, with the document; changed, under another key, or of no trusted authority: not."""
    for content in (P7M, base64.encodebytes(P7M)):
        one = only(content)
        assert (one.indication, one.level, one.content["document"]) == (
            Indication.TOTAL_PASSED, "CAdES-BASELINE-B", INVOICE,
        )  # fmt: skip
    assert only(P7M.replace(b"100.00", b"900.00")).sub_indication is Sub.HASH_FAILURE
    assert only(P7M[:-1] + bytes([P7M[-1] ^ 1])).sub_indication is Sub.SIG_CRYPTO_FAILURE
    assert only(P7M, Trust()).sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND


def test_what_openssl_signs_is_judged(tmp_path: Path) -> None:
    """Inside (BER, two signers) and beside its document; each signer is judged, and the worst decides."""
    other = Authority.make(NOW).issue(NOW - YEAR, NOW + YEAR)
    keys = [pem(tmp_path / name, signer) for name, signer in (("a.pem", SIGNER), ("b.pem", other))]
    command = ["openssl", "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-md", "sha256"]

    def signed(*options: str | Path) -> bytes:
        return subprocess.run([*command, *options], input=INVOICE, capture_output=True, check=True).stdout

    two = judge(signed("-nodetach", "-stream", "-signer", keys[0], "-signer", keys[1]), TRUST, NOW)
    assert {one.sub_indication for one in two.signatures} == {None, Sub.NO_CERTIFICATE_CHAIN_FOUND}
    assert two.indication is Indication.INDETERMINATE
    beside = signed("-signer", keys[0])
    assert judge(beside, TRUST, NOW).reason[0] is Sub.SIGNED_DATA_NOT_FOUND
    assert judge(beside, TRUST, NOW, {"a": INVOICE}).indication is Indication.TOTAL_PASSED
    assert judge(beside, TRUST, NOW, {"a": INVOICE + b" "}).reason[0] is Sub.HASH_FAILURE


def pem(path: Path, signer: KeyInMemory) -> Path:
    key = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + signer.certificate.public_bytes(Encoding.PEM))
    return path


CONTAINER = asic.seal({"invoice.xml": INVOICE}, SIGNER, NOW)

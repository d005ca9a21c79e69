"""Containers of ours: whatever was changed after sealing is refused, with the standard's word for it."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.keys import Signer
from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority
from stages.signing import asic, xades
from stages.signing.verification import judge
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Indication, Report, Sub

AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(AT)
TRUST = Trust((AUTHORITY.certificate,))
FILES = {"invoice.xml": b"<Invoice>100.00</Invoice>", "annex/lines.pdf": bytes(range(256)) * 40}


@pytest.fixture(scope="module")
def signer() -> KeyInMemory:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR)


# What an attacker, or a careless tool, may do to the signature's XML.
def swap(old: str, new: str, count: int = 1) -> Callable[[bytes], bytes]:
    def change(signature: bytes) -> bytes:
        assert old.encode() in signature
        return signature.replace(old.encode(), new.encode(), count)

    return change


def another_digit(element: str) -> Callable[[bytes], bytes]:
    """One base64 character of the first `element` is another."""

    def change(signature: bytes) -> bytes:
        start = re.search(rf"<ds:{element}( [^>]*)?>".encode(), signature)
        assert start
        at = start.end() + 8
        return signature[:at] + (b"A" if signature[at : at + 1] != b"A" else b"B") + signature[at + 1 :]

    return change


def wrapped(signature: bytes) -> bytes:
    """The genuine properties are put aside where their id is still found, and forged ones take their place."""
    match = re.search(rb"<xades:SignedProperties.*</xades:SignedProperties>", signature)
    assert match
    genuine = match.group()
    forged = genuine.replace(b"2026-03-01", b"2020-01-01").replace(b'Id="signed-', b'Id="forged-')
    aside = b'</ds:Object><ds:Object xmlns:xades="' + xades.XADES.encode() + b'">' + genuine + b"</ds:Object>"
    return signature.replace(genuine, forged).replace(b"</ds:Object>", aside)


TRANSFORM = '"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod'
CHANGES: dict[str, tuple[Callable[[bytes], bytes], Sub]] = {
    "signing time": (swap("2026-03-01T12", "2026-03-01T13"), Sub.HASH_FAILURE),
    "media type": (swap("application/xml", "application/zip"), Sub.HASH_FAILURE),
    "signature value": (another_digit("SignatureValue"), Sub.SIG_CRYPTO_FAILURE),
    "digest of a file": (another_digit("DigestValue"), Sub.HASH_FAILURE),
    "certificate digest": (
        lambda signature: signature[: (at := signature.rindex(b"<ds:DigestV") + 20)] + b"AAAA" + signature[at + 4 :],
        Sub.HASH_FAILURE,
    ),
    "reference dropped": (
        lambda signature: re.sub(rb'<ds:Reference Id="reference-2".*?</ds:Reference>', b"", signature),
        Sub.SIG_CRYPTO_FAILURE,
    ),
    "reference twice": (
        lambda signature: re.sub(rb'(<ds:Reference) Id="reference-2"(.*?</ds:Reference>)', rb"\1\2\1\2", signature),
        Sub.FORMAT_FAILURE,
    ),
    "reference to a path": (swap('URI="invoice.xml"', 'URI="file:///etc/passwd"'), Sub.SIGNED_DATA_NOT_FOUND),
    "reference to the whole": (swap('URI="invoice.xml"', 'URI=""'), Sub.SIGNED_DATA_NOT_FOUND),
    "transform": (swap('invoice.xml"><ds:DigestMethod', "invoice.xml" + TRANSFORM), Sub.SIG_CRYPTO_FAILURE),
    "properties unsigned": (swap("#signed-properties-1", "#reference-1"), Sub.SIGNED_DATA_NOT_FOUND),
    "properties wrapped": (wrapped, Sub.FORMAT_FAILURE),
    "properties of another": (swap('Target="#signature-1"', 'Target="#signature-2"'), Sub.FORMAT_FAILURE),
    "SHA-1": (swap("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"), Sub.HASH_FAILURE),
    "MD5": (swap("xmlenc#sha256", "xmldsig-more#md5"), Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE),
    "HMAC": (swap("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"), Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE),
    "other key's algorithm": (swap("#rsa-sha256", "#ecdsa-sha256"), Sub.SIG_CRYPTO_FAILURE),
    "XSLT": (swap('<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
                  '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"'), Sub.FORMAT_FAILURE),
    "no certificate": (
        lambda signature: re.sub(rb"<ds:KeyInfo>.*</ds:KeyInfo>", b"", signature), Sub.NO_SIGNING_CERTIFICATE_FOUND
    ),
    "second signature": (lambda signature: signature + signature, Sub.FORMAT_FAILURE),
    "signature inside": (swap("</ds:Object>", "<ds:Signature/></ds:Object>"), Sub.FORMAT_FAILURE),
    "id twice": (swap("<ds:KeyInfo>", '<ds:KeyInfo Id="signed-properties-1">'), Sub.FORMAT_FAILURE),
    "comment": (swap("<ds:KeyInfo>", "<ds:KeyInfo><!-- -->"), Sub.FORMAT_FAILURE),
    "no signature": (lambda signature: b"", Sub.FORMAT_FAILURE),
    "not XML": (lambda signature: signature[:-5], Sub.FORMAT_FAILURE),
    "document type": (lambda signature: b"<!DOCTYPE x>" + signature, Sub.FORMAT_FAILURE),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_signature_is_refused(signer: KeyInMemory, what: str) -> None:
    """Each single change to the signature's XML is refused, and for the reason that was meant."""
    change, sub = CHANGES[what]
    report = judge(asic.pack(FILES, change(xades.sign(FILES, signer, AT))), TRUST, AT)
    assert report.reason[0] is sub
    assert report.indication is sub.indication
    assert all(not one.content for one in report.signatures)


@pytest.mark.parametrize(
    ("files", "sub"),
    [
        ({**FILES, "invoice.xml": FILES["invoice.xml"].replace(b"I", b"i")}, Sub.HASH_FAILURE),
        ({**FILES, "more.xml": b"<a/>"}, Sub.FORMAT_FAILURE),
        ({"invoice.xml": FILES["invoice.xml"]}, Sub.SIGNED_DATA_NOT_FOUND),
        (
            {("Invoice.xml" if name == "invoice.xml" else name): data for name, data in FILES.items()},
            Sub.SIGNED_DATA_NOT_FOUND,
        ),
        (dict(zip(FILES, reversed(list(FILES.values())), strict=True)), Sub.HASH_FAILURE),
    ],
    ids=["changed", "added", "removed", "renamed", "swapped"],
)
def test_changed_files_are_refused(signer: KeyInMemory, files: dict[str, bytes], sub: Sub) -> None:
    """Changed, added, removed, renamed or swapped files are not what was signed."""
    assert judge(asic.pack(files, xades.sign(FILES, signer, AT)), TRUST, AT).reason[0] is sub


def test_only_trusted_authorities_count(signer: KeyInMemory) -> None:
    """Whoever brings an own authority along, or none is trusted: indeterminate, the chain leads nowhere."""
    container = asic.seal(FILES, signer, AT)
    for trust in (Trust(), Trust((Authority.make(AT).certificate,))):
        report = judge(container, trust, AT)
        assert report.indication is Indication.INDETERMINATE
        assert report.reason[0] is Sub.NO_CERTIFICATE_CHAIN_FOUND
    assert judge(container, Trust((signer.certificate,)), AT).indication is Indication.TOTAL_PASSED
    assert judge(container, Trust((), (signer.certificate.public_key(),)), AT).indication is Indication.TOTAL_PASSED


def test_the_time_of_judgement_counts(signer: KeyInMemory) -> None:
    """Expired or not yet valid at the time of judgement, or an authority that expired."""
    container = asic.seal(FILES, signer, AT)
    assert judge(container, TRUST, AT + 2 * YEAR).reason[0] is Sub.OUT_OF_BOUNDS_NO_POE
    assert judge(container, TRUST, AT - 2 * YEAR).reason[0] is Sub.NOT_YET_VALID
    late = AT + 19 * YEAR
    outlives = asic.seal(FILES, AUTHORITY.issue(late, late + 9 * YEAR, kind="p256"), late)
    assert judge(outlives, TRUST, late + 5 * YEAR).reason[0] is Sub.OUT_OF_BOUNDS_NO_POE


def unfit(signer: Signer) -> Report:
    """Signed although the certificate may not: what a careless signer does."""
    with pytest.MonkeyPatch.context() as careless:
        careless.setattr("stages.signing.certificate.check", lambda *_: None)
        container = asic.seal(FILES, signer, AT)
    return judge(container, TRUST, AT)


@pytest.mark.parametrize(
    ("options", "sub"),
    [
        ({"purposes": ("1.3.6.1.5.5.7.3.1",)}, Sub.CHAIN_CONSTRAINTS_FAILURE),
        ({"usage": ("key_encipherment",)}, Sub.CHAIN_CONSTRAINTS_FAILURE),
        ({"ca": True}, Sub.CHAIN_CONSTRAINTS_FAILURE),
        ({"kind": "p521"}, Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE),
    ],
)
def test_a_certificate_for_something_else_does_not_pass(options: dict[str, Any], sub: Sub) -> None:
    """A web server's, one for encryption, an authority's; a curve that nobody asked for."""
    assert unfit(AUTHORITY.issue(AT - YEAR, AT + YEAR, **options)).reason[0] is sub


def test_a_certificate_cannot_be_lent(signer: KeyInMemory) -> None:
    """Signed with one key under another key's certificate: refused."""
    stranger = AUTHORITY.issue(AT - YEAR, AT + YEAR)
    lent: Signer = replace(signer, private_key=stranger.private_key)
    assert judge(asic.seal(FILES, lent, AT), TRUST, AT).reason[0] is Sub.SIG_CRYPTO_FAILURE


def zipped(entries: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = comment
    return target.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_container_of_another_form_is_refused(signer: KeyInMemory) -> None:
    """Entries twice, missing, of another type, hidden between others, before or behind; comments; no zip at all."""
    container = asic.seal(FILES, signer, AT)
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    sound = judge(zipped(entries), TRUST, AT)  # the rebuilt one is sound, its changes are not
    assert sound.signatures[0].content == FILES
    unlisted = zipped(entry for entry in entries if "manifest" not in entry[0])
    assert judge(unlisted, TRUST, AT).indication is Indication.TOTAL_PASSED  # others may leave it out
    (mime, *rest) = entries
    simple = [("mimetype", b"application/vnd.etsi.asic-s+zip"), *rest]
    bad: dict[str, tuple[bytes, str]] = {
        "twice": (zipped([*entries, entries[1]]), "two entries"),
        "not first": (zipped([*rest, mime]), "does not begin"),
        "compressed type": (zipped(entries, zipfile.ZIP_DEFLATED), "does not begin"),
        "no type": (zipped(rest), "does not begin"),
        "other type": (zipped([("mimetype", b"application/zip"), *rest]), "does not say"),
        "simple with two": (zipped(simple), "holds one file"),
        "no signature": (zipped(entry for entry in entries if "signatures" not in entry[0]), "no signature"),
        "unsigned in META-INF": (zipped([*entries, ("META-INF/more.xml", b"<a/>")]), "other files"),
        "unsigned at the root": (zipped([*entries, ("more.xml", b"<a/>")]), "not signed"),
        "path": (zipped([*entries, ("../more.xml", b"<a/>")]), "other files"),
        "no data": (zipped(entry for entry in entries if entry[0] not in FILES), "other files"),
        "comment": (zipped(entries, comment=b"hello"), "beside its entries"),
        "before": (b"PK\x03\x04" + container, "beside its entries"),
        "behind": (container + b"x", "beside its entries|not a sound zip"),
        "hidden": (hidden(container), "beside its entries|not a sound zip"),
        "cut": (container[:-30], "not a sound zip"),
    }
    for what, (content, says) in bad.items():
        report = judge(content, TRUST, AT)
        assert report.indication is Indication.TOTAL_FAILED, what
        assert re.search(says, report.reason[1]), (what, report.reason)


def hidden(container: bytes) -> bytes:
    """An entry that only readers of local headers see, before the directory."""
    more = zipped([("more.xml", b"<a/>")])
    entry = more[: more.index(b"PK\x01\x02")]
    directory, end = container.index(b"PK\x01\x02"), container.index(b"PK\x05\x06")
    tail = bytearray(container[end:])
    tail[16:20] = (directory + len(entry)).to_bytes(4, "little")
    return container[:directory] + entry + container[directory:end] + bytes(tail)


def test_a_zip_bomb_is_not_unpacked() -> None:
    """A container that would unpack to more than 200 MB is refused by what its directory says, before it is read."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            with archive.open(f"{number}", "w") as entry:
                for _ in range(50):
                    entry.write(bytes(1 << 20))
    for content in (bomb.getvalue(), zipped((str(number), b"") for number in range(1001))):
        assert "200 MB" in judge(content, TRUST, AT).reason[1]


def test_no_flipped_bit_changes_what_is_read(signer: KeyInMemory) -> None:
    """Of 600 containers with one bit flipped each is refused, or says the very same as before."""
    container = asic.seal({"invoice.xml": b"<Invoice>100.00</Invoice>"}, signer, AT)
    sound = judge(container, TRUST, AT)
    assert sound.indication is Indication.TOTAL_PASSED
    chance = random.Random(7)  # noqa: S311 - which bits, not a secret
    refused = 0
    for _ in range(600):
        altered = bytearray(container)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        report = judge(bytes(altered), TRUST, AT)
        if report.indication is Indication.TOTAL_PASSED:
            assert report == sound
        else:
            refused += 1
    assert refused > 480

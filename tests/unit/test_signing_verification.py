"""Whatever was changed after sealing is refused, and for the right reason."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.keys import Signer
from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority
from schemas.errors import LimitExceeded
from stages.signing import asic, verification, xades
from stages.signing.asic import SealBroken

AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(AT)
TRUST = [AUTHORITY.certificate]
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
CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "signing time": (swap("2026-03-01T12", "2026-03-01T13"), "does not fit"),
    "media type": (swap("application/xml", "application/zip"), "does not fit"),
    "signature value": (another_digit("SignatureValue"), "does not fit"),
    "digest of a file": (another_digit("DigestValue"), "does not fit"),
    "certificate digest": (
        lambda signature: signature[: (at := signature.rindex(b"<ds:DigestV") + 20)] + b"AAAA" + signature[at + 4 :],
        "another certificate",
    ),
    "reference dropped": (
        lambda signature: re.sub(rb'<ds:Reference Id="reference-2".*?</ds:Reference>', b"", signature),
        "exactly the files",
    ),
    "reference twice": (
        lambda signature: re.sub(rb'(<ds:Reference) Id="reference-2"(.*?</ds:Reference>)', rb"\1\2\1\2", signature),
        "exactly the files",
    ),
    "reference to a path": (swap('URI="invoice.xml"', 'URI="file:///etc/passwd"'), "exactly the files"),
    "reference to the whole": (swap('URI="invoice.xml"', 'URI=""'), "exactly the files"),
    "transform": (swap('invoice.xml"><ds:DigestMethod', "invoice.xml" + TRANSFORM), "as it stands"),
    "properties unsigned": (swap("#signed-properties-1", "#reference-1"), "properties are not signed"),
    "properties wrapped": (wrapped, "parts that ours have"),
    "SHA-1": (swap("xmlenc#sha256", "xmldsig#sha1"), "not allowed"),
    "HMAC": (swap("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"), "not allowed"),
    "other key's algorithm": (swap("#rsa-sha256", "#ecdsa-sha256"), "not that of its key"),
    "XSLT": (swap('<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
                  '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"'), "not allowed"),
    "bare key": (swap("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>x</ds:KeyName>"), "bare key"),
    "unsigned properties": (
        swap("</xades:QualifyingProperties>", "<xades:UnsignedProperties/></xades:QualifyingProperties>"),
        "unsigned properties",
    ),
    "second object": (swap("</ds:Signature>", "<ds:Object/></ds:Signature>"), "parts that ours have"),
    "second signature": (lambda signature: signature + signature, "exactly one signature"),
    "signature inside": (swap("</ds:Object>", "<ds:Signature/></ds:Object>"), "within the signature"),
    "id twice": (swap("<ds:KeyInfo>", '<ds:KeyInfo Id="signed-properties-1">'), "same id"),
    "comment": (swap("<ds:KeyInfo>", "<ds:KeyInfo><!-- -->"), "comment"),
    "no signature": (lambda signature: b"", "exactly one signature"),
    "not XML": (lambda signature: signature[:-5], "not well-formed"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_signature_is_refused(signer: KeyInMemory, what: str) -> None:
    """Each single change to the signature's XML is refused, and for the reason that was meant."""
    change, says = CHANGES[what]
    container = asic.pack(FILES, change(xades.sign(FILES, signer, AT)))
    with pytest.raises(SealBroken, match=says):
        verification.verify(container, TRUST)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({**FILES, "invoice.xml": FILES["invoice.xml"].replace(b"I", b"i")}, "does not fit"),
        ({**FILES, "more.xml": b"<a/>"}, "exactly the files"),
        ({"invoice.xml": FILES["invoice.xml"]}, "exactly the files"),
        (
            {("Invoice.xml" if name == "invoice.xml" else name): data for name, data in FILES.items()},
            "exactly the files",
        ),
        (dict(zip(FILES, reversed(list(FILES.values())), strict=True)), "does not fit"),
    ],
    ids=["changed", "added", "removed", "renamed", "swapped"],
)
def test_changed_files_are_refused(signer: KeyInMemory, files: dict[str, bytes], says: str) -> None:
    """Changed, added, removed, renamed or swapped files are not what was signed."""
    with pytest.raises(SealBroken, match=says):
        verification.verify(asic.pack(files, xades.sign(FILES, signer, AT)), TRUST)


def test_a_document_type_is_refused(signer: KeyInMemory) -> None:
    """A declaration in which entities could be hidden is not read on."""
    alone = xades.sign_detached("a", b"1", signer, AT)
    with pytest.raises(SealBroken, match="document type"):
        verification.verify_detached(
            alone.replace(b"<ds:Signature", b"<!DOCTYPE x [<!ENTITY e 'x'>]><ds:Signature", 1), {"a": b"1"}, TRUST
        )


def test_only_trusted_authorities_count(signer: KeyInMemory) -> None:
    """Whoever brings an own authority along, or none is trusted, is refused; so is one that had expired by then."""
    container = asic.seal(FILES, signer, AT)
    for trust in ([], [Authority.make(AT).certificate]):
        with pytest.raises(SealBroken, match="trusted"):
            verification.verify(container, trust)
    late = AT + 30 * YEAR
    with pytest.raises(SealBroken, match="trusted"):
        verification.verify(asic.seal(FILES, AUTHORITY.issue(late - YEAR, late + YEAR, kind="p256"), late), TRUST)


def test_a_certificate_cannot_be_lent(signer: KeyInMemory) -> None:
    """Signed with one key under another key's certificate: refused."""
    stranger = AUTHORITY.issue(AT - YEAR, AT + YEAR)
    lent: Signer = replace(signer, private_key=stranger.private_key)
    with pytest.raises(SealBroken, match="does not fit"):
        verification.verify(asic.seal(FILES, lent, AT), TRUST)


def zipped(entries: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.comment = comment
    return target.getvalue()


def refusal(container: bytes) -> str:
    try:
        verification.verify(container, TRUST)
    except SealBroken as error:
        return error.text
    return "not refused"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_container_of_another_form_is_refused(signer: KeyInMemory) -> None:
    """Entries twice, missing, of another type, hidden between others, before or behind; comments; no zip at all."""
    container = asic.seal(FILES, signer, AT)
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    assert verification.verify(zipped(entries), TRUST).files == FILES  # the rebuilt one is sound, its changes are not
    (mime, *rest) = entries
    bad: dict[str, tuple[bytes, str]] = {
        "twice": (zipped([*entries, entries[1]]), "two entries"),
        "not first": (zipped([*rest, mime]), "does not begin"),
        "compressed type": (zipped(entries, zipfile.ZIP_DEFLATED), "does not begin"),
        "other type": (zipped([("mimetype", b"application/vnd.etsi.asic-s+zip"), *rest]), "another type"),
        "no manifest": (zipped(entry for entry in entries if "manifest" not in entry[0]), "no manifest"),
        "no signature": (zipped(entry for entry in entries if "signatures" not in entry[0]), "no signature"),
        "unsigned in META-INF": (zipped([*entries, ("META-INF/more.xml", b"<a/>")]), "other files"),
        "no data": (zipped(entry for entry in entries if entry[0] not in FILES), "other files"),
        "comment": (zipped(entries, comment=b"hello"), "beside its entries"),
        "before": (b"x" + container, "beside its entries"),
        "behind": (container + b"x", "beside its entries|not a sound zip"),
        "cut": (container[:-30], "not a sound zip"),
        "no zip": (b"hello", "not a sound zip"),
        "empty": (b"", "not a sound zip"),
    }
    for what, (content, says) in bad.items():
        assert re.search(says, refusal(content)), what


def test_a_zip_bomb_is_not_unpacked() -> None:
    """A container that would unpack to more than 200 MB is refused by what its directory says, before it is read."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            with archive.open(f"{number}", "w") as entry:
                for _ in range(50):
                    entry.write(bytes(1 << 20))
    with pytest.raises(LimitExceeded):
        asic.unpack(bomb.getvalue())
    with pytest.raises(LimitExceeded):
        asic.unpack(zipped((str(number), b"") for number in range(1001)))


def test_no_flipped_bit_changes_what_is_read(signer: KeyInMemory) -> None:
    """Of 600 containers with one bit flipped each is refused, or says the very same as before."""
    container = asic.seal({"invoice.xml": b"<Invoice>100.00</Invoice>"}, signer, AT)
    sound = verification.verify(container, TRUST)
    chance = random.Random(7)  # noqa: S311 - which bits, not a secret
    refused = 0
    for _ in range(600):
        altered = bytearray(container)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        try:
            assert verification.verify(bytes(altered), TRUST) == sound
        except (SealBroken, LimitExceeded):
            refused += 1
    assert refused > 500

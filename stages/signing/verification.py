"""Reads our own seals back, by another way than they were made: libxmlsec takes the digests, the canonical form and the
key operation again. Stricter than the standards: whatever `xades.sign` does not write is refused.

What makes a signature mean less than it seems (wrapping, references to something else, transforms that leave parts out,
a key that the message brought along) is excluded by form, before any cryptography.

Source: XMLDSig best practices W3C xmldsig-bestpractices; ETSI EN 319 102-1 in outline (no revocation, no time-stamp).
"""

from __future__ import annotations

import hashlib
import io
import threading
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from lxml import etree

from stages.signing import asic, xades, xmldsig
from stages.signing import certificate as fitness
from stages.signing.asic import SealBroken

if TYPE_CHECKING:
    from cryptography import x509

NAMESPACES: Final = {"ds": xmldsig.DS, "x": xades.XADES}
MAX_SIGNATURE_BYTES: Final = 4 * 1024 * 1024
# Every element that may carry an algorithm, and what it may say.
ALGORITHMS: Final = {
    "CanonicalizationMethod": {xmldsig.EXCLUSIVE_C14N},
    "SignatureMethod": {xmldsig.RSA_SHA256, xmldsig.ECDSA_SHA256},
    "Transform": {xmldsig.EXCLUSIVE_C14N},
    "DigestMethod": {xmldsig.SHA256},
}


@dataclass(frozen=True)
class Sealed:
    """What a seal proves: these files, under these names, were signed with this certificate's key.

    `signing_time` is what the signer claims, aware UTC; nobody else vouches for it. The certificate's chain ended at an
    anchor at that time. Revocation was not asked for.
    """

    files: dict[str, bytes]
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    signing_time: datetime


def verify(container: bytes, trust: Sequence[x509.Certificate]) -> Sealed:
    """An ASiC-E container that `asic.seal` made; `trust` are the authorities that we believe.

    Raises SealBroken (permanent), LimitExceeded (permanent, a container beyond all measure).
    """
    opened = asic.unpack(container)
    root = _parse(opened.signatures)
    if root.tag != f"{{{asic.ASIC}}}XAdESSignatures" or len(root) != 1 or (root.text or root[0].tail or "").strip():
        raise SealBroken("the container does not have exactly one signature")
    return _verify(root, root[0], opened.files, trust)


def verify_detached(signature: bytes, files: Mapping[str, bytes], trust: Sequence[x509.Certificate]) -> Sealed:
    """A stand-alone signature file that `xades.sign_detached` made, over exactly `files`. Raises as `verify` does."""
    root = _parse(signature)
    return _verify(root, root, dict(files), trust)


def _verify(
    root: etree._Element, signature: etree._Element, files: dict[str, bytes], trust: Sequence[x509.Certificate]
) -> Sealed:
    _check_form(root, signature)
    _check_references(signature, files)
    certificates = _certificates(signature)
    signing_time = _signing_time(signature)
    if (
        _text(signature, ".//x:SigningCertificateV2/x:Cert/x:CertDigest/ds:DigestValue")
        != hashlib.sha256(certificates[0][1]).digest()
    ):
        raise SealBroken("the signed properties name another certificate")
    leaf, *others = (certificate for certificate, _ in certificates)
    if xmldsig.signature_method(leaf) != _one(signature, "ds:SignedInfo/ds:SignatureMethod").get("Algorithm"):
        raise SealBroken("the signature's algorithm is not that of its key")
    chain = _chain(leaf, others, trust, signing_time)
    _check_cryptography(signature, certificates[0][1], files)
    return Sealed(files, leaf, chain, signing_time)


def _parse(content: bytes) -> etree._Element:
    if len(content) > MAX_SIGNATURE_BYTES:
        raise SealBroken("the signature is larger than any we make")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise SealBroken("the signature is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise SealBroken("the signature has a document type declaration")
    return root


def _check_form(root: etree._Element, signature: etree._Element) -> None:
    """One signature, its parts in their places, ids unambiguous, nothing unsigned hanging on, known algorithms only."""
    parts = [etree.QName(part).localname if isinstance(part.tag, str) else "" for part in signature]
    if signature.tag != f"{{{xmldsig.DS}}}Signature" or parts != ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]:
        raise SealBroken("the signature does not have the parts that ours have")
    ids: set[str] = set()
    for element in root.iter():
        if not isinstance(element.tag, str):
            raise SealBroken("the signature holds a comment or processing instruction")
        name = etree.QName(element).localname
        if name == "Signature" and element is not signature:
            raise SealBroken("there is a signature within the signature")
        if name in ALGORITHMS and element.get("Algorithm") not in ALGORITHMS[name]:
            raise SealBroken(f"{name} names an algorithm that is not allowed")
        for key, value in element.attrib.items():
            if etree.QName(key).localname.lower() == "id":
                if value in ids:
                    raise SealBroken("two elements have the same id")
                ids.add(str(value))
    if len(_all(signature, "ds:Object/x:QualifyingProperties/*")) != 1:
        raise SealBroken("the signature has unsigned properties, or no signed ones")
    _one(signature, "ds:Object/x:QualifyingProperties/x:SignedProperties")
    if len(_all(signature, "ds:Object/*")) != 1:
        raise SealBroken("the signature carries more than its properties")


def _check_references(signature: etree._Element, files: Mapping[str, bytes]) -> None:
    """One reference without transforms to each file, one to the signed properties in canonical form, no other."""
    properties = _one(signature, "ds:Object/x:QualifyingProperties/x:SignedProperties")
    references = _all(signature, "ds:SignedInfo/ds:Reference")
    if not references:
        raise SealBroken("nothing is signed")
    *to_files, last = references
    if last.get("Type") != xades.SIGNED_PROPERTIES_TYPE or not properties.get("Id"):
        raise SealBroken("the signed properties are not signed")
    transforms = [one.get("Algorithm") for one in _all(last, "ds:Transforms/ds:Transform")]
    if last.get("URI") != f"#{properties.get('Id')}" or transforms != [xmldsig.EXCLUSIVE_C14N]:
        raise SealBroken("the signed properties are not signed")
    names = [unquote(reference.get("URI") or "", errors="strict") for reference in to_files]
    if sorted(names) != sorted(files):
        raise SealBroken("the signature does not cover exactly the files that are there")
    for reference in to_files:
        if reference.get("Type") is not None or _all(reference, "ds:Transforms"):
            raise SealBroken("a reference does not cover its file as it stands")


def _certificates(signature: etree._Element) -> list[tuple[x509.Certificate, bytes]]:
    """Certificate and its DER, the signing one first."""
    from cryptography import x509

    found = _all(signature, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    if not found or len(_all(signature, "ds:KeyInfo/*")) != 1:
        raise SealBroken("the signature does not carry its certificate, or carries a bare key")
    try:
        ders = [b64decode(one.text or "", validate=False) for one in found]
        return [(x509.load_der_x509_certificate(der), der) for der in ders]
    except (ValueError, Base64Error) as error:
        raise SealBroken("a certificate in the signature cannot be read") from error


def _signing_time(signature: etree._Element) -> datetime:
    text = _one(signature, "ds:Object/x:QualifyingProperties/x:SignedProperties//x:SigningTime").text or ""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise SealBroken("the signing time cannot be read") from error


def _chain(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], trust: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """The path from the signing certificate's issuer to an anchor, valid at the time of signing."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

    from schemas.errors import CertificateUnfit

    if not trust:
        raise SealBroken("no authority is trusted")
    try:
        fitness.check(leaf, at)
    except CertificateUnfit as error:
        raise SealBroken(error.text) from error
    # The library's own rules are those of the web (purposes, host names); ours were just checked.
    anything = ExtensionPolicy.permit_all()
    authority = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    verifier = (
        PolicyBuilder()
        .store(Store(list(trust)))
        .time(at)
        .extension_policies(ee_policy=anything, ca_policy=authority)
        .build_client_verifier()
    )
    try:
        return tuple(verifier.verify(leaf, list(others)).chain[1:])
    except VerificationError as error:
        raise SealBroken("the certificate's chain ends at no authority that is trusted") from error


def _check_cryptography(signature: etree._Element, certificate: bytes, files: Mapping[str, bytes]) -> None:
    """All digests and the signature value, by libxmlsec, with the key of the certificate that was checked."""
    import xmlsec

    _serve_files()
    _SERVED.files = files
    try:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertDer)
        context.verify(signature)
    except (xmlsec.Error, SystemError) as error:
        raise SealBroken("the signature does not fit what it covers") from error
    finally:
        _SERVED.files = {}


# libxmlsec fetches referenced files through callbacks, of which a process has one set: registered once, and each thread
# sees its own files. The built-in ones, which would read any path or URL that a signature names, are dropped.
_SERVED: Final = threading.local()
_REGISTERING: Final = threading.Lock()


def _serve_files() -> None:
    with _REGISTERING:
        _register()


@cache
def _register() -> None:
    import xmlsec

    def served(name: bytes) -> bool:
        return name.decode("utf-8", "replace") in getattr(_SERVED, "files", {})

    def opened(name: bytes) -> io.BytesIO:
        return io.BytesIO(_SERVED.files[name.decode("utf-8", "replace")])

    def read(file: io.BytesIO, buffer: memoryview) -> int:
        return file.readinto(buffer)

    def closed(file: io.BytesIO) -> None:
        file.close()

    xmlsec.cleanup_callbacks()
    xmlsec.register_callbacks(served, opened, read, closed)


def _one(signature: etree._Element, path: str) -> etree._Element:
    found = _all(signature, path)
    if len(found) != 1:
        raise SealBroken(f"the signature has {len(found)} of {path.rpartition(':')[2]}, not one")
    return found[0]


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall(path, NAMESPACES)


def _text(signature: etree._Element, path: str) -> bytes:
    """The base64 text at `path`, decoded."""
    try:
        return b64decode(_one(signature, path).text or "", validate=True)
    except Base64Error as error:
        raise SealBroken("a digest cannot be read") from error

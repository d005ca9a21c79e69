"""XML signatures: XAdES, and plain XMLDSig, in their document or apart from it.

Source: XMLDSig W3C xmldsig-core1, 3.2 (core validation); XAdES ETSI EN 319 132-1 V1.2.1, 6.3 (levels); algorithms RFC
9231; ETSI EN 319 102-1 V1.3.1, 5.3.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from stages.signing.verification import keys, stamps, xml_form
from stages.signing.verification.trust import Trust, certificate, check_signer
from stages.signing.verification.verdict import Draft, Judged, Refused, Report, Sub, whole
from stages.signing.verification.xml_form import NAMES
from stages.signing.xades import XADES
from stages.signing.xmldsig import INCLUSIVE_C14N

DIGESTS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
WEAK_DIGESTS: Final = {"http://www.w3.org/2000/09/xmldsig#sha1": "sha1"}
LONG_TERM: Final = ("CertificateValues", "RevocationValues", "ArchiveTimeStamp", "CompleteCertificateRefs")


def judge(content: bytes, detached: Mapping[str, bytes] | None, trust: Trust, now: datetime) -> Report:
    """The one signature of an XML file: over the document that it is in, or over `detached` where it is the root."""
    draft = Draft()
    try:
        root = xml_form.parse(content)
        signature = xml_form.the_signature(root)
    except Refused as refused:
        draft.against(refused.sub, refused.explanation)
        return whole("XML", [draft.judged()])
    if signature is root and detached is None:
        draft.against(Sub.SIGNED_DATA_NOT_FOUND, "the signed document lies apart; name it with --detached")
        return whole("XAdES", [draft.judged()])
    return whole("XAdES", [judge_signature(root, signature, detached if signature is root else None, trust, now)])


def judge_signature(
    root: etree._Element,
    signature: etree._Element,
    files: Mapping[str, bytes] | None,
    trust: Trust,
    now: datetime,
) -> Judged:
    """`files` None: over the document around it; else over each of them."""
    draft = Draft()
    try:
        _judge(draft, root, signature, files, trust, now)
    except Refused as refused:
        draft.against(refused.sub, refused.explanation)
    return draft.judged()


def _judge(
    draft: Draft,
    root: etree._Element,
    signature: etree._Element,
    files: Mapping[str, bytes] | None,
    trust: Trust,
    now: datetime,
) -> None:
    xml_form.check(root, signature)
    found, properties = xml_form.references(root, signature, files)
    for reference in found:
        _check_digest(draft, reference)
    method = sole(signature, "ds:SignedInfo/ds:CanonicalizationMethod")
    signed = xml_form.canonical_by(signature[0], method.get("Algorithm") or "", method)
    named = sole(signature, "ds:SignedInfo/ds:SignatureMethod").get("Algorithm") or ""
    if not keys.known(named):
        raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "the signature's algorithm is not allowed")
    value = decoded(signature[1])
    certificates = _certificates(signature)
    leaf = _signing_certificate(properties, certificates)
    key = leaf.public_key() if leaf is not None else None
    if leaf is None:
        # the message's own keys count for nothing: one that we trust must fit, or nobody signed
        leaf, key = keys.trusted(trust, named, value, signed)
    if key is None:
        raise Refused(
            Sub.NO_SIGNING_CERTIFICATE_FOUND,
            "the signer's certificate is not in it, and no trusted key fits: name one with --trust FILE",
        )
    draft.signer = leaf
    if not keys.fits(key, named, value, signed):
        draft.against(Sub.SIG_CRYPTO_FAILURE, "the signature's value does not fit")
    if named in keys.WEAK_METHODS:
        draft.against(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "SHA-1 proves nothing any more")
    if properties is not None:
        draft.claimed_time = _claimed_time(properties)
    _check_stamps(draft, signature, trust, now)
    names = [reference for reference in found if reference.name is not None]
    draft.level = _level(signature, properties, names, draft)
    draft.covers += [reference.name for reference in names if reference.name]
    draft.content |= {reference.name: reference.content for reference in names if reference.name}
    if leaf is not None:
        check_signer(draft, leaf, [one for one in certificates if one != leaf], trust, now)


def _check_digest(draft: Draft, reference: xml_form.Reference) -> None:
    named = sole(reference.element, "ds:DigestMethod").get("Algorithm") or ""
    algorithm = {**DIGESTS, **WEAK_DIGESTS}.get(named)
    if algorithm is None:
        raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "a digest's algorithm is not allowed")
    if decoded(sole(reference.element, "ds:DigestValue")) != hashlib.new(algorithm, reference.content).digest():
        what = reference.name or "what the signature says of itself"
        draft.against(Sub.HASH_FAILURE, f"{what} is not as it was signed")
    if named in WEAK_DIGESTS:
        draft.against(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "SHA-1 proves nothing any more")


def _certificates(signature: etree._Element) -> list[Any]:
    try:
        found = signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES)
        return [certificate(decoded(one)) for one in found]
    except ValueError as error:
        raise Refused(Sub.NO_SIGNING_CERTIFICATE_FOUND, "a certificate in the signature cannot be read") from error


def _signing_certificate(properties: etree._Element | None, certificates: list[Any]) -> Any:
    """The one that the signed properties name by its digest, else the only or first one; None where there is none."""
    if properties is None:
        return certificates[0] if certificates else None
    own = properties.find("x:SignedSignatureProperties", NAMES)
    lists = (
        [] if own is None else own.findall("x:SigningCertificateV2", NAMES) + own.findall("x:SigningCertificate", NAMES)
    )
    if not lists:
        return certificates[0] if certificates else None
    chosen: list[Any] = []
    for one in lists:
        digest = one.find("x:Cert/x:CertDigest", NAMES)
        if digest is None:
            raise Refused(Sub.FORMAT_FAILURE, "the signed properties name no certificate")
        named = sole(digest, "ds:DigestMethod").get("Algorithm") or ""
        algorithm = {**DIGESTS, **WEAK_DIGESTS}.get(named)
        if algorithm is None:
            raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "a digest's algorithm is not allowed")
        value = decoded(sole(digest, "ds:DigestValue"))
        chosen.append(next((each for each in certificates if _digest(each, algorithm) == value), None))
    if chosen[0] is None or any(one != chosen[0] for one in chosen):
        raise Refused(Sub.NO_SIGNING_CERTIFICATE_FOUND, "the signed properties name another certificate")
    return chosen[0]


def _digest(certificate: Any, algorithm: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return hashlib.new(algorithm, certificate.public_bytes(Encoding.DER)).digest()


def _claimed_time(properties: etree._Element) -> datetime | None:
    text = properties.findtext("x:SignedSignatureProperties/x:SigningTime", None, NAMES)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused(Sub.FORMAT_FAILURE, "the signing time cannot be read") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _check_stamps(draft: Draft, signature: etree._Element, trust: Trust, now: datetime) -> None:
    path = "ds:Object/x:QualifyingProperties/x:UnsignedProperties/x:UnsignedSignatureProperties/x:SignatureTimeStamp"
    for stamp in signature.findall(path, NAMES):
        method = stamp.find("ds:CanonicalizationMethod", NAMES)
        named = INCLUSIVE_C14N if method is None else method.get("Algorithm") or ""
        over = xml_form.canonical_by(signature[1], named, method)
        for token in stamp.findall("x:EncapsulatedTimeStamp", NAMES):
            stamps.judge(draft, decoded(token), over, trust, now)


def _level(
    signature: etree._Element, properties: etree._Element | None, over: list[xml_form.Reference], draft: Draft
) -> str:
    """How far the signature goes by its form, time-stamps counted only where they are usable."""
    if properties is None:
        return "XMLDSig"
    if any(next(signature.iter(f"{{{XADES}}}{name}"), None) is not None for name in LONG_TERM):
        draft.warnings.append("its data for long-term validation was not evaluated")
    own = properties.find("x:SignedSignatureProperties", NAMES)
    has = {etree.QName(one).localname for one in own} if own is not None else set()
    formats = properties.findall("x:SignedDataObjectProperties/x:DataObjectFormat", NAMES)
    described = {one.get("ObjectReference") for one in formats if one.find("x:MimeType", NAMES) is not None}
    baseline = (
        "SigningTime" in has
        and bool(has & {"SigningCertificate", "SigningCertificateV2"})
        and all(f"#{one.element.get('Id')}" in described for one in over)
    )
    if not baseline:
        return "XAdES-EPES" if "SignaturePolicyIdentifier" in has else "XAdES-BES"
    return "XAdES-BASELINE-T" if any(stamp.usable for stamp in draft.stamps) else "XAdES-BASELINE-B"


def sole(element: etree._Element, path: str, names: Mapping[str, str] = NAMES) -> etree._Element:
    """What is at `path`, once. Raises Refused."""
    found = element.findall(path, dict(names))
    if len(found) != 1:
        raise Refused(Sub.FORMAT_FAILURE, f"there are {len(found)} of {path.rpartition(':')[2]}, not one")
    return found[0]


def decoded(element: etree._Element) -> bytes:
    """The base64 text of an element."""
    try:
        return b64decode("".join((element.text or "").split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise Refused(Sub.FORMAT_FAILURE, "a value in the signature is not base64") from error

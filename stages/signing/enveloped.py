"""XAdES inside the XML document it signs: the last child of the root, over all the rest.

The laws that ask for it differ in details only; a `Law` holds those, one module each.

Source: XAdES ETSI EN 319 132-1 V1.2.1; W3C xmldsig-core1, 6.6.4 (enveloped signature).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from lxml import etree

from schemas.errors import NotSignable
from stages.signing import certificate
from stages.signing.xades import (
    PROPERTIES_ID,
    SIGNATURE_ID,
    SIGNED_PROPERTIES_TYPE,
    VALUE_ID,
    add_signing_certificate,
    add_signing_time,
    qualifying,
    seal,
    xades,
)
from stages.signing.xmldsig import (
    DS,
    ENVELOPED,
    EXCLUSIVE_C14N,
    add_certificates,
    add_digest,
    add_reference,
    base64,
    canonical,
    der,
    ds,
    signature_method,
)

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps

KEY_INFO_ID: Final = "key-info-1"
REFERENCE_ID: Final = "reference-1"
MAX_BYTES: Final = 50 * 1024 * 1024


@dataclass(frozen=True)
class Policy:
    """A signature policy that the law names: its identifier and the digest of its text (RFC 9231 name, base64)."""

    identifier: str
    description: str
    digest_method: str
    digest: str


@dataclass(frozen=True)
class Law:
    """What one law wants otherwise than another."""

    roots: frozenset[str]
    """Local names of the root elements that documents under it have."""
    c14n: str = EXCLUSIVE_C14N
    policy: Policy | None = None
    claimed_role: str | None = None
    signs_key_info: bool = False
    first_version: bool = False
    """SigningCertificate with issuer and serial number (ETSI TS 101 903), where readers do not know its successor."""
    object_identifier: str | None = None
    description: str | None = None
    media_type: str = "text/xml"


def sign(
    document: bytes,
    law: Law,
    signer: Signer,
    at: datetime,
    *,
    digest: str = "sha256",
    stamps: TimeStamps | None = None,
) -> bytes:
    """`document` (XML) with its signature in it: UTF-8 XML. `at` is the claimed signing time, aware.

    `digest` is the algorithm of the references and of the certificate's digest (see `xmldsig.DIGESTS`).

    Raises NotSignable (permanent) where the document is another, has a DOCTYPE or is signed already; CertificateUnfit
    (permanent) before the key is used; SignerUnavailable (transient) from the signer or the authority of `stamps`.
    """
    certificate.check(signer.certificate, at)
    root = _unsigned(document, law)
    try:
        content = canonical(root.getroottree(), law.c14n)
    except etree.C14NError as error:  # a relative namespace name has no canonical form
        raise NotSignable("the document has no canonical form") from error

    # in its place from the start: inclusive canonical forms take in the namespaces around it
    signature = etree.SubElement(root, ds("Signature"), {"Id": SIGNATURE_ID}, nsmap={"ds": DS})
    info = etree.SubElement(signature, ds("SignedInfo"))
    etree.SubElement(signature, ds("SignatureValue"), {"Id": VALUE_ID})
    key_info = etree.SubElement(signature, ds("KeyInfo"), {"Id": KEY_INFO_ID} if law.signs_key_info else {})
    add_certificates(key_info, signer)
    if law.signs_key_info:
        _add_key_value(key_info, signer)
    properties = _add_properties(signature, law, signer, at, digest)

    explicit = [EXCLUSIVE_C14N] if law.c14n == EXCLUSIVE_C14N else []  # inclusive is what is done unasked
    etree.SubElement(info, ds("CanonicalizationMethod"), {"Algorithm": law.c14n})
    etree.SubElement(info, ds("SignatureMethod"), {"Algorithm": signature_method(signer.certificate)})
    add_reference(info, {"Id": REFERENCE_ID, "URI": ""}, content, [ENVELOPED, *explicit], digest)
    about = {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{PROPERTIES_ID}"}
    add_reference(info, about, canonical(properties, law.c14n), explicit, digest)
    if law.signs_key_info:
        add_reference(info, {"URI": f"#{KEY_INFO_ID}"}, canonical(key_info, law.c14n), explicit, digest)
    seal(signature, signer, law.c14n, stamps)
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def _unsigned(document: bytes, law: Law) -> etree._Element:
    if len(document) > MAX_BYTES:
        raise NotSignable("the document is larger than any that is signed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotSignable("the document is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotSignable("the document has a document type declaration")
    if etree.QName(root).localname not in law.roots:
        raise NotSignable(f"this signature is for {' or '.join(sorted(law.roots))}, and the document is another")
    if next(root.iter(ds("Signature")), None) is not None:
        raise NotSignable("the document is signed already")
    ours = {SIGNATURE_ID, VALUE_ID, PROPERTIES_ID, KEY_INFO_ID, REFERENCE_ID}
    if any(str(value) in ours for element in root.iter("*") for value in element.attrib.values()):
        raise NotSignable("the document uses an identifier that the signature needs")
    return root


def _add_key_value(key_info: etree._Element, signer: Signer) -> None:
    """The RSA key once more as numbers, as the policy's samples have it. Of an elliptic curve's nobody asks."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = signer.certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        value = etree.SubElement(etree.SubElement(key_info, ds("KeyValue")), ds("RSAKeyValue"))
        for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
            etree.SubElement(value, ds(name)).text = base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _add_properties(signature: etree._Element, law: Law, signer: Signer, at: datetime, digest: str) -> etree._Element:
    """SignedProperties in the schema's order."""
    properties = qualifying(signature)
    own = etree.SubElement(properties, xades("SignedSignatureProperties"))
    add_signing_time(own, at)
    if law.first_version:
        _add_first_version(own, signer, digest)
    else:
        add_signing_certificate(own, signer, digest)
    if law.policy is not None:
        _add_policy(own, law.policy)
    if law.claimed_role is not None:
        roles = etree.SubElement(etree.SubElement(own, xades("SignerRole")), xades("ClaimedRoles"))
        etree.SubElement(roles, xades("ClaimedRole")).text = law.claimed_role
    formats = etree.SubElement(properties, xades("SignedDataObjectProperties"))
    about = etree.SubElement(formats, xades("DataObjectFormat"), {"ObjectReference": f"#{REFERENCE_ID}"})
    if law.description is not None:
        etree.SubElement(about, xades("Description")).text = law.description
    if law.object_identifier is not None:
        named = etree.SubElement(about, xades("ObjectIdentifier"))
        etree.SubElement(named, xades("Identifier"), {"Qualifier": "OIDAsURN"}).text = law.object_identifier
    etree.SubElement(about, xades("MimeType")).text = law.media_type
    return properties


def _add_first_version(own: etree._Element, signer: Signer, digest: str) -> None:
    """Issuer by RFC 4514 without blanks, object identifiers dotted where that has no short name."""
    reference = etree.SubElement(etree.SubElement(own, xades("SigningCertificate")), xades("Cert"))
    add_digest(etree.SubElement(reference, xades("CertDigest")), der(signer.certificate), digest)
    issuer = etree.SubElement(reference, xades("IssuerSerial"))
    etree.SubElement(issuer, ds("X509IssuerName")).text = signer.certificate.issuer.rfc4514_string()
    etree.SubElement(issuer, ds("X509SerialNumber")).text = str(signer.certificate.serial_number)


def _add_policy(own: etree._Element, policy: Policy) -> None:
    named = etree.SubElement(etree.SubElement(own, xades("SignaturePolicyIdentifier")), xades("SignaturePolicyId"))
    identifier = etree.SubElement(named, xades("SigPolicyId"))
    etree.SubElement(identifier, xades("Identifier")).text = policy.identifier
    etree.SubElement(identifier, xades("Description")).text = policy.description
    digest = etree.SubElement(named, xades("SigPolicyHash"))
    etree.SubElement(digest, ds("DigestMethod"), {"Algorithm": policy.digest_method})
    etree.SubElement(digest, ds("DigestValue")).text = policy.digest

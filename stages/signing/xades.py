"""XAdES baseline B and T over files that stay as they are: one detached `ds:Signature` with a reference to each file.

Source: XAdES ETSI EN 319 132-1 V1.2.1, 5.3 (time-stamp), 6.3 (baseline B, T).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lxml import etree

from stages.signing import certificate
from stages.signing.xmldsig import (
    DECLARATION,
    DS,
    EXCLUSIVE_C14N,
    add_certificates,
    add_digest,
    add_reference,
    base64,
    canonical,
    der,
    ds,
    signature_method,
    signature_value,
)

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps

XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"

SIGNATURE_ID: Final = "signature-1"
VALUE_ID: Final = "signature-1-value"
PROPERTIES_ID: Final = "signed-properties-1"
MIME_TYPES: Final = {".xml": "application/xml", ".pdf": "application/pdf", ".json": "application/json"}


def sign_detached(name: str, data: bytes, signer: Signer, at: datetime) -> bytes:
    """A stand-alone signature file over one file: UTF-8 XML, `ds:Signature` at its root. See `sign`."""
    return stand_alone(sign({name: data}, signer, at))


def sign(files: Mapping[str, bytes], signer: Signer, at: datetime, stamps: TimeStamps | None = None) -> bytes:
    """The `ds:Signature` over `files` (name to content, both as they will be sent): UTF-8 XML without declaration.

    It stands for itself: alone or inside a container, these are the same bytes and the same signature. `at` is the
    signing time that the signature claims, aware, taken to the second. With `stamps` it carries a time-stamp (B-T).
    With RSA and without a time-stamp the same input gives the same bytes.

    Raises CertificateUnfit (permanent) before the key is used; SignerUnavailable (transient) from the signer or the
    time-stamping authority.
    """
    if not files:
        raise ValueError("nothing to sign")
    certificate.check(signer.certificate, at)
    signature = etree.Element(ds("Signature"), {"Id": SIGNATURE_ID}, nsmap={"ds": DS})
    info = etree.SubElement(signature, ds("SignedInfo"))
    etree.SubElement(signature, ds("SignatureValue"), {"Id": VALUE_ID})
    add_certificates(etree.SubElement(signature, ds("KeyInfo")), signer)
    properties = _add_properties(signature, files, signer, at)
    etree.SubElement(info, ds("CanonicalizationMethod"), {"Algorithm": EXCLUSIVE_C14N})
    etree.SubElement(info, ds("SignatureMethod"), {"Algorithm": signature_method(signer.certificate)})
    for number, (name, data) in enumerate(files.items(), 1):
        add_reference(info, {"Id": f"reference-{number}", "URI": quote(name)}, data)
    add_reference(
        info,
        {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{PROPERTIES_ID}"},
        canonical(properties),
        [EXCLUSIVE_C14N],
    )
    seal(signature, signer, EXCLUSIVE_C14N, stamps)
    return etree.tostring(signature, encoding="UTF-8", xml_declaration=False)


def seal(signature: etree._Element, signer: Signer, method: str, stamps: TimeStamps | None) -> None:
    """Has the key sign the finished SignedInfo, canonical by `method`, and the value time-stamped where asked."""
    value = signature[1]
    value.text = base64(signature_value(signer, canonical(signature[0], method)))
    if stamps is not None:
        _add_time_stamp(signature, canonical(value), stamps)


def stand_alone(signature: bytes) -> bytes:
    """The signature as an XML file of its own."""
    return DECLARATION + signature


def qualifying(signature: etree._Element) -> etree._Element:
    """An empty SignedProperties in its place."""
    around = etree.SubElement(
        etree.SubElement(signature, ds("Object")),
        xades("QualifyingProperties"),
        {"Target": f"#{SIGNATURE_ID}"},
        nsmap={"xades": XADES},
    )
    return etree.SubElement(around, xades("SignedProperties"), {"Id": PROPERTIES_ID})


def add_signing_time(own: etree._Element, at: datetime) -> None:
    etree.SubElement(own, xades("SigningTime")).text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_signing_certificate(own: etree._Element, signer: Signer, digest: str = "sha256") -> None:
    reference = etree.SubElement(etree.SubElement(own, xades("SigningCertificateV2")), xades("Cert"))
    add_digest(etree.SubElement(reference, xades("CertDigest")), der(signer.certificate), digest)


def _add_properties(
    signature: etree._Element, files: Mapping[str, bytes], signer: Signer, at: datetime
) -> etree._Element:
    """SignedProperties in the schema's order; without any of these parts it is no longer baseline B."""
    properties = qualifying(signature)
    own = etree.SubElement(properties, xades("SignedSignatureProperties"))
    add_signing_time(own, at)
    add_signing_certificate(own, signer)
    formats = etree.SubElement(properties, xades("SignedDataObjectProperties"))
    for number, name in enumerate(files, 1):
        about = etree.SubElement(formats, xades("DataObjectFormat"), {"ObjectReference": f"#reference-{number}"})
        etree.SubElement(about, xades("MimeType")).text = mime_type(name)
    return properties


def _add_time_stamp(signature: etree._Element, value: bytes, stamps: TimeStamps) -> None:
    """SignatureTimeStamp over the canonical SignatureValue element (5.3)."""
    unsigned = etree.SubElement(signature[-1][0], xades("UnsignedProperties"))
    own = etree.SubElement(unsigned, xades("UnsignedSignatureProperties"))
    stamp = etree.SubElement(own, xades("SignatureTimeStamp"), {"Id": f"{SIGNATURE_ID}-time-stamp"})
    etree.SubElement(stamp, ds("CanonicalizationMethod"), {"Algorithm": EXCLUSIVE_C14N})
    token = stamps.stamp(hashlib.sha256(value).digest())
    etree.SubElement(stamp, xades("EncapsulatedTimeStamp")).text = base64(token)


def mime_type(name: str) -> str:
    """By the file name's extension; what is not known is `application/octet-stream`."""
    return MIME_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def xades(name: str) -> str:
    return f"{{{XADES}}}{name}"

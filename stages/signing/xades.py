"""XAdES baseline B over files that stay as they are: one detached `ds:Signature` with a reference to each file.

Digests, canonical form and key operation are three separate steps. A library that fetches the referenced files while
it signs needs process-wide callbacks, may mix data up between threads, and newer libxmlsec refuses all but
same-document references; so the digests are taken here, and the key sees nothing but the canonical SignedInfo.

Source: XAdES ETSI EN 319 132-1 V1.2.1, 6.3 (baseline B); XML signatures W3C xmldsig-core1; W3C xml-exc-c14n.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lxml import etree

from stages.signing import certificate

if TYPE_CHECKING:
    from cryptography import x509

    from connectors.keys import Signer

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'

SIGNATURE_ID: Final = "signature-1"
PROPERTIES_ID: Final = "signed-properties-1"
MIME_TYPES: Final = {".xml": "application/xml", ".pdf": "application/pdf", ".json": "application/json"}


def sign_detached(name: str, data: bytes, signer: Signer, at: datetime) -> bytes:
    """A stand-alone signature file over one file: UTF-8 XML, `ds:Signature` at its root. See `sign`."""
    return stand_alone(sign({name: data}, signer, at))


def sign(files: Mapping[str, bytes], signer: Signer, at: datetime) -> bytes:
    """The `ds:Signature` over `files` (name to content, both as they will be sent): UTF-8 XML without declaration.

    It stands for itself: alone or inside a container, these are the same bytes and the same signature. `at` is the
    signing time that the signature claims, aware, taken to the second. With RSA the same input gives the same bytes.

    Raises CertificateUnfit (permanent) before the key is used; SignerUnavailable (transient) from the signer.
    """
    if not files:
        raise ValueError("nothing to sign")
    certificate.check(signer.certificate, at)
    signature = etree.Element(_ds("Signature"), {"Id": SIGNATURE_ID}, nsmap={"ds": DS})
    info = etree.SubElement(signature, _ds("SignedInfo"))
    value = etree.SubElement(signature, _ds("SignatureValue"), {"Id": f"{SIGNATURE_ID}-value"})
    _add_key_info(signature, signer)
    properties = _add_properties(signature, files, signer.certificate, at)

    etree.SubElement(info, _ds("CanonicalizationMethod"), {"Algorithm": EXCLUSIVE_C14N})
    etree.SubElement(info, _ds("SignatureMethod"), {"Algorithm": signature_method(signer.certificate)})
    for number, (name, data) in enumerate(files.items(), 1):
        _add_reference(info, {"Id": f"reference-{number}", "URI": quote(name)}, data)
    _add_reference(
        info,
        {"Type": SIGNED_PROPERTIES_TYPE, "URI": f"#{PROPERTIES_ID}"},
        canonical(properties),
        transform=EXCLUSIVE_C14N,
    )
    value.text = _base64(_signature_value(signer, canonical(info)))
    return etree.tostring(signature, encoding="UTF-8", xml_declaration=False)


def stand_alone(signature: bytes) -> bytes:
    """The signature as an XML file of its own."""
    return DECLARATION + signature


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical form without comments: the octets that a digest or the key is applied to."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def signature_method(of: x509.Certificate) -> str:
    """The XML signature algorithm for this certificate's key, always over SHA-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ECDSA_SHA256 if isinstance(of.public_key(), ec.EllipticCurvePublicKey) else RSA_SHA256


def _signature_value(signer: Signer, data: bytes) -> bytes:
    """What XML wants: RSA as the signer gives it; ECDSA as r||s, each of the curve's length (xmldsig-core1 6.4.3)."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    raw = signer.sign(data)
    key = signer.certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return raw
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(raw))


def _add_key_info(signature: etree._Element, signer: Signer) -> None:
    """The whole chain: receivers do not fetch issuers, some refuse a signature without them."""
    data = etree.SubElement(etree.SubElement(signature, _ds("KeyInfo")), _ds("X509Data"))
    for one in (signer.certificate, *signer.chain):
        etree.SubElement(data, _ds("X509Certificate")).text = _base64(_der(one))


def _add_properties(
    signature: etree._Element, files: Mapping[str, bytes], signing: x509.Certificate, at: datetime
) -> etree._Element:
    """SignedProperties in the schema's order; without any of these parts it is no longer baseline B."""
    qualifying = etree.SubElement(
        etree.SubElement(signature, _ds("Object")),
        _xades("QualifyingProperties"),
        {"Target": f"#{SIGNATURE_ID}"},
        nsmap={"xades": XADES},
    )
    properties = etree.SubElement(qualifying, _xades("SignedProperties"), {"Id": PROPERTIES_ID})
    own = etree.SubElement(properties, _xades("SignedSignatureProperties"))
    etree.SubElement(own, _xades("SigningTime")).text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reference = etree.SubElement(etree.SubElement(own, _xades("SigningCertificateV2")), _xades("Cert"))
    _add_digest(etree.SubElement(reference, _xades("CertDigest")), _der(signing))
    formats = etree.SubElement(properties, _xades("SignedDataObjectProperties"))
    for number, name in enumerate(files, 1):
        about = etree.SubElement(formats, _xades("DataObjectFormat"), {"ObjectReference": f"#reference-{number}"})
        etree.SubElement(about, _xades("MimeType")).text = mime_type(name)
    return properties


def mime_type(name: str) -> str:
    """By the file name's extension; what is not known is `application/octet-stream`."""
    return MIME_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def _add_reference(info: etree._Element, attributes: dict[str, str], data: bytes, transform: str | None = None) -> None:
    reference = etree.SubElement(info, _ds("Reference"), attributes)
    if transform is not None:
        etree.SubElement(etree.SubElement(reference, _ds("Transforms")), _ds("Transform"), {"Algorithm": transform})
    _add_digest(reference, data)


def _add_digest(parent: etree._Element, data: bytes) -> None:
    etree.SubElement(parent, _ds("DigestMethod"), {"Algorithm": SHA256})
    etree.SubElement(parent, _ds("DigestValue")).text = _base64(hashlib.sha256(data).digest())


def _der(of: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return of.public_bytes(Encoding.DER)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _xades(name: str) -> str:
    return f"{{{XADES}}}{name}"

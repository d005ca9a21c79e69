"""What every XML signature of ours is built from: names, canonical forms, digests, references, the key's answer.

Digests, canonical form and key operation are three separate steps. A library that fetches the referenced files while
it signs needs process-wide callbacks, may mix data up between threads, and newer libxmlsec refuses all but
same-document references; so the digests are taken here, and the key sees nothing but the canonical SignedInfo.

Source: XML signatures W3C xmldsig-core1; W3C xml-c14n, xml-exc-c14n; algorithms RFC 9231.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from cryptography import x509

    from connectors.keys import Signer

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
INCLUSIVE_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS: Final = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": SHA256,
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def canonical(what: Any, method: str = EXCLUSIVE_C14N, prefixes: Sequence[str] | None = None) -> bytes:
    """Canonical form without comments of a whole tree, or of an element in its place: what a digest is taken of.

    `prefixes` are those that the exclusive form treats as the inclusive one does. Raises etree.C14NError where a
    namespace's name is relative.
    """
    exclusive = method == EXCLUSIVE_C14N
    tree = alone(what, inherits=not exclusive).getroottree() if isinstance(what, etree._Element) else what
    return etree.tostring(
        tree,
        method="c14n",
        exclusive=exclusive,
        with_comments=False,
        inclusive_ns_prefixes=list(prefixes or ()) or None,
    )


def alone(element: etree._Element, *, inherits: bool) -> etree._Element:
    """The element as the root of a document of its own, with the namespaces that are in scope where it stands.

    `inherits`: with `xml:lang` and its like from around it, as the inclusive form wants. libxml2's own canonical form
    of an element below the root is wrong where default namespaces change on the way down.
    """
    copied = etree.fromstring(etree.tostring(element, with_tail=False), _PARSER)
    for around in element.iterancestors() if inherits else ():
        for name, value in around.attrib.items():
            if str(name).startswith(_XML) and name not in copied.attrib:
                copied.set(name, value)
    return copied


def signature_method(of: x509.Certificate) -> str:
    """The XML signature algorithm for this certificate's key, always over SHA-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ECDSA_SHA256 if isinstance(of.public_key(), ec.EllipticCurvePublicKey) else RSA_SHA256


def signature_value(signer: Signer, data: bytes) -> bytes:
    """What XML wants: RSA as the signer gives it; ECDSA as r||s, each of the curve's length (xmldsig-core1 6.4.3)."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    raw = signer.sign(data)
    key = signer.certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return raw
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(raw))


def add_reference(
    info: etree._Element,
    attributes: dict[str, str],
    data: bytes,
    transforms: Sequence[str] = (),
    digest: str = "sha256",
) -> None:
    """A Reference whose target is `data` once `transforms` are done."""
    reference = etree.SubElement(info, ds("Reference"), attributes)
    if transforms:
        listed = etree.SubElement(reference, ds("Transforms"))
        for transform in transforms:
            etree.SubElement(listed, ds("Transform"), {"Algorithm": transform})
    add_digest(reference, data, digest)


def add_digest(parent: etree._Element, data: bytes, digest: str = "sha256") -> None:
    etree.SubElement(parent, ds("DigestMethod"), {"Algorithm": DIGESTS[digest]})
    etree.SubElement(parent, ds("DigestValue")).text = base64(hashlib.new(digest, data).digest())


def add_certificates(key_info: etree._Element, signer: Signer) -> None:
    """The whole chain: receivers do not fetch issuers, some refuse a signature without them."""
    data = etree.SubElement(key_info, ds("X509Data"))
    for one in (signer.certificate, *signer.chain):
        etree.SubElement(data, ds("X509Certificate")).text = base64(der(one))


def der(of: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return of.public_bytes(Encoding.DER)


def base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"

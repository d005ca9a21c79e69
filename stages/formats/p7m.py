"""`.p7m`: a document inside the CMS signature over it, as Italian invoices travel.

Opening one is not verifying it: whoever needs to know who signed asks `entrega verify-signature`.

Source: CMS RFC 5652, 5.1 (SignedData), 5.2 (encapsulated content); PEM RFC 7468; Agenzia delle Entrate, Specifiche
tecniche 1.2.2, 2.2 (CAdES-BES, `.xml.p7m`).
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, Final

from schemas.errors import ExportUnreadable, Finding, LimitExceeded

MAX_BYTES: Final = 50 * 1024 * 1024
"""The largest file that is opened; the exchange system takes 5 MB."""
MAX_LAYERS: Final = 4
"""Signatures around signatures: a second signer often signs the first one's file (`.xml.p7m.p7m`)."""

SEQUENCE: Final = 0x30
SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
"""OID 1.2.840.113549.1.7.2, encoded."""
_ARMOUR: Final = re.compile(rb"-----(BEGIN|END) (PKCS7|CMS|PKCS #7 SIGNED DATA)-----")
_HEAD_BYTES: Final = 32


def is_p7m(data: bytes) -> bool:
    """Whether `data` begins as a CMS signature does: DER, BER, base64 or PEM."""
    head = data[:1024]
    if head[:1] != bytes([SEQUENCE]):
        text = b"".join(_ARMOUR.sub(b"", head).split())
        try:
            head = b64decode(text[: len(text) // 4 * 4], validate=True)
        except Base64Error:
            return False
    return head[:1] == bytes([SEQUENCE]) and SIGNED_DATA in head[:_HEAD_BYTES]


def open_p7m(data: bytes) -> bytes:
    """The signed content, taken out of every signature around it. `data` is DER, BER (indefinite lengths and split
    octet strings too), base64 or PEM.

    Raises ExportUnreadable (permanent) where it is no CMS signature, or the content lies apart from it; LimitExceeded
    (permanent) past 50 MB or four layers.
    """
    content = signed_content(data)
    for _ in range(MAX_LAYERS - 1):
        if not is_p7m(content):
            return content
        content = signed_content(content)
    if is_p7m(content):
        raise LimitExceeded(f"there are more than {MAX_LAYERS} signatures around the document")
    return content


def signed_content(data: bytes) -> bytes:
    """The content of the outermost signature alone. Raises as `open_p7m` does."""
    content = signed_data(data)["encap_content_info"]["content"]
    try:
        found = content.native
    except (ValueError, TypeError, RecursionError) as error:
        raise _unreadable("the signed content cannot be read") from error
    if not isinstance(found, bytes):
        raise _unreadable("the signature holds no document: its content lies apart from it")
    return found


def signed_data(data: bytes) -> Any:
    """`data` as asn1crypto's SignedData, parsed as far as its parts are asked for. Raises as `open_p7m` does."""
    from asn1crypto import cms

    der = binary(data)
    try:
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise _unreadable("it is CMS, and not a signature")
        signed = info["content"]
        signed["encap_content_info"]["content_type"].native  # noqa: B018 - parses, so that damage is told here
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable("it is not a CMS signature") from error
    return signed


def binary(data: bytes) -> bytes:
    """The DER or BER octets, without base64 or PEM around them. Raises as `open_p7m` does."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"the signed file is larger than {MAX_BYTES // 1024 // 1024} MB")
    if data[:1] == bytes([SEQUENCE]):
        return data
    try:
        return b64decode(b"".join(_ARMOUR.sub(b"", data).split()), validate=True)
    except Base64Error as error:
        raise _unreadable("it is neither DER nor base64") from error


def _unreadable(text: str) -> ExportUnreadable:
    return ExportUnreadable(f"the .p7m file cannot be read: {text}", findings=(Finding(rule="p7m", message=text),))

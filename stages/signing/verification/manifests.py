"""Containers whose CMS signature is over a manifest that names the files by their digests: ASiC-E with CAdES.

Source: ETSI EN 319 162-1 V1.1.1, 4.4.4 (ASiC-E with CAdES), annex A.4 (ASiCManifest).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from lxml import etree

from stages.signing.asic import ASIC
from stages.signing.verification import xml, xml_form
from stages.signing.verification.verdict import Refused, Sub

NAMES: Final = {**xml_form.NAMES, "asic": ASIC}


def of_signature(name: str, manifests: Mapping[str, bytes]) -> bytes:
    """The one manifest that says it is signed by the file `name`. Raises Refused."""
    found = [content for content in manifests.values() if _signed_by(content) == name]
    if len(found) != 1:
        raise Refused(Sub.SIGNED_DATA_NOT_FOUND, "the signature does not have exactly one manifest")
    return found[0]


def covered(manifest: bytes, files: Mapping[str, bytes]) -> list[str]:
    """Names of the files that a manifest covers, each with its digest. Raises Refused where one is another."""
    names: list[str] = []
    for reference in _root(manifest).findall("asic:DataObjectReference", NAMES):
        name = unquote(reference.get("URI") or "", errors="replace")
        if name not in files or name in names:
            raise Refused(Sub.SIGNED_DATA_NOT_FOUND, "the manifest names a file that is not there, or one twice")
        named = xml.sole(reference, "ds:DigestMethod").get("Algorithm") or ""
        if named not in xml.DIGESTS:
            raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "a digest's algorithm is not allowed")
        digest = hashlib.new(xml.DIGESTS[named], files[name]).digest()
        if xml.decoded(xml.sole(reference, "ds:DigestValue")) != digest:
            raise Refused(Sub.HASH_FAILURE, f"{name} is not as it was signed")
        names.append(name)
    if not names:
        raise Refused(Sub.FORMAT_FAILURE, "the manifest names no file")
    return names


def _signed_by(manifest: bytes) -> str:
    return unquote(xml.sole(_root(manifest), "asic:SigReference", NAMES).get("URI") or "", errors="replace")


def _root(manifest: bytes) -> etree._Element:
    root = xml_form.parse(manifest)
    if root.tag != f"{{{ASIC}}}ASiCManifest":
        raise Refused(Sub.FORMAT_FAILURE, "a manifest has another root than the standard's")
    return root

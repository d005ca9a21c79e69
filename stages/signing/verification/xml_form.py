"""The form of an XML signature, judged before any cryptography: what makes a signature mean less than it seems.

Wrapping, references to something else than the whole, transforms that leave parts out, ids that mean two things, and
comments that split a value are all excluded here. Nothing is fetched because a signature says so: references are
resolved in the document and in the files that were handed in, by this module alone.

Source: W3C xmldsig-bestpractices; XMLDSig xmldsig-core1, 4.4.3 (references), 6.6 (transforms); ETSI EN 319 132-1.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from lxml import etree

from stages.signing import xmldsig
from stages.signing.verification.verdict import Refused, Sub
from stages.signing.xades import SIGNED_PROPERTIES_TYPE, XADES
from stages.signing.xmldsig import DS, ENVELOPED, EXCLUSIVE_C14N, INCLUSIVE_C14N

NAMES: Final = {"ds": DS, "x": XADES}
MAX_BYTES: Final = 50 * 1024 * 1024
MAX_REFERENCES: Final = 1000
FILTER2: Final = "http://www.w3.org/2002/06/xmldsig-filter2"
C14N: Final = {
    INCLUSIVE_C14N: False,
    f"{INCLUSIVE_C14N}#WithComments": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,  # differs for parts of a document with xml:base and xml:id only
    "http://www.w3.org/2006/12/xml-c14n11#WithComments": False,
    EXCLUSIVE_C14N: True,
    f"{EXCLUSIVE_C14N}WithComments": True,
}
"""Canonical form -> is it the exclusive one."""


def parse(content: bytes) -> etree._Element:
    """Raises Refused where it is no XML that is read: too large, not well-formed, or with a DOCTYPE."""
    if len(content) > MAX_BYTES:
        raise Refused(Sub.FORMAT_FAILURE, "the file is larger than any that is judged")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Sub.FORMAT_FAILURE, "the file is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(Sub.FORMAT_FAILURE, "the file has a document type declaration")
    return root


def the_signature(root: etree._Element) -> etree._Element:
    """The one signature: the root itself, or the root's child."""
    found = list(root.iter(f"{{{DS}}}Signature"))
    if not found:
        raise Refused(Sub.FORMAT_FAILURE, "there is no signature in it")
    if len(found) > 1:
        raise Refused(Sub.FORMAT_FAILURE, "there is more than one signature in it, or one within another")
    if found[0] is not root and found[0].getparent() is not root:
        raise Refused(Sub.FORMAT_FAILURE, "the signature is not a direct child of the root")
    return found[0]


def check(root: etree._Element, signature: etree._Element) -> None:
    """Parts in their places, ids unambiguous, no comment within."""
    parts = [etree.QName(part).localname if isinstance(part.tag, str) else "" for part in signature]
    wanted = ["SignedInfo", "SignatureValue", *(["KeyInfo"] if "KeyInfo" in parts else [])]
    if parts[: len(wanted)] != wanted or any(part != "Object" for part in parts[len(wanted) :]):
        raise Refused(Sub.FORMAT_FAILURE, "the signature's parts are not those of the standard")
    if any(not isinstance(element.tag, str) for element in signature.iter()):
        raise Refused(Sub.FORMAT_FAILURE, "the signature holds a comment or processing instruction")
    for name in ("SignedInfo", "SignatureValue"):
        if len(list(root.iter(f"{{{DS}}}{name}"))) != 1:
            raise Refused(Sub.FORMAT_FAILURE, f"there is more than one {name}")
    ids: set[str] = set()
    for element in root.iter("*"):
        for key, value in element.attrib.items():
            if etree.QName(key).localname.lower() == "id":
                if value in ids:
                    raise Refused(Sub.FORMAT_FAILURE, "two elements have the same id")
                ids.add(str(value))


@dataclass(frozen=True)
class Reference:
    """What one Reference is over: `content` are the octets whose digest it must have. `name` is None for the
    signature's own parts, else the file's, or `document` for the one that the signature is in."""

    element: etree._Element
    content: bytes
    name: str | None = None


def references(
    root: etree._Element, signature: etree._Element, files: Mapping[str, bytes] | None
) -> tuple[list[Reference], etree._Element | None]:
    """Every reference resolved, and the signed properties where there are any.

    With `files` None the signature is in its document, and exactly one reference must be over all of that; else it is
    apart, and there must be one reference to each file.
    """
    info = signature[0]
    properties = _properties(signature)
    found: dict[str, Reference] = {}
    elements = info.findall("ds:Reference", NAMES)
    if len(elements) > MAX_REFERENCES:
        raise Refused(Sub.FORMAT_FAILURE, f"there are more than {MAX_REFERENCES} references")
    for element in elements:
        uri, transforms = element.get("URI"), element.findall("ds:Transforms/ds:Transform", NAMES)
        to_properties = properties is not None and uri == f"#{properties.get('Id')}"
        to_key = _is_key_info(signature, uri)
        name = "document" if files is None else unquote(uri or "", errors="replace")
        key = "#properties" if to_properties else "#key" if to_key else name
        if key in found:  # asked before anything is canonicalised: a thousand references cost nothing
            raise Refused(Sub.FORMAT_FAILURE, "something is referred to twice")
        if to_properties:
            if element.get("Type") != SIGNED_PROPERTIES_TYPE:
                raise Refused(Sub.SIG_CONSTRAINTS_FAILURE, "the reference to the signed properties is not called so")
            found[key] = Reference(element, canonical(properties, transforms))
        elif to_key:
            found[key] = Reference(element, canonical(signature[2], transforms))
        elif files is None:
            found[key] = Reference(element, _enveloping(root, signature, uri, transforms), name)
        else:
            if name not in files:
                raise Refused(Sub.SIGNED_DATA_NOT_FOUND, "a reference is to something that is not at hand")
            content = canonical(parse(files[name]).getroottree(), transforms) if transforms else files[name]
            found[key] = Reference(element, content, name)
    if properties is not None and "#properties" not in found:
        raise Refused(Sub.SIG_CONSTRAINTS_FAILURE, "the signed properties are not signed")
    if not any(reference.name is not None for reference in found.values()):
        raise Refused(Sub.FORMAT_FAILURE, "no document is signed")
    return list(found.values()), properties


def _properties(signature: etree._Element) -> etree._Element | None:
    """The signature's own SignedProperties, by their place and not by an id."""
    around = signature.findall("ds:Object/x:QualifyingProperties", NAMES)
    every = list(signature.iter(f"{{{XADES}}}SignedProperties"))
    if not around and not every:
        return None
    own = around[0].findall("x:SignedProperties", NAMES) if len(around) == 1 else []
    if len(own) != 1 or len(every) != 1:
        raise Refused(Sub.FORMAT_FAILURE, "there is not exactly one set of signed properties, in its place")
    target = around[0].get("Target")
    if target and target != f"#{signature.get('Id')}":
        raise Refused(Sub.FORMAT_FAILURE, "the signed properties are another signature's")
    return own[0]


def _is_key_info(signature: etree._Element, uri: str | None) -> bool:
    info = signature[2] if len(signature) > 2 else None
    return info is not None and info.tag == f"{{{DS}}}KeyInfo" and bool(info.get("Id")) and uri == f"#{info.get('Id')}"


def _enveloping(
    root: etree._Element, signature: etree._Element, uri: str | None, transforms: list[etree._Element]
) -> bytes:
    """The document around the signature, all of it, without the signature itself."""
    to_root = uri not in (None, "") and uri in {f"#{root.get(name)}" for name in ("Id", "ID", "id") if root.get(name)}
    if uri not in (None, "") and not to_root:
        raise Refused(Sub.FORMAT_FAILURE, "a reference is to a part of the document, or to something outside it")
    if not transforms or not _removes_signature(transforms[0]):
        raise Refused(Sub.FORMAT_FAILURE, "the first transform does not take the signature out, and nothing else")
    alone = copy.deepcopy(root.getroottree())
    copied = alone.getroot()
    gone = copied[root.index(signature)]
    if gone.tail:
        before = gone.getprevious()
        if before is None:
            copied.text = (copied.text or "") + gone.tail
        else:
            before.tail = (before.tail or "") + gone.tail
    copied.remove(gone)
    return canonical(copied if to_root else alone, transforms[1:])


def _removes_signature(transform: etree._Element) -> bool:
    """The enveloped transform; or the one filter that Italian signers write in its stead, which with one signature in
    the document does the same."""
    algorithm = transform.get("Algorithm")
    if algorithm == ENVELOPED:
        return len(transform) == 0
    if algorithm != FILTER2 or len(transform) != 1:
        return False
    (path,) = transform
    prefix = next((prefix for prefix, name in path.nsmap.items() if name == DS and prefix), None)
    wanted = {f"/descendant::{prefix}:Signature", f"//{prefix}:Signature"}
    return (
        path.tag == f"{{{FILTER2}}}XPath" and path.get("Filter") == "subtract" and (path.text or "").strip() in wanted
    )


def canonical(what: Any, transforms: list[etree._Element]) -> bytes:
    """Octets by the one canonicalisation that `transforms` may ask for, else by the one that is done unasked."""
    if len(transforms) > 1 or (transforms and transforms[0].get("Algorithm") not in C14N):
        raise Refused(Sub.FORMAT_FAILURE, "a transform is not one that leaves everything in")
    if not transforms:
        return canonical_by(what, INCLUSIVE_C14N)
    return canonical_by(what, transforms[0].get("Algorithm") or "", transforms[0])


def canonical_by(what: Any, method: str, asked: etree._Element | None = None) -> bytes:
    """Canonical form without comments; `asked` is the element that may list prefixes for the exclusive form."""
    if method not in C14N:
        raise Refused(Sub.FORMAT_FAILURE, "a canonical form is not one of the standard's")
    exclusive = C14N[method]
    prefixes = None
    if asked is not None and len(asked):
        (listed, *more) = asked
        if more or listed.tag != f"{{{EXCLUSIVE_C14N}}}InclusiveNamespaces" or not exclusive:
            raise Refused(Sub.FORMAT_FAILURE, "a transform has a parameter that is not known")
        prefixes = (listed.get("PrefixList") or "").split()
    try:
        return xmldsig.canonical(what, EXCLUSIVE_C14N if exclusive else INCLUSIVE_C14N, prefixes)
    except (etree.C14NError, etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Sub.FORMAT_FAILURE, "something signed has no canonical form") from error

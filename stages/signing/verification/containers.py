"""ASiC containers: signed files and their signatures in one zip.

What a reader by the directory sees and what one by the local headers sees must be the same files, and each of them
must be signed.

Source: ETSI EN 319 162-1 V1.1.1, 4.3 (ASiC-S), 4.4 (ASiC-E with XAdES); APPNOTE 4.3 (zip).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.errors import ExportUnreadable
from stages.formats import p7m
from stages.signing.asic import ASIC, MANIFEST_NAME, MIME_NAME, is_data_name
from stages.signing.verification import cms, manifests, xml, xml_form
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Draft, Judged, Refused, Report, Sub, failed

TYPES: Final = {"application/vnd.etsi.asic-e+zip": "ASiC-E", "application/vnd.etsi.asic-s+zip": "ASiC-S"}
MAX_ENTRIES: Final = 1000
MAX_BYTES: Final = 200 * 1024 * 1024
DESCRIPTOR: Final = 24
"""Octets at most of an entry's sizes, where they stand behind its data."""
LOCAL_HEADER: Final = 30
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNSOUND: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError,
)  # fmt: skip
"""What the zip library raises at bytes that are no zip."""
_XADES: Final = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"META-INF/ASiCManifest[^/]*\.xml", re.IGNORECASE)
_CADES: Final = re.compile(r"META-INF/[^/]*signature[^/]*\.p7s", re.IGNORECASE)


@dataclass(frozen=True)
class Opened:
    """A container taken apart, its form checked and its signatures not: `files` are not to be relied on yet."""

    kind: str
    files: dict[str, bytes]
    xades: dict[str, bytes]
    cades: dict[str, bytes]
    manifests: dict[str, bytes]


def unpack(container: bytes) -> Opened:
    """Raises Refused where the form is not the standard's, or it would unpack to more than 200 MB or 1,000 files."""
    try:
        with zipfile.ZipFile(io.BytesIO(container)) as archive:
            infos = archive.infolist()
            _check_layout(infos, archive.start_dir, container)
            content = {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except UNSOUND as error:
        raise Refused(Sub.FORMAT_FAILURE, "the container is not a sound zip file") from error
    kind = TYPES.get(content.pop(MIME_NAME, b"").decode("ascii", "replace").strip())
    if kind is None:
        raise Refused(Sub.FORMAT_FAILURE, "the container does not say that it is ASiC-E or ASiC-S")
    content.pop(MANIFEST_NAME, None)
    xades = {name: content.pop(name) for name in list(content) if _XADES.fullmatch(name)}
    cades = {name: content.pop(name) for name in list(content) if _CADES.fullmatch(name)}
    listed = {name: content.pop(name) for name in list(content) if _MANIFEST.fullmatch(name)}
    if not xades and not cades:
        raise Refused(Sub.FORMAT_FAILURE, "the container has no signature")
    if not content or not all(map(is_data_name, content)):
        raise Refused(Sub.FORMAT_FAILURE, "the container holds other files than signed data")
    if kind == "ASiC-S" and len(content) != 1:
        raise Refused(Sub.FORMAT_FAILURE, "a simple container holds one file")
    return Opened(kind, content, xades, cades, listed)


def judge(container: bytes, trust: Trust, now: datetime) -> Report:
    """Every signature in it; together they must cover every file."""
    try:
        opened = unpack(container)
    except Refused as refused:
        return failed("ASiC", refused.sub, refused.explanation)
    signatures = list(_signatures(opened, trust, now))
    covered = {name for one in signatures for name in one.covers}
    problem = None
    if set(opened.files) - covered and not any(one.sub_indication for one in signatures):
        problem = (Sub.FORMAT_FAILURE, "the container holds a file that is not signed")
    return Report(opened.kind, tuple(signatures), problem)


def _signatures(opened: Opened, trust: Trust, now: datetime) -> Iterator[Judged]:
    for content in opened.xades.values():
        try:
            root = xml_form.parse(content)
            if root.tag != f"{{{ASIC}}}XAdESSignatures":
                raise Refused(Sub.FORMAT_FAILURE, "a signature file has another root than the standard's")
            signature = xml_form.the_signature(root)
            if len(root) != 1 or signature.getparent() is not root or (root.text or "").strip():
                raise Refused(Sub.FORMAT_FAILURE, "a signature file holds more than one signature")
        except Refused as refused:
            draft = Draft()
            draft.against(refused.sub, refused.explanation)
            yield draft.judged()
        else:
            yield xml.judge_signature(root, signature, opened.files, trust, now)
    for name, content in opened.cades.items():
        yield _cms(name, content, opened, trust, now)


def _cms(name: str, content: bytes, opened: Opened, trust: Trust, now: datetime) -> Judged:
    """A CMS signature over the one file of a simple container, or over the manifest of an extended one."""
    draft = Draft()
    try:
        signed = p7m.signed_data(content)
        (info,) = signed["signer_infos"]
        inside, kind = signed["encap_content_info"]["content"], signed["encap_content_info"]["content_type"].native
        if inside.native is not None:
            raise Refused(Sub.FORMAT_FAILURE, "the signature holds a document of its own")
        if opened.kind == "ASiC-S":
            ((file, data),) = opened.files.items()
            return cms.signer(signed, info, data, kind, trust, now, name=file)
        manifest = manifests.of_signature(name, opened.manifests)
        judged = cms.signer(signed, info, manifest, kind, trust, now)
        covers = manifests.covered(manifest, opened.files)
    except Refused as refused:
        draft.against(refused.sub, refused.explanation)
    except ExportUnreadable as error:
        draft.against(Sub.FORMAT_FAILURE, error.text)
    except cms.UNREADABLE:
        draft.against(Sub.FORMAT_FAILURE, "the signature cannot be read")
    else:
        passed = {one: opened.files[one] for one in covers} if judged.content else {}
        return replace(judged, covers=tuple(covers), content=passed)
    return draft.judged()


def _check_layout(infos: list[zipfile.ZipInfo], directory: int, container: bytes) -> None:
    """Sizes within bounds, no name twice, the media type first; entries follow one another without a gap."""
    if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_BYTES:
        raise Refused(Sub.FORMAT_FAILURE, "the container would unpack to more than 200 MB or 1,000 files")
    if len({info.filename.lower() for info in infos}) != len(infos):
        raise Refused(Sub.FORMAT_FAILURE, "the container has two entries of one name")
    ordered = sorted(infos, key=lambda info: info.header_offset)
    if not ordered or ordered[0].filename != MIME_NAME or ordered[0].compress_type != zipfile.ZIP_STORED:
        raise Refused(Sub.FORMAT_FAILURE, "the container does not begin with its media type")
    beside = Refused(Sub.FORMAT_FAILURE, "the container has something beside its entries")
    offset = spare = 0
    for info in ordered:
        if info.flag_bits & 0x1 or info.compress_type not in METHODS:
            raise Refused(Sub.FORMAT_FAILURE, "an entry is encrypted, or packed by a method that is not the standard's")
        if not 0 <= info.header_offset - offset <= spare:
            raise beside
        name, extra = struct.unpack_from("<HH", container, info.header_offset + 26)
        offset = info.header_offset + LOCAL_HEADER + name + extra + info.compress_size
        spare = DESCRIPTOR if info.flag_bits & 0x8 else 0
    end = container.rfind(b"PK\x05\x06")
    if not 0 <= directory - offset <= spare or end < 0:
        raise beside
    (comment,) = struct.unpack_from("<H", container, end + 20)
    if comment or end + 22 != len(container):
        raise beside

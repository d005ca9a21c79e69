"""The ASiC-E container: the signed files, their signature, and nothing else, in one deterministic zip.

Source: ETSI EN 319 162-1 V1.1.1, 4.4 (ASiC-E with XAdES), annex A (media type, manifest); OpenDocument 1.2 part 3
(`mimetype` first and stored, META-INF/manifest.xml).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from schemas.errors import LimitExceeded, PermanentError
from stages.signing import xades, xmldsig

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps

MIME_TYPE: Final = "application/vnd.etsi.asic-e+zip"
MIME_NAME: Final = "mimetype"
MANIFEST_NAME: Final = "META-INF/manifest.xml"
SIGNATURES_NAME: Final = "META-INF/signatures001.xml"
ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
MANIFEST: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

# The zip format cannot leave a time out; the earliest it knows keeps two runs' bytes equal.
NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
HEAD: Final = xmldsig.DECLARATION + f'<asic:XAdESSignatures xmlns:asic="{ASIC}">'.encode()
TAIL: Final = b"</asic:XAdESSignatures>"

MAX_ENTRIES: Final = 1000
MAX_BYTES: Final = 200 * 1024 * 1024
# Octets without names, extra fields and comments (APPNOTE 4.3.7, 4.3.12, 4.3.16).
LOCAL_HEADER, DIRECTORY_ENTRY, DIRECTORY_END = 30, 46, 22
_NAME: Final = re.compile(r"[^/\\\x00-\x1f\x7f:]+(/[^/\\\x00-\x1f\x7f:]+)*")


class SealBroken(PermanentError):
    """A container or signature is not what it should be; the text says in which respect, never with content."""

    reason = "seal-broken"


@dataclass(frozen=True)
class Opened:
    """A container taken apart, its form checked and its signature not: `files` are not to be relied on yet."""

    files: dict[str, bytes]
    signatures: bytes


def seal(files: Mapping[str, bytes], signer: Signer, at: datetime, stamps: TimeStamps | None = None) -> bytes:
    """`files` (name to content) signed and put in a container. Raises as `xades.sign` does."""
    _check_names(files)
    return pack(files, xades.sign(files, signer, at, stamps))


def pack(files: Mapping[str, bytes], signature: bytes) -> bytes:
    """The container of `files` and the `ds:Signature` that `xades.sign` made over them. Same input, same bytes."""
    _check_names(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        _write(archive, MIME_NAME, MIME_TYPE.encode(), zipfile.ZIP_STORED)
        for name, data in files.items():
            _write(archive, name, data)
        _write(archive, MANIFEST_NAME, _manifest(files))
        _write(archive, SIGNATURES_NAME, HEAD + signature + TAIL)
    return target.getvalue()


def detached_signature(container: bytes) -> bytes:
    """The stand-alone signature file of a container that `pack` made: what `xades.sign_detached` gives.

    So the key is used once a document, and whoever cannot read containers gets the very same signature.
    """
    signatures = unpack(container).signatures
    if not (signatures.startswith(HEAD) and signatures.endswith(TAIL)):
        raise SealBroken("the container was not made here")
    return xades.stand_alone(signatures[len(HEAD) : -len(TAIL)])


def unpack(container: bytes) -> Opened:
    """Takes a container apart. Only the form that `pack` gives is let through: one signature file, no entry twice, no
    bytes between entries.

    Raises SealBroken (permanent) for any other form, LimitExceeded (permanent) for one that would unpack to more than
    200 MB or has more than 1,000 entries.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(container)) as archive:
            infos = archive.infolist()
            _check_size(infos)
            _check_layout(infos, archive.start_dir, container)
            content = {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError) as error:
        raise SealBroken("the container is not a sound zip file") from error
    if content.pop(MIME_NAME) != MIME_TYPE.encode():
        raise SealBroken("the container is of another type")
    if content.pop(MANIFEST_NAME, None) is None:
        raise SealBroken("the container has no manifest")
    signatures = content.pop(SIGNATURES_NAME, None)
    if signatures is None:
        raise SealBroken("the container has no signature")
    if not content or not all(map(is_data_name, content)):
        raise SealBroken("the container holds other files than signed data")
    return Opened(content, signatures)


def is_data_name(name: str) -> bool:
    """Whether a data file may be called so: relative, no `.` or `..`, none of the container's own names."""
    parts = name.split("/")
    own = parts[0].upper() == "META-INF" or name.lower() == MIME_NAME
    return bool(_NAME.fullmatch(name)) and "." not in parts and ".." not in parts and not own


def _check_names(files: Mapping[str, bytes]) -> None:
    for name in files:
        if not is_data_name(name):
            raise ValueError(f"not a name for a file in a container: {name!r}")


def _check_size(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_ENTRIES:
        raise LimitExceeded(f"the container has more than {MAX_ENTRIES} entries")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise LimitExceeded("the container would unpack to more than 200 MB")


def _check_layout(infos: list[zipfile.ZipInfo], directory: int, container: bytes) -> None:
    """Entries follow one another without a gap from the first byte to the directory, the directory to the end: readers
    that go by the local headers and readers that go by the directory see the same files."""
    if len({info.filename for info in infos}) != len(infos):
        raise SealBroken("the container has two entries of one name")
    if not infos or infos[0].filename != MIME_NAME or infos[0].compress_type != zipfile.ZIP_STORED:
        raise SealBroken("the container does not begin with its media type")
    offset, end = 0, DIRECTORY_END
    for info in infos:
        # 0x1 encrypted, 0x8 sizes behind the data: a reader without the directory could be led astray.
        if info.header_offset != offset or info.extra or info.comment or info.flag_bits & 0x9:
            raise SealBroken("the container has something beside its entries")
        header = info.FileHeader(zip64=False)
        if container[offset : offset + len(header)] != header:
            raise SealBroken("the container says two things of one entry")
        offset += len(header) + info.compress_size
        end += DIRECTORY_ENTRY + len(header) - LOCAL_HEADER
    if offset != directory or offset + end != len(container):
        raise SealBroken("the container has something beside its entries")


def _write(archive: zipfile.ZipFile, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
    info = zipfile.ZipInfo(name, NO_TIME)
    info.compress_type = method
    info.create_system = 3  # or the bytes would depend on the machine's system
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _manifest(files: Mapping[str, bytes]) -> bytes:
    """Not signed, but readers refuse a container without it."""
    entries = [("/", MIME_TYPE), *((name, xades.mime_type(name)) for name in files)]
    lines = [
        f"<manifest:file-entry manifest:full-path={quoteattr(path)} manifest:media-type={quoteattr(kind)}/>"
        for path, kind in entries
    ]
    body = f'<manifest:manifest xmlns:manifest="{MANIFEST}" manifest:version="1.2">{"".join(lines)}</manifest:manifest>'
    return xmldsig.DECLARATION + body.encode()

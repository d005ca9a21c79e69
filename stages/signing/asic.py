"""The ASiC-E container: the signed files, their signature, and nothing else, in one deterministic zip.

Source: ETSI EN 319 162-1 V1.1.1, 4.4 (ASiC-E with XAdES), annex A (media type, manifest); OpenDocument 1.2 part 3
(`mimetype` first and stored, META-INF/manifest.xml).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

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

_NAME: Final = re.compile(r"[^/\\\x00-\x1f\x7f:]+(/[^/\\\x00-\x1f\x7f:]+)*")


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


def is_data_name(name: str) -> bool:
    """Whether a data file may be called so: relative, no `.` or `..`, none of the container's own names."""
    parts = name.split("/")
    own = parts[0].upper() == "META-INF" or name.lower() == MIME_NAME
    return bool(_NAME.fullmatch(name)) and "." not in parts and ".." not in parts and not own


def _check_names(files: Mapping[str, bytes]) -> None:
    for name in files:
        if not is_data_name(name):
            raise ValueError(f"not a name for a file in a container: {name!r}")


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

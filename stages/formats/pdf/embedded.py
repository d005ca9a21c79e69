"""The invoice inside a PDF (Factur-X, ZUGFeRD 2, or any XML attached): its XML, or the reason why there is none.

The file is a stranger's: nothing in it is run or shown, a damaged one is not repaired, what it unpacks to is capped.

Source: Factur-X 1.09 (name of the embedded file), ZUGFeRD 1.0 and 2; ISO 32000-1 7.11.4 (embedded files);
ISO 19005-3 annex E (AFRelationship)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from schemas.errors import ExportUnreadable, Finding
from stages.formats.format import Format
from stages.formats.p7m import is_p7m
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import HEAD_BYTES, Head
from stages.formats.reading.records import DOCUMENT_BYTES, refuse, shorten

if TYPE_CHECKING:
    import pikepdf

PDF_BYTES = 50 * 1024 * 1024
FILES = 100
"""The most embedded files that are looked at."""
NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
"""What the invoice is called, in any case of letters; ZUGFeRD wrote `ZUGFeRD-invoice.xml`."""
_LIMITS: dict[str, Any] = {
    "flate_max_memory": DOCUMENT_BYTES,
    "png_max_memory": DOCUMENT_BYTES,
    "run_length_max_memory": DOCUMENT_BYTES,
    "tiff_max_memory": DOCUMENT_BYTES,
    "dct_max_memory": DOCUMENT_BYTES,
    "parser_max_container_size": 200_000,
    "max_stream_filters": 4,
    "doc_max_warnings": 100,
}


@dataclass(frozen=True)
class Embedded:
    """One file that lies in the PDF."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Found:
    """The documents in the PDF, all of one format, and what lies beside them, told and not read."""

    format: Format
    documents: tuple[Embedded, ...]
    told: tuple[Finding, ...]


def extract(file: BinaryIO) -> Found:
    """Raises Unfit: encrypted, damaged, with a program in it, without an invoice, or beyond a cap."""
    import pikepdf

    file.seek(0)
    content = file.read(PDF_BYTES + 1)
    if len(content) > PDF_BYTES:
        raise _unfit("pdf-limit", f"the PDF has more than {PDF_BYTES // 1024**2} MiB")
    with _limits():
        try:
            with pikepdf.open(BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
                return _documents(pdf)
        except pikepdf.PasswordError:
            raise _unfit("pdf-encrypted", "the PDF is encrypted, and is not read") from None
        except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError, AttributeError,
                RuntimeError, NotImplementedError, OverflowError, UnicodeError):  # fmt: skip
            raise _unfit("pdf-damaged", "the PDF is damaged, or unpacks to more than is read") from None


@contextmanager
def _limits() -> Iterator[None]:
    """Process-wide in qpdf, so they are put back."""
    import pikepdf

    before: dict[str, Any] = pikepdf.settings.set_qpdf_limits(**_LIMITS)
    try:
        yield
    finally:
        pikepdf.settings.set_qpdf_limits(**before)


def _unfit(rule: str, message: str, found: str | None = None, expected: str | None = None) -> Unfit:
    return Unfit(refuse(rule, message, "the PDF", found, expected))


def _documents(pdf: pikepdf.Pdf) -> Found:
    """The file with a name of Factur-X, else every attachment that a format recognises: all of one, or none counts."""
    if pdf.is_encrypted:
        raise _unfit("pdf-encrypted", "the PDF is encrypted, and is not read")
    if place := _program(pdf):
        raise _unfit("pdf-program", "a PDF that carries a program is not read; PDF/A has none", place)
    attached = dict(_attached(pdf))
    named = [name for name in attached if name.lower() in NAMES]
    if len(named) > 1:
        raise _unfit("pdf-several-invoices", "several e-invoices are embedded; which one counts?", ", ".join(named))
    known = dict(_recognised(attached))
    if not known:
        message = "no e-invoice that is read here is embedded in the PDF"
        raise _unfit("pdf-no-invoice", message, ", ".join(attached) or None, " or ".join(NAMES))
    kinds = {each.format.name: each.format for each in known.values()}
    if len(kinds) > 1:
        told = ", ".join(f"{name} ({each.format.title})" for name, each in known.items())
        raise _unfit("pdf-several-invoices", "e-invoices of different formats are embedded; which one counts?", told)
    (kind,) = kinds.values()
    documents = {name: each.file for name, each in known.items() if not named or name in named}
    return Found(kind, tuple(documents.values()), _told(name for name in attached if name not in documents))


def _attached(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.AttachedFileSpec]]:
    for at, (key, spec) in enumerate(pdf.attachments.items()):
        if at >= FILES:
            raise _unfit("pdf-limit", f"more than {FILES} files are embedded in the PDF")
        yield shorten(key) or "", spec


@dataclass(frozen=True)
class _Known:
    format: Format
    file: Embedded


def _recognised(attached: Mapping[str, pikepdf.AttachedFileSpec]) -> Iterator[tuple[str, _Known]]:
    """Attachments that are documents. One that the PDF calls a supplement is none: it is read by people."""
    unpacked = 0
    for name, spec in attached.items():
        named = name.lower() in NAMES
        if not named and (str(spec.relationship) == "/Supplement" or not _may_be_xml(name, spec)):
            continue
        content = spec.get_file().read_bytes()
        unpacked += len(content)
        if len(content) > DOCUMENT_BYTES or unpacked > 2 * DOCUMENT_BYTES:
            raise _unfit("pdf-limit", f"the embedded invoices have more than {DOCUMENT_BYTES // 1024**2} MiB")
        form = _format(content, name) or (_cii() if named else None)
        if form is not None:
            yield name, _Known(form, Embedded(name, content))


def _may_be_xml(name: str, spec: pikepdf.AttachedFileSpec) -> bool:
    said = (spec.get_file().mime_type or "").lower()
    return name.lower().endswith((".xml", ".p7m")) or said.endswith("xml") or "pkcs7" in said


def _format(content: bytes, name: str) -> Format | None:
    from stages.formats.reading.step import recognise

    head = Head(content[:HEAD_BYTES], name)
    if head.kind != "xml" and not is_p7m(head.data):
        return None
    try:
        return recognise(head)
    except ExportUnreadable:
        return None


def _cii() -> Format:
    """What a file with a name of Factur-X is meant to be: its reader says what is wrong with it."""
    from stages.formats.registry import formats

    return next(each for each in formats() if each.name == "cii")


def _program(pdf: pikepdf.Pdf) -> str | None:
    """Where the document has a program that a viewer would run."""
    root: Any = pdf.Root
    names = root.get("/Names")
    if names is not None and "/JavaScript" in names:
        return "/Names/JavaScript"
    action = root.get("/OpenAction")
    if _is_program(action):
        return "/OpenAction"
    return "/AA" if "/AA" in root else None


def _is_program(action: Any) -> bool:
    import pikepdf

    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S")) in ("/JavaScript", "/Launch")


def _told(names: Iterable[str]) -> tuple[Finding, ...]:
    """What lies in the PDF beside the invoice, and is not read: no invoice says of it what it is."""
    message = "lies in the PDF beside the invoice, and is not read"
    return tuple(
        Finding(rule="pdf-attachment", message=message, place="the PDF", found=name, severity="warning")
        for name in names
    )

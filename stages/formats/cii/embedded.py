"""The invoice inside a hybrid PDF (Factur-X, ZUGFeRD 2, XRechnung): its XML, or the reason why there is none.

The file is a stranger's: nothing in it is run or shown, a damaged one is not repaired, what it unpacks to is capped.

Source: Factur-X 1.09 (name of the embedded file), ZUGFeRD 1.0 and 2; ISO 32000-1 7.11.4 (embedded files)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
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
    """The invoice's XML and the names of what lies beside it."""

    name: str
    content: bytes
    others: tuple[str, ...]


def extract(file: BinaryIO) -> Embedded:
    """Raises Unfit: encrypted, damaged, with a program in it, without an invoice, or beyond a cap."""
    import pikepdf

    file.seek(0)
    content = file.read(PDF_BYTES + 1)
    if len(content) > PDF_BYTES:
        raise _unfit("pdf-limit", f"the PDF has more than {PDF_BYTES // 1024**2} MiB")
    with _limits():
        try:
            with pikepdf.open(BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
                return _invoice(pdf)
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


def _invoice(pdf: pikepdf.Pdf) -> Embedded:
    if pdf.is_encrypted:
        raise _unfit("pdf-encrypted", "the PDF is encrypted, and is not read")
    if place := _program(pdf):
        raise _unfit("pdf-program", "a PDF that carries a program is not read; PDF/A has none", place)
    names = list(_names(pdf))
    ours = [name for name in names if name.lower() in NAMES]
    if not ours:
        message = "no e-invoice is embedded in the PDF"
        raise _unfit("pdf-no-invoice", message, ", ".join(names) or None, " or ".join(NAMES))
    if len(ours) > 1:
        raise _unfit("pdf-several-invoices", "several e-invoices are embedded; which one counts?", ", ".join(ours))
    content = pdf.attachments[ours[0]].get_file().read_bytes()
    if len(content) > DOCUMENT_BYTES:
        raise _unfit("pdf-limit", f"the embedded invoice has more than {DOCUMENT_BYTES // 1024**2} MiB")
    return Embedded(ours[0], content, tuple(name for name in names if name != ours[0]))


def _names(pdf: pikepdf.Pdf) -> Iterator[str]:
    for at, name in enumerate(pdf.attachments):
        if at >= FILES:
            raise _unfit("pdf-limit", f"more than {FILES} files are embedded in the PDF")
        yield shorten(name) or ""


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


def others_told(embedded: Embedded) -> tuple[Finding, ...]:
    """What lies in the PDF beside the invoice, and is not read: no invoice says of it what it is."""
    message = "lies in the PDF beside the invoice, and is not read"
    return tuple(
        Finding(rule="pdf-attachment", message=message, place="the PDF", found=name, severity="warning")
        for name in embedded.others
    )

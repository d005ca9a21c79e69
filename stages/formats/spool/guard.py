"""What a PDF unpacks to, and how much of it a page draws, before pdfium is given it: a page that draws a form a hundred
times that draws another a hundred times is a bomb.

Source: ISO 32000-1, 7.4 (filters), 8.10 (form XObjects)
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

DRAWN_BYTES = 4 * 1024 * 1024
"""The most content that one page may draw, forms as often as they are drawn."""
_STREAM_BYTES = 20 * 1024 * 1024
_ALL_BYTES = 100 * 1024 * 1024
_RATIO = 25
_DEPTH = 12
_DRAWS = re.compile(rb"/([^\s/<>\[\](){}%]{1,127})\s+Do(?![A-Za-z])")
_LIMITS: dict[str, Any] = {
    "flate_max_memory": _STREAM_BYTES,
    "run_length_max_memory": _STREAM_BYTES,
    "max_stream_filters": 4,
    "parser_max_container_size": 200_000,
}


def check(data: bytes) -> None:
    """Raises Unfit for a PDF that is encrypted, damaged, or more than is read."""
    import pikepdf

    before: dict[str, Any] = pikepdf.settings.set_qpdf_limits(**_LIMITS)
    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            _unpacked(pdf, min(_ALL_BYTES, _STREAM_BYTES + _RATIO * len(data)))
            costs: dict[tuple[int, int], int] = {}
            for page in pdf.pages:
                if _page(page.obj, costs) > DRAWN_BYTES:
                    raise damaged()
    except (pikepdf.PdfError, pikepdf.PasswordError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError,
            AttributeError, RuntimeError, NotImplementedError, OverflowError, UnicodeError, IndexError):  # fmt: skip
        raise damaged() from None
    finally:
        pikepdf.settings.set_qpdf_limits(**before)


def damaged() -> Unfit:
    message = "the PDF is damaged or encrypted, or unpacks to more than is read"
    return Unfit(refuse("spool-pdf", message, "the PDF"))


def _unpacked(pdf: Any, cap: int) -> None:
    """Every stream but pictures is unpacked once."""
    import pikepdf

    total = 0
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") != "/Image":
            total += len(each.read_bytes())
            if total > cap:
                raise damaged()


def _page(page: Any, costs: dict[tuple[int, int], int]) -> int:
    import pikepdf

    contents = page.get("/Contents")
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []
    content = b"\n".join(each.read_bytes() for each in streams)
    return _drawn(content, _inherited(page), costs, 0)


def _inherited(page: Any) -> Any:
    """The page's resources, or those of a node above it."""
    for _ in range(50):
        if page is None or "/Resources" in page:
            break
        page = page.get("/Parent")
    return None if page is None else page.get("/Resources")


def _drawn(content: bytes, resources: Any, costs: dict[tuple[int, int], int], depth: int) -> int:
    """Bytes of content that are gone through, those of forms each time that they are drawn."""
    if depth > _DEPTH or len(content) > DRAWN_BYTES:
        return DRAWN_BYTES + 1
    total = len(content)
    forms = resources.get("/XObject") if resources is not None else None
    if forms is None:
        return total
    for name in _DRAWS.findall(content):
        form = forms.get("/" + name.decode("latin-1"))
        if form is None or form.get("/Subtype") != "/Form":
            continue
        key = form.objgen
        if key not in costs:
            costs[key] = DRAWN_BYTES + 1  # a form that draws itself
            costs[key] = _drawn(form.read_bytes(), form.get("/Resources", resources), costs, depth + 1)
        total += costs[key]
        if total > DRAWN_BYTES:
            break
    return total

"""Archives: member after member, capped, a bad member apart from the others."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from reading_samples import canonical_text, everything, rules, ubl

from schemas.errors import ExportUnreadable, LimitExceeded


def packed(*members: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def test_members_are_read_one_after_the_other() -> None:
    """Formats may differ; a step can begin inside any member; a member that is nothing is one refused record."""
    data = packed(
        ("a/invoices.xml", f"<batch>{ubl('F-1')}{ubl('F-2')}</batch>"),
        ("__MACOSX/a", b"\0\1"),
        ("notes.bin", b"\0\1\2\3"),
        ("b.json", canonical_text("J-1") + canonical_text("J-2")),
    )
    at_once, one_by_one = everything(data), everything(data, limit=1)
    assert [r.address for r in at_once] == [
        "a/invoices.xml: invoice[1]",
        "a/invoices.xml: invoice[2]",
        "notes.bin",
        "b.json: document[1]",
        "b.json: document[2]",
    ]
    assert [r.document.invoice_number if r.document else rules(r)[0] for r in at_once] == [
        "F-1",
        "F-2",
        "format-unknown",
        "J-1",
        "J-2",
    ]
    assert [(r.address, r.document) for r in at_once] == [(r.address, r.document) for r in one_by_one]


def test_two_members_of_one_name_keep_apart() -> None:
    """Addresses stay different: the document's identity hangs on them."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("x.json", canonical_text("J-1")), ("x.json", canonical_text("J-2")))
    assert len({r.address for r in everything(data)}) == 2


def test_gzip_is_an_archive_of_one() -> None:
    """Its content is recognised like any file; several streams in one file are read as one, as gzip has it."""
    data = gzip.compress(ubl("F-1").encode()[:300]) + gzip.compress(ubl("F-1").encode()[300:])
    records = everything(data)
    assert [r.document.invoice_number if r.document else rules(r) for r in records] == ["F-1"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(packed(("bomb.xml", b"<a>" + b" " * 30_000_000)), id="zip"),
        pytest.param(gzip.compress(b"\0" * 30_000_000), id="gzip"),
        pytest.param(packed(*((f"{n}.json", "{}") for n in range(1001))), id="entries"),
    ],
)
def test_bombs_are_refused_as_a_whole(data: bytes) -> None:
    """Beyond 100 times the packed size, or 1,000 entries, nothing of the archive is read."""
    with pytest.raises(LimitExceeded) as refused:
        everything(data)
    assert refused.value.findings[0].rule == "archive-limit"


def test_a_directory_that_lies_does_not_help() -> None:
    """The size in the directory is made small: the member is refused, for its bytes do not fit what it says."""
    data = bytearray(packed(("a.json", canonical_text("J-1") * 50)))
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    assert [rules(r) for r in everything(bytes(data))] == [["archive-damaged"]]


def test_archives_in_archives_stay_shut() -> None:
    """Depth one: an inner archive is a refused member."""
    data = packed(("inner.zip", packed(("a.json", canonical_text()))), ("b.json", canonical_text("J-2")))
    records = everything(data)
    assert rules(records[0]) == ["archive-depth"]
    assert records[1].document is not None


@pytest.mark.parametrize("cut", [10, 40, 200])
def test_damaged_archives(cut: int) -> None:
    """Truncated zip and gzip files are refused, saying so."""
    for data in (packed(("a.json", canonical_text()))[:-cut], gzip.compress(canonical_text().encode())[:-cut]):
        try:
            told = [rules(r) for r in everything(data)]
        except ExportUnreadable as error:
            told = [[f.rule for f in error.findings]]
        assert told == [["archive-damaged"]]


def test_other_ways_of_packing_are_refused() -> None:
    """Only stored and deflated members are opened: LZMA's memory is the packer's to choose."""
    records = everything(packed(("a.json", canonical_text()), method=zipfile.ZIP_LZMA))
    assert rules(records[0]) == ["archive-method"]


def test_an_empty_archive() -> None:
    """Nothing in it: refused, not zero documents."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(packed())
    assert refused.value.findings[0].rule == "archive-empty"

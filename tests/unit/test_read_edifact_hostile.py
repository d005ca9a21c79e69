"""Damaged and hostile EDIFACT: refused with a reason, never a crash, never slow."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import PermanentError
from stages.formats.edifact import reader
from stages.formats.reading.records import Budget, Record, Source

INVOICE = (
    "UNA:+.? '\nUNB+UNOC:3+5600000000007:14+8400000000000:14+261102:1030+17'\nUNH+1+INVOIC:D:96A:UN'\n"
    "BGM+380+F 1+9'\nDTM+137:20261102:102'\nFTX+AAI+++it?'s ?+ 5'\nNAD+SU+5600000000007::9++São Bento'\n"
    "RFF+VA:PT505123456'\nCTA+IC+:Marta'\nCOM+m@x.example:EM'\nNAD+BY+++Ebro'\nCUX+2:EUR:4'\n"
    "LIN+1++5601234567893:EN'\nPIA+1+A:SA+B:BP'\nIMD+F++:::Thing'\nQTY+47:3:PCE'\nPRI+AAA:1.5'\n"
    "TAX+7+VAT+++:::23+S'\nALC+A'\nMOA+8:0.10'\nUNS+S'\nMOA+79:4.40'\nUNT+21+1'\nUNZ+1+17'\n"
).encode("iso8859-1")


def records(data: bytes) -> list[Record]:
    found, _ = reader.read(Source(io.BytesIO(data), "x"), None, None, Budget(10_000, 60, lambda: 0.0))
    return found


def test_the_sample_is_read() -> None:
    """The message that is damaged below is sound."""
    (record,) = records(INVOICE)
    assert record.document is not None, record.error
    assert record.warnings == ()


def test_sets_that_switch_or_take_two_bytes_are_refused() -> None:
    """UNOY is refused, and UNOX where it switches to a double-byte set; UNOX in plain letters is read."""
    with pytest.raises(PermanentError) as refusal:
        records(INVOICE.replace(b"UNOC:3", b"UNOY:4"))
    assert [each.rule for each in refusal.value.findings] == ["edifact-charset"]
    ascii_only = INVOICE.replace("ã".encode("iso8859-1"), b"a").replace(b"UNOC:3", b"UNOX:4")
    (plain,) = records(ascii_only)
    assert plain.document is not None
    (switched,) = records(ascii_only.replace(b"Ebro", b"\x1b$B6e\x1b(B"))
    assert switched.error is not None
    assert [each.rule for each in switched.error.findings] == ["edifact-charset"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0, max_value=2**32))
def test_damage_is_refused_or_read(seed: int) -> None:
    """Bytes flipped, cut, doubled or put in: a record or a refusal, nothing else."""
    chance = random.Random(seed)  # noqa: S311
    data = bytearray(INVOICE)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        match chance.randrange(4):
            case 0 if data:
                data[at] = chance.choice(b"'+:?*\n\0A9\xff" + bytes([chance.randrange(256)]))
            case 1:
                del data[at : at + chance.randrange(40)]
            case 2:
                data[at:at] = data[at : at + chance.randrange(60)]
            case _:
                data[at:at] = chance.choice([b"'", b"UNH+", b"UNA+++++'", b"UNZ+1+17'", b"?", b"LIN+'", b"\xc3"])
    with suppress(PermanentError):
        for record in records(bytes(data)):
            assert (record.document is None) != (record.error is None)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"UNA:+.? '", b"UNB+UNOA:1+A+B+261102:1030+1'UNH+1+INVOIC:D:96A:UN'"]),
)
def test_noise_is_refused_or_read(noise: bytes, begin: bytes) -> None:
    """Anything behind any beginning."""
    with suppress(PermanentError):
        records(begin + noise)


def test_large_input_is_bounded() -> None:
    """A segment, a message and a file of nothing but one sign end in a limit or a refusal."""
    head = b"UNB+UNOA:1+A+B+261102:1030+1'UNH+1+INVOIC:D:96A:UN'"
    for body in (b"A" * 1_000_000, b"+" * 1_000_000, b"'" * 300_000, b"?" * 1_000_000, b"LIN+1'" * 150_000):
        with suppress(PermanentError):
            assert all(record.document is None for record in records(head + body))

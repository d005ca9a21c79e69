"""The 997 that answers an interchange, by the standard's codes; another maker's 997 decides the same."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from x12_samples import LINE, bill, group, interchange

from schemas.answers import SyntaxAcknowledgement
from schemas.profiles import load_profile
from stages.formats.reading.step import read
from stages.formats.x12.acknowledging import acknowledge
from stages.formats.x12.envelope import wrap
from stages.formats.x12.writer import write

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle" / "oracle"
DAY = date(2026, 11, 3)


def answered(text: str) -> list[SyntaxAcknowledgement]:
    return list(acknowledge(text.encode(), number="7", day=DAY))


def codes(text: str) -> list[tuple[str, list[tuple[str, list[str]]], list[str]]]:
    return [
        (
            each.action,
            [(m.action, [error.code for error in m.errors]) for m in each.messages],
            [error.code for error in each.errors],
        )
        for each in answered(text)
    ]


def test_good_sets_are_accepted() -> None:
    """Two good sets of one group: one acknowledgement, both accepted, with the group's numbers."""
    (each,) = answered(interchange(group(bill(), bill().replace("0001~", "0002~"))))
    assert (each.action, each.group_type, each.group_reference, each.interchange_reference) == (
        "accepted", "IN", "1", "000000905",
    )  # fmt: skip
    assert [(m.type, m.reference, m.action) for m in each.messages] == [
        ("810", "0001", "accepted"),
        ("810", "0002", "accepted"),
    ]
    assert (each.sender.name, each.receiver.name) == ("BUYER", "SELLER")


@pytest.mark.parametrize(
    ("wrong", "action", "fault"),
    [
        (("SE*8*0001", "SE*9*0001"), "rejected", ["718:4"]),
        (("SE*8*0001", "SE*8*0009"), "rejected", ["718:3"]),
        (("BIG*20261102", "BIG*20261399"), "rejected", ["723:8"]),
        (("IT1*1*2*EA", "IT1*1*two*EA"), "rejected", ["723:6"]),
        (("TDS*2000~\n", ""), "rejected", ["720:3", "718:4"]),
        (("TDS*2000", "XYZ*2000"), "rejected", ["720:6", "720:3"]),
        (("N4*Solon*OH", "N4*Solon*Ohio"), "accepted-with-errors", ["723:5"]),
    ],
)
def test_faults_have_the_standards_codes(wrong: tuple[str, str], action: str, fault: list[str]) -> None:
    """Each fault of a set is named by its code: 718 for the set, 720 for a segment, 723 for an element."""
    ((_, ((said, found),), _),) = codes(interchange(group(bill())).replace(*wrong))
    assert (said, found) == (action, fault)


def test_a_group_with_a_good_and_a_bad_set_is_partly_accepted() -> None:
    """P, with the places of what is wrong; the 997 that is written says the same when it is read."""
    bad = bill(line=(LINE.replace("*2*", "*two*"),)).replace("0001~", "0002~")
    (each,) = answered(interchange(group(bill(), bad)))
    assert each.action == "partly-accepted"
    assert [(error.place, error.code, error.text) for error in each.messages[1].errors] == [
        ("segment 6 IT102", "723:6", "two")
    ]
    data = wrap(
        [write(each, "004010")], sender_qualifier="ZZ", sender="BUYER", receiver_qualifier="ZZ", receiver="SELLER",
        control_number=1, group_control_number=1, at=datetime(2026, 11, 3, tzinfo=UTC),
    )  # fmt: skip
    assert b"AK2*810*0002~\nAK3*IT1*6**8~\nAK4*2**6*two~\nAK5*R*5~\nAK9*P*2*2*1~\n" in data
    back = read(io.BytesIO(data), "997", None, None).records[0].document
    assert isinstance(back, SyntaxAcknowledgement)
    assert (back.action, [m.action for m in back.messages]) == ("partly-accepted", ["accepted", "rejected"])
    assert acknowledge(data, number="8", day=DAY) == ()


def test_a_wrong_group_is_rejected_whole() -> None:
    """A wrong GE rejects all of its group, not the other one; by `counts: accept` it is accepted with errors."""
    text = interchange(group(bill()).replace("GE*1", "GE*3"), group(bill(), number="2"))
    assert codes(text) == [
        ("rejected", [("rejected", [])], ["716:5"]),
        ("accepted", [("accepted", [])], []),
    ]
    first, _ = acknowledge(text.encode(), number="7", day=DAY, profile=load_profile("name: a\ncounts: accept\n"))
    assert (first.action, first.extras["sets_included"]) == ("accepted-with-errors", "3")
    assert b"AK9*E*3*1*1*5~" in write(first, "005010")


@pytest.mark.skipif(not (ORACLE.exists() and shutil.which("java")), reason="skipped: no oracle")
def test_another_maker_decides_the_same(tmp_path: Path) -> None:
    """EDIReader accepts what we accept and rejects what we reject: the same AK1, and the same decision in AK9."""
    good = interchange(group(bill()))
    for name, text in {"good": good, "bad": good.replace("SE*8*", "SE*9*")}.items():
        (file := tmp_path / f"{name}.edi").write_text(text)
        out = tmp_path / f"{name}.997"
        subprocess.run([str(ORACLE), "ack", str(file), "-o", str(out)], capture_output=True, timeout=60, check=False)
        theirs = {row[:3]: row.split("*") for row in out.read_text().replace("\n", "").split("~")}
        (mine,) = answered(text)
        ours = {row[:3]: row.split("*") for row in write(mine, "004010").decode().replace("\n", "").split("~")}
        assert theirs["AK1"][:3] == ours["AK1"][:3]
        assert theirs["AK9"][1] == ours["AK9"][1], name
        if name == "good":
            assert theirs["AK9"][2:5] == ours["AK9"][2:5]

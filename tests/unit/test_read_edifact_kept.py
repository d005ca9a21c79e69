"""EDIFACT is read without loss: what the canonical document has no place for stands in its extras, and is told."""

from __future__ import annotations

import io

import pytest

from stages.formats.reading.records import Record
from stages.formats.reading.step import read

LINE = (
    "LIN+1++5601234567893:EN::9'PIA+1+A-7:SA::91'IMD+F++:::Thing'QTY+47:3:PCE'MOA+203:4.50'PRI+AAA:1.5'"
    "TAX+7+VAT+++:::23+S'MOA+124:1.04'"
)
PARTIES = "NAD+SU+5600000000007::9++Sao Bento+Rua 1+Porto++1000+PT'RFF+VA:PT505123456'NAD+BY+5600000000014::9++Ebro'"
MESSAGES = {
    "INVOIC": ("BGM+380::9+N 1+9'", f"DTM+137:20261102:102'{PARTIES}CUX+2:EUR:4'{LINE}UNS+S'MOA+9:5.54:EUR:4'"),
    "ORDERS": (
        "BGM+220+N 1+9'",
        f"DTM+137:20261102:102'{PARTIES}CUX+2:EUR:9'LIN+1++5601234567893:EN'QTY+21:3:PCE'UNS+S'",
    ),
    "ORDRSP": (
        "BGM+231+N 1+9'",
        f"DTM+137:20261102:102'RFF+ON:O 1'{PARTIES}CUX+2:EUR:9'LIN+1+5+5601234567893:EN'QTY+12:3:PCE'UNS+S'",
    ),
    "DESADV": (
        "BGM+351+N 1+9'",
        f"DTM+137:20261102:102'{PARTIES}CPS+1'LIN+1++5601234567893:EN'IMD+F++:::Thing'QTY+12:3:PCE'QTY+21:4:PCE'",
    ),
    "PRICAT": (
        "BGM+9+N 1+9'",
        f"DTM+137:20261102:102'{PARTIES}CUX+2:EUR:8'PGI+11'LIN+1+1+5601234567893:EN'IMD+F++:::Thing'PRI+AAA:1.5'",
    ),
    "RECADV": (
        "BGM+632+N 1+9'", f"DTM+137:20261102:102'{PARTIES}CPS+1'LIN+1++5601234567893:EN'QTY+48:3:PCE'QTY+194:3:PCE'",
    ),
    "REMADV": (
        "BGM+481+N 1+9'",
        "DTM+137:20261102:102'NAD+PR+5600000000014::9++Ebro'NAD+PE+5600000000007::9++Sao Bento'CUX+2:EUR'"
        "DOC+380+R 1'MOA+12:5.54'UNS+S'MOA+12:5.54'",
    ),
}  # fmt: skip
"""Message -> its BGM and the rest, of which nothing is kept aside."""


def one(
    name: str, *changes: tuple[str, str], head: tuple[str, str] = ("UNA:+.? '", "UNOC:3"), count: str = ""
) -> Record:
    """`head`: UNA, character set and syntax version; `count`: what UNT says, where it is not the right number."""
    begin, rest = MESSAGES[name]
    body = f"UNH+1+{name}:D:96A:UN'{begin}{rest}"
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new, 1)
    count = count or str(body.count("'") + 1)
    text = f"{head[0]}UNB+{head[1]}+A:14+B:14+261102:1030+17'{body}UNT+{count}+1'UNZ+1+17'"
    (record,) = read(io.BytesIO(text.encode("iso8859-1")), "x.edi", None, None).records
    return record


@pytest.mark.parametrize("name", MESSAGES)
def test_an_ordinary_message_is_read_whole(name: str) -> None:
    """What partners send every day is read without a warning, and nothing of it is kept aside."""
    record = one(name)
    assert record.document is not None, record.error
    assert (record.warnings, record.document.extras) == ((), {})


@pytest.mark.parametrize("function", ["1", "3", "2"])
@pytest.mark.parametrize("name", sorted(MESSAGES.keys() - {"PRICAT"}))
def test_a_message_that_takes_back_another_is_refused(name: str, function: str) -> None:
    """A cancellation, a deletion, an addition is no new document; its number is told, and where it says so."""
    record = one(name, ("+9'", f"+{function}'"))
    assert record.error is not None
    assert [(each.rule, each.found) for each in record.error.findings] == [("edifact-function", function)]
    assert record.error.findings[0].place.endswith("segment 2 BGM, element 3.1")
    assert record.number == "N 1"


@pytest.mark.parametrize("function", ["7", "31", "43"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_is_sent_again_says_so(name: str, function: str) -> None:
    """A duplicate, a copy, one more transmission is read, with a warning, and the document keeps the code."""
    record = one(name, ("+9'", f"+{function}'"))
    assert record.document is not None, record.error
    assert [(each.rule, each.found) for each in record.warnings] == [("edifact-function", function)]
    assert record.document.extras == {"BGM/1225": function}


@pytest.mark.parametrize(("name", "read"), [("INVOIC", True), ("ORDERS", False), ("DESADV", False)])
def test_a_replacement_is_read_where_x12_reads_it(name: str, read: bool) -> None:
    """An invoice that replaces another is read and told, as BIG08 05 is; an order (BEG01 05) is refused."""
    record = one(name, ("+9'", "+5'"))
    assert (record.document is not None) == read
    findings = record.warnings if record.error is None else record.error.findings
    assert [each.rule for each in findings] == ["edifact-function"]


@pytest.mark.parametrize(
    ("segment", "key", "kept"),
    [
        ("CUX+2:EUR:4+3:USD:11+1.25'", "CUX+2", "2:EUR:4+3:USD:11+1.25"),
        ("BGM+380:::Text of it+N 1+9+AB'", "BGM+380", "380:::Text of it+N 1+9+AB"),
        ("DTM+137:20261102:102'FTX+AAI++C1:X+Words+DE'", "FTX+AAI", "AAI++C1:X+Words+DE"),
        ("TAX+7+VAT+:::By law+100+:::23+S'", "LIN/TAX+7", "7+VAT+:::By law+100+:::23+S"),
        ("MOA+124:1.05'", "LIN/TAX/MOA+124", "124:1.05"),
        ("QTY+47:3:PCE'QTY+46:2:PCE'", "LIN/QTY+46", "46:2:PCE"),
        ("PIA+1+A-7:SA'PIA+5+B-7:SA'", "LIN/PIA+5", "5+B-7:SA"),
        ("NAD+BY+5600000000014::9+Else:Other street+Ebro'", "NAD+BY", "BY+5600000000014::9+Else:Other street+Ebro"),
        ("NAD+BY+5600000000014::9++Ebro+A:B:C:D'", "NAD+BY", "BY+5600000000014::9++Ebro+A:B:C:D"),
        (
            "NAD+BY+5600000000014::9++Ebro'FII+RB+PT50:Ebro::EUR+BIC:25:5:::17:Bank:Town'",
            "NAD/FII+RB", "RB+PT50:Ebro::EUR+BIC:25:5:::17:Bank:Town",
        ),
    ],
)  # fmt: skip
def test_what_a_row_does_not_take_keeps_its_segment(segment: str, key: str, kept: str) -> None:
    """A segment of which only a part has a place is kept whole, once, with a warning that shows it."""
    begin = segment[:5]
    old = next(each for each in "".join(MESSAGES["INVOIC"]).split("'") if each.startswith(begin))
    record = one("INVOIC", (f"{old}'", segment))
    assert record.document is not None, record.error
    assert record.document.extras == {key: kept}
    assert [(each.rule, each.found) for each in record.warnings] == [("edifact-kept", kept)]


def test_the_terms_of_a_pat_are_the_payment_terms() -> None:
    """The text of PAT is BT-20; where FTX says other terms, it is kept aside."""
    record = one("INVOIC", ("CUX+2:EUR:4'", "CUX+2:EUR:4'PAT+1+:::Net in 30 days'DTM+13:20261202:102'"))
    assert record.document is not None, record.error
    assert (record.document.payment_terms, record.document.extras) == ("Net in 30 days", {})  # type: ignore[union-attr]
    terms = ("DTM+137:20261102:102'", "DTM+137:20261102:102'FTX+AAB+++Now'")
    again = one("INVOIC", terms, ("CUX+2:EUR:4'", "CUX+2:EUR:4'PAT+1+:::Net in 30 days'"))
    assert again.document is not None, again.error
    assert again.document.payment_terms == "Now"  # type: ignore[union-attr]
    assert again.document.extras == {"PAT+1": "1+:::Net in 30 days"}


def test_the_decimal_sign() -> None:
    """Syntax version 4 lets comma and point stand, whatever UNA says; version 3 holds to its UNA; without UNA both."""
    point = one("INVOIC").document
    comma = ("MOA+203:4.50'", "MOA+203:4,50'")
    assert one("INVOIC", comma, head=("UNA:+.? '", "UNOC:4")).document == point
    assert one("INVOIC", comma, head=("", "UNOC:3")).document == point
    refusal = one("INVOIC", comma).error
    assert refusal is not None
    assert [(each.rule, each.found) for each in refusal.findings] == [("edifact-number", "4,50")]


@pytest.mark.parametrize(
    ("said", "told"), [("4", "says another number than there are"), ("x", "does not say how many")]
)
def test_a_wrong_count_is_told_as_what_it_is(said: str, told: str) -> None:
    """A trailer that says a number, and one that says none, are told apart."""
    refusal = one("INVOIC", count=said).error
    assert refusal is not None
    assert [(each.rule, each.found) for each in refusal.findings] == [("edifact-count", said)]
    assert told in refusal.findings[0].message


def test_too_much_to_keep_is_told() -> None:
    """Beyond the cap the number of segments that are gone is said."""
    record = one("INVOIC", ("MOA+203:4.50'", "GIN+BN+S'" * 305 + "MOA+203:4.50'"))
    assert record.document is not None, record.error
    assert len(record.document.extras) == 300
    assert [each.message for each in record.warnings if each.rule == "edifact-limit"] == [
        "5 more segments than the 300 that are kept aside"
    ]

"""X12 interchanges: separators, counts, steps, taxes, currency; and what is refused, with its place."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x12_samples import ACCEPT, HEAD, ISA, LINE, a_set, bill, done, group, interchange, one, refused

from schemas.documents import Invoice
from schemas.errors import ExportUnreadable, LimitExceeded
from schemas.payments import RemittanceAdvice
from schemas.profiles import load_profile


def test_separators_are_those_of_the_isa() -> None:
    """Any three signs may separate; segments may stand on lines of their own, behind a byte order mark, with CR LF."""
    plain = interchange(group(bill()))
    expected = done(plain).records[0].document
    assert isinstance(expected, Invoice)
    for element, component, end in (("|", "^", "'"), ("\x1d", "\x1f", "\x1c"), ("*", ":", "\n"), ("+", "<", "\r")):
        text = plain.replace("~\n", "\x00").replace("*", element).replace(">", component).replace("\x00", end)
        for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.replace(end, end + "\r\n").encode()):
            assert done(data).records[0].document == expected


@pytest.mark.parametrize(
    ("wrong", "place", "found", "expected"),
    [
        (("SE*9*0001", "SE*8*0001"), "SE01", "8", "9"),
        (("SE*9*0001", "SE*9*0002"), "SE02", "0002", "0001"),
        (("GE*1*1", "GE*2*1"), "GE01", "2", "1"),
        (("GE*1*1", "GE*1*2"), "GE02", "2", "1"),
        (("IEA*1*000000905", "IEA*7*000000905"), "IEA01", "7", "1"),
        (("IEA*1*000000905", "IEA*1*000000906"), "IEA02", "000000906", "000000905"),
        (("CTT*1", "CTT*3"), "segment 8 CTT01", "3", "1"),
    ],
)
def test_a_wrong_count_is_refused_or_accepted_by_profile(
    wrong: tuple[str, str], place: str, found: str, expected: str
) -> None:
    """Counts and control numbers of SE, GE, IEA and CTT: refused with both values; by `counts: accept` read, warned."""
    text = interchange(group(bill("CTT*1"))).replace(*wrong)
    ((rule, where, was, wanted),) = refused(text)
    assert (where, was, wanted) == (place, found, expected)
    assert rule in ("x12-count", "x12-control-number")
    (record,) = done(text, ACCEPT).records
    assert record.document is not None
    assert (rule, place, found) in [(each.rule, each.place, each.found) for each in record.warnings]


@pytest.mark.parametrize(
    ("cut", "rule", "place"),
    [
        ("SE*8*0001~\n", "x12-set", "SE"),
        ("GE*1*1~\n", "x12-group", "GE"),
        ("IEA*1*000000905~\n", "x12-interchange", "IEA"),
    ],
)
def test_a_missing_trailer_is_always_refused(cut: str, rule: str, place: str) -> None:
    """What breaks off is not read, whatever the profile says of counts."""
    text = interchange(group(bill()))
    assert cut in text
    assert [each[:2] for each in refused(text.replace(cut, ""), ACCEPT)] == [(rule, place)]


def test_sets_of_one_number_are_refused_or_accepted_by_profile() -> None:
    """Two sets of a group with one control number: which is meant (718 code 23)? Refused, or accepted by profile."""
    text = interchange(group(bill(), bill(), bill().replace("0001~", "0002~")))
    found = [[(f.rule, f.place) for f in each.error.findings] if each.error else [] for each in done(text).records]
    assert found == [[("x12-control-number", "ST02")], [("x12-control-number", "ST02")], []]
    assert [each.error for each in done(text, ACCEPT).records] == [None, None, None]


def test_a_remittance_advice_is_read() -> None:
    """820: who pays whom, by which transfer, and which invoices with how much of each."""
    payment = a_set(
        "BPR*C*190.50*C*ACH*CTX*01*111000025*DA*9876*1234567890**01*222000025*DA*5432*20261105",
        "TRN*1*TRACE-9", "CUR*PR*USD", "DTM*097*20261104", "N1*PR*XYZ Retail", "N1*PE*Widget Works*1*123456789",
        "ENT*1",
        "RMR*IV*INV-1**200.50*210.50*10", "DTM*003*20261002", "ADX*-2*01", "RMR*CM*CM-1**-10", code="820",
    )  # fmt: skip
    (record,) = done(interchange(group(payment, kind="RA"))).records
    document = record.document
    assert isinstance(document, RemittanceAdvice)
    assert (document.number, document.issue_date.isoformat(), str(document.payment_date)) == (
        "TRACE-9", "2026-11-04", "2026-11-05",
    )  # fmt: skip
    assert (document.payer.name, document.payee.name, str(document.total_paid)) == (
        "XYZ Retail",
        "Widget Works",
        "190.50",
    )
    assert (document.payer_account, document.payee_account, document.payment_means) == ("9876", "5432", "30")
    lines = [(r.document_number, r.document_type, str(r.amount_paid), r.discount, r.adjustment) for r in document.lines]
    assert lines == [("INV-1", "380", "200.50", 10, -2), ("CM-1", "381", "-10", None, None)]
    assert str(document.lines[0].document_date) == "2026-10-02"


def test_a_bad_set_stops_no_other() -> None:
    """Of three sets in two groups the one with a damaged date is refused, with its segment and element."""
    bad = bill().replace("BIG*20261102", "BIG*20261341")
    text = interchange(group(bill(), bad.replace("0001~", "0002~")), group(bill(), number="2"))
    records = done(text).records
    assert [each.address for each in records] == ["810[1]", "810[2]", "810[3]"]
    assert [each.error is None for each in records] == [True, False, True]
    error = records[1].error
    assert error is not None
    assert [(each.rule, each.place, each.found) for each in error.findings] == [
        ("x12-element", "segment 2 BIG01", "20261341")
    ]
    assert records[1].number == "INV-1"


def test_reading_goes_on_from_any_cursor() -> None:
    """Steps of one record over two interchanges give what one step gives; a refused group is told once."""
    two, three = (bill().replace("0001~", f"{n}~") for n in ("0002", "0003"))
    second = interchange(group(bill(), two, number="1"), group(bill(), two, number="2").replace("GE*2", "GE*5"))
    text = interchange(group(bill(), two, three)) + "\n\n" + second
    whole = [(each.address, each.error is None) for each in done(text).records]
    stepped, cursor = [], None
    while True:
        step = done(text, cursor=cursor, limit=1)
        stepped += [(each.address, each.error is None) for each in step.records]
        cursor = step.cursor
        if cursor is None:
            break
    assert stepped == whole
    assert whole[-1] == ("interchange[2] 000000905, group[2] 2", False)
    assert [address for address, _ in whole[:5]] == [f"810[{n}]" for n in range(1, 6)]


def test_what_is_no_interchange_is_refused() -> None:
    """An ISA without its widths, separators that are letters, a segment without end: each with its reason."""
    for data, rule in (
        (ISA.replace(" ", "") + "\n", "x12-isa"),
        (ISA.replace("*", "A") + "\n", "format-unknown"),
        (ISA.replace(">", "*") + "\n", "x12-isa"),
        ("ISA*00", "x12-isa"),
    ):
        with pytest.raises(ExportUnreadable) as error:
            done(data)
        assert [each.rule for each in error.value.findings] == [rule]
    with pytest.raises((ExportUnreadable, LimitExceeded)) as error:
        done(ISA + "GS*IN" + "A" * 200_000)
    assert [each.rule for each in error.value.findings] == ["x12-limit"]


@pytest.mark.parametrize("data", [bill(), group(bill())])
def test_a_set_without_its_envelope_is_told_what_it_lacks(data: str) -> None:
    """What conversion writes for delivery is known as X12, and the message says what makes an interchange of it."""
    with pytest.raises(ExportUnreadable) as error:
        done(data)
    (finding,) = error.value.findings
    assert (finding.rule, finding.expected) == ("x12-isa", "ISA")
    assert "--from" in finding.message


def test_sets_that_are_not_read_are_named() -> None:
    """A set, a release, a group of another kind: refused by name, with what is read."""
    assert refused(interchange(group(a_set("BHT*1", code="837"))))[0][:3] == ("x12-set", "ST01", "837")
    assert refused(interchange(group(bill(), release="003040")))[0][:3] == ("x12-version", "GS08", "003040")
    assert refused(interchange(group(bill(), kind="PO")))[0][:4] == ("x12-group", "GS01", "PO", "IN")


def test_a_cancellation_is_not_read_as_a_new_document() -> None:
    """BIG08 01 takes an invoice back: it is refused, never issued again."""
    text = interchange(group(bill(head=("BIG*20261102*INV-1**PO-7****01", *HEAD[1:]))))
    assert refused(text) == [("x12-code", "segment 2 BIG08", "01", "00, 05, 07")]


@pytest.mark.parametrize("purpose", ["05", "07"])
def test_a_replacement_or_a_duplicate_says_so(purpose: str) -> None:
    """BIG08 05 and 07 bring a whole invoice: it is read, with a warning, and the document keeps the code."""
    head = (f"BIG*20261102*INV-1**PO-7****{purpose}", *HEAD[1:])
    (record,) = done(interchange(group(bill(head=head)))).records
    assert record.document is not None, record.error
    assert record.document.extras["BIG08"] == purpose
    assert [(each.rule, each.place, each.found) for each in record.warnings if each.rule == "x12-purpose"] == [
        ("x12-purpose", "segment 2 BIG08", purpose)
    ]


def test_digits_of_other_scripts_are_no_numbers() -> None:
    """Counts and days in superscript or Arabic digits are no numbers of X12: a fault, never an exception."""
    assert refused(interchange(group(bill("CTT*²"))))[0][:3] == ("x12-element", "segment 8 CTT01", "²")
    assert refused(interchange(group(bill(head=(*HEAD, "ITD*05*3*2**10**٣٠")))))[0][1] == "segment 6 ITD07"
    assert refused(interchange(group(bill())).replace("SE*8*0001", "SE*٨*0001"))[0][:3] == ("x12-count", "SE01", "٨")


def test_segments_without_a_place_are_kept() -> None:
    """A segment of no set, one of no meaning and one out of order are kept aside or put right, each with a warning."""
    (record,) = done(interchange(group(bill("XYZ*1*2", "ISS*1*EA", "CUR*SE*USD")))).records
    assert record.document is not None
    assert record.document.extras["XYZ[8]"] == "XYZ*1*2"
    assert record.document.extras["ISS[9]"] == "ISS*1*EA"
    warned = [(each.rule, each.place) for each in record.warnings]
    assert ("x12-segment", "segment 8 XYZ") in warned
    assert ("x12-segment", "segment 10 CUR") in warned
    assert isinstance(record.document, Invoice)
    assert record.document.currency == "USD"


def test_without_a_currency_americans_mean_dollars() -> None:
    """All parties in the United States: USD, with a warning. One in Canada: the currency is missing, and refused."""
    (record,) = done(interchange(group(bill()))).records
    assert isinstance(record.document, Invoice)
    assert (record.document.currency, "x12-currency" in {each.rule for each in record.warnings}) == ("USD", True)
    abroad = (*HEAD[:2], "N4*Toronto*ON*M4B 1B3*CA", HEAD[3])
    text = interchange(group(bill(head=abroad)))
    assert [each[0] for each in refused(text)] == ["field-missing"]
    profile = load_profile("name: c\nconstants: {currency: CAD}\n")
    (record,) = done(text, profile).records
    assert isinstance(record.document, Invoice)
    assert record.document.currency == "CAD"


def test_taxes_become_categories() -> None:
    """Rates of a line are added to one of category S; a tax without a rate becomes a charge outside of VAT; none is O;
    what TXI10 says of a category is believed."""
    rated = one(bill(line=(LINE, "TXI*ST**4", "TXI*LO**3.25"), total="2145"))
    assert [(each.vat_category, str(each.vat_rate)) for each in rated.lines] == [("S", "7.25")]
    whole = one(bill("TXI*ST*1.45*7.25", total="2145"))
    assert [(each.vat_category, str(each.vat_rate)) for each in whole.lines] == [("S", "7.25")]
    assert str(whole.totals.tax_amount) == "1.45"
    charged = one(bill("TXI*TX*1.45", total="2145"))
    assert [each.vat_category for each in charged.lines] == ["O"]
    assert [(each.charge, str(each.amount), each.reason, each.vat_category) for each in charged.allowances_charges] == [
        (True, "1.45", "All taxes", "O")
    ]
    assert one(bill()).lines[0].vat_category == "O"
    exempt = one(bill(line=(LINE, "TXI*VA**0***2****AE")))
    assert [(each.vat_category, str(each.vat_rate)) for each in exempt.lines] == [("AE", "0")]


def test_amounts_have_implied_decimals() -> None:
    """TDS and SAC are in cents without a point: 5 is five cents, -150 minus one and a half."""
    document = one(bill("SAC*C*D240***5*****06***Freight", "SAC*A*C310***-150", total="2155"))
    assert str(document.totals.tax_inclusive) == "21.55"
    assert [str(each.amount) for each in document.allowances_charges] == ["0.05", "-1.50"]
    assert refused(interchange(group(bill(total="20.00"))))[0][:3] == ("x12-element", "segment 7 TDS01", "20.00")


def test_a_credit_memo_is_positive() -> None:
    """Negative quantities of a credit memo are read as a credit note of positive ones, with a warning."""
    head = ("BIG*20261102*CM-1*****CR", *HEAD[1:], "REF*OI*INV-1")
    head = (head[0], head[-1], *head[1:-1])
    document = one(bill(head=head, line=(LINE.replace("*2*", "*-2*"),), total="-2000"))
    assert (document.document_type, str(document.lines[0].quantity), str(document.totals.tax_inclusive)) == (
        "credit-note", "2", "20.00",
    )  # fmt: skip
    assert [each.number for each in document.preceding_invoices] == ["INV-1"]


def test_terms_give_the_due_date() -> None:
    """Net days from the invoice's date are the due date; discounts are said in words."""
    document = one(bill(head=(*HEAD, "ITD*05*3*2**10**30")))
    assert (document.due_date, document.payment_terms) == (date(2026, 12, 2), "2% discount within 10 days, net 30 days")


def test_a_party_needs_a_name_on_an_invoice() -> None:
    """A buyer known by number only is refused on an invoice (BT-44), and stands by its number on an order."""
    assert [each[0] for each in refused(interchange(group(bill(head=(*HEAD[:3], "N1*BT**92*0012")))))] == [
        "field-missing"
    ]
    order = a_set("BEG*00*NE*PO-7**20261102", "N1*BY**92*0012", "PO1*1*2*EA*10**VN*W-1", code="850")
    (record,) = done(interchange(group(order, kind="PO"))).records
    assert record.document is not None
    assert (record.document.sender.name, record.document.receiver.name) == ("0012", "BUYER")


SAMPLE = interchange(group(bill("TXI*ST*1.45*7.25", "SAC*C*D240***5", "CTT*1*2"))).encode()


@settings(max_examples=400, deadline=2000)
@given(data=st.data())
def test_damaged_bytes_are_refused_in_words(data: st.DataObject) -> None:
    """Bytes flipped, cut, doubled or put in anywhere: a record, or a refusal in words; never another exception."""
    raw = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw)))
        how = data.draw(st.sampled_from(["flip", "cut", "double", "insert"]))
        if how == "flip" and at < len(raw):
            raw[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del raw[at : at + data.draw(st.integers(1, 60))]
        elif how == "double":
            raw[at:at] = raw[at : at + data.draw(st.integers(1, 200))]
        else:
            raw[at:at] = data.draw(st.binary(max_size=20))
    for profile in (None, load_profile("name: a\ncounts: accept\nx12: {isa: delimited}\n")):
        try:
            step = done(bytes(raw), profile)
        except (ExportUnreadable, LimitExceeded):
            continue
        else:
            assert all(each.document is not None or (each.error and each.error.findings) for each in step.records)

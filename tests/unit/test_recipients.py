"""A recipients file: every fault of every line is told with its column, and the good lines go on."""

from __future__ import annotations

import io

import pytest

from pipeline.recipients import COLUMNS, read_recipients
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError, Finding
from stages.delivery.addresses import usable

HEAD = "name,erp_id,vat,endpoint_scheme,endpoint,country,language,email,phone,channel,formats,format_options,mailbox\n"


def faults(*lines: str) -> list[Finding]:
    return [fault for line in read_recipients(io.StringIO(HEAD + "\n".join(lines))) for fault in line.faults]


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (",1,,,,PT,,a@b.pt,,,,,", "name-missing", "name"),
        ("X,,,,,PT,,a@b.pt,,,,,", "identifier-missing", "erp_id"),
        ("X,1,,,123,PT,,a@b.pt,,,,,", "endpoint-scheme-missing", "endpoint_scheme"),
        ("X,1,,,,PT,fi,a@b.pt,,,,,", "language-unknown", "language"),
        ("X,1,,,,PT,,not an address,,,,,", "email-invalid", "email"),
        ("X,1,,,,PT,,,12,,,,", "phone-invalid", "phone"),
        ("X,1,,,,ZZ,,a@b.pt,,,,,", "country-unknown", "country"),
        ("X\u202e,1,,,,PT,,a@b.pt,,,,,", "control-character", "name"),
        ("B,2,,,,PT,,b@b.pt,,,,,", "party-contradicted", "name"),
        ("A,02,,,,ES,,b@b.pt,,,,,", "party-contradicted", "country"),
        ("X,1,,,,PT,,a@b.pt,,fax,,,", "channel-unknown", "channel"),
        ("X,1,,,,PT,,a@b.pt,,,paper,,", "format-unknown", "formats"),
        ("X,1,,,,PT,,a@b.pt,,,peppol,colour,", "format-option-malformed", "format_options"),
        ("X,1,,,,PT,,a@b.pt,,,,,house", "mailbox-malformed", "mailbox"),
    ],
)
def test_a_fault_names_line_and_column(line: str, rule: str, column: str) -> None:
    """A good line before it stays good."""
    (fault,) = faults("A,2,PT 1,,,PT,pt,a@b.pt,,,,,", line)
    assert (fault.rule, fault.place) == (rule, f"line 3, column {column}")


def test_branches_share_a_vat_number() -> None:
    """Where each has its customer number; it is said, for the VAT number alone is nobody's then."""
    lines = read_recipients(io.StringIO("name,erp_id,vat,email\nA,1,PT1,a@b.pt\nB,2,PT1,b@b.pt\n"))
    assert [(line.party, line.faults) for line in lines] == [("erp:1", ()), ("erp:2", ())]
    (remark,) = lines[1].remarks
    assert (remark.rule, remark.severity, remark.place) == ("identifier-shared", "warning", "line 3, column vat")
    assert "line 2 has it too" in (remark.expected or "")


def test_a_number_that_no_rule_lets_pass_is_told() -> None:
    """The party is taken, for it is known by what the line says; documents that get such an endpoint are refused."""
    head = "name,erp_id,gln,endpoint_scheme,endpoint,email\n"
    good, bad, no_scheme = "5609999200016,0088,5609999200016", "5609999200017,0088,56099992", ",9930,DE1"
    text = "".join(
        f"{name},{name},{numbers},a@b.pt\n" for name, numbers in zip("ABC", (good, bad, no_scheme), strict=True)
    )
    lines = read_recipients(io.StringIO(head + text))
    assert [line.faults for line in lines] == [(), (), ()]
    told = [(each.place, each.rule, each.found) for line in lines for each in line.remarks]
    assert told == [
        ("line 3, column gln", "identifier-malformed", "5609999200017"),
        ("line 3, column endpoint", "identifier-malformed", "56099992"),
    ]
    assert "PEPPOL-COMMON-R040" in (lines[1].remarks[0].expected or "")


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "europe/lisbon", "+01:00", "WEST"])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    """With its place and value; a name of the IANA data is taken as it is."""
    lines = read_recipients(io.StringIO(f"name,erp_id,email,timezone\nA,1,a@b.pt,Europe/Lisbon\nB,2,b@b.pt,{zone}\n"))
    assert lines[0].row["timezone"] == "Europe/Lisbon"
    assert lines[0].faults == ()
    (fault,) = lines[1].faults
    assert (fault.rule, fault.place, fault.found) == ("timezone-unknown", "line 3, column timezone", zone)
    assert "Europe/Lisbon" in (fault.expected or "")


def test_all_faults_of_all_lines_are_told_at_once() -> None:
    """Whoever mends the file does it once; each says what would be right."""
    told = faults(",,,,,PT,fi,nobody,12,fax,paper,,", "A,2,,,,PT,,a@b.pt,,,,,", "B,3,,,,,,c,,,x12-5010,a=1 b=2,")
    assert [(fault.place, fault.rule) for fault in told] == [
        ("line 2, column name", "name-missing"),
        ("line 2, column erp_id", "identifier-missing"),
        ("line 2, column language", "language-unknown"),
        ("line 2, column channel", "channel-unknown"),
        ("line 2, column formats", "format-unknown"),
        ("line 2, column email", "email-invalid"),
        ("line 2, column phone", "phone-invalid"),
        ("line 4, column format_options", "format-option-unknown"),
        ("line 4, column format_options", "format-option-unknown"),
        ("line 4, column mailbox", "mailbox-missing"),
        ("line 4, column email", "email-invalid"),
    ]
    assert told[3].expected == "email sms edi"
    assert (told[7].found, told[8].found) == ("a=1", "b=2")


def test_a_line_break_in_a_cell_is_a_fault() -> None:
    """It would end a header of a mail, or a line of a list; the line that is named is the record's last."""
    head = "name,erp_id,email,contact\n"
    lines = read_recipients(io.StringIO(f'{head}A,1,a@b.pt,"Ana\nBcc: x"\nB,2,b@b.pt,Rui\n'))
    assert [fault.place for line in lines for fault in line.faults] == ["line 3, column contact"]


def test_what_a_line_contradicts_is_told() -> None:
    """The other line, and what it says."""
    (other, name) = faults("A,1,,0088,9,PT,,a@b.pt,,,,,", "B,,PT2,0088,9,PT,,b@b.pt,,,,,", "C,1,,,,PT,,c@b.pt,,,,,")
    assert other.expected == "one of its own, or none: the party of line 2 has it"
    assert name.expected == "'A', as on line 2"


def test_a_party_is_named_by_any_of_its_numbers() -> None:
    """A second contact's line may have the VAT number alone; a country is taken in small letters, too."""
    text = HEAD + "A,1,PT1,,,pt,,a@b.pt,912345678,,,,\nA,,PT 1,,,PT,,b@b.pt,,,,,\n"
    first, second = read_recipients(io.StringIO(text))
    assert (first.faults, second.faults) == ((), ())
    assert (first.party, second.party) == ("erp:1", "erp:1")
    assert first.row["phone"] == "+351912345678"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Nome;Telefone\nA;1\n", ["line 1, column Nome", "line 1, column Telefone", "line 1, column name"]),
        ("name,email,email\nA,a@b.pt,\n", ["line 1, column email"]),
        ("", ["line 1, column name"]),
    ],
)
def test_a_file_with_another_header_is_refused(text: str, places: list[str]) -> None:
    """Before anything is imported; the columns that there may be are named, and each wrong one."""
    with pytest.raises(ConfigurationError) as refused:
        read_recipients(io.StringIO(text))
    assert ", ".join(COLUMNS) in refused.value.text
    assert [finding.place for finding in refused.value.findings] == places


def test_a_file_in_another_encoding_is_refused() -> None:
    """What a spreadsheet saves as Latin-1 is told as such, with the place and how to mend it."""
    file = io.TextIOWrapper(io.BytesIO("name,erp_id\nJoão,1\n".encode("latin-1")), "utf-8")
    with pytest.raises(
        ConfigurationError, match="is not UTF-8: invalid continuation byte at byte 14; save it as CSV UTF-8"
    ):
        read_recipients(file)


@pytest.mark.parametrize(
    "address",
    ["ana@example.com", "ana@casa.test", "ana@casa.invalid", "ana@localhost", "josé@exemplo.pt", "a" * 65 + "@b.pt"],
)
def test_an_address_is_taken_exactly_where_a_message_can_go_to_it(address: str) -> None:
    """The directory and the delivery judge an e-mail address alike: none is taken that is never sent to."""
    refused = faults(f"Ana,1,,,,PT,,{address},,,,,")
    assert bool(refused) == (usable(Channel.EMAIL, address).problem is not None)

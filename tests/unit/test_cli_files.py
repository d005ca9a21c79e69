"""Commands on files alone: what they print, write and refuse, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from reading_samples import ubl

from schemas.canonical import from_json
from schemas.documents import Invoice


def entrega(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """The command as a person calls it."""
    return subprocess.run([sys.executable, "-m", "pipeline", *map(str, words)], capture_output=True, check=False)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder with two good exports and one that is cut off."""
    folder = tmp_path / "exports"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.xml").write_text(ubl(f"F-{name}"))
    (folder / "c.xml").write_text(ubl("F-c")[:700])
    return folder


def test_extract_gives_canonical_documents_one_a_line(exports: Path) -> None:
    """`extract --json` prints each document in the words of EN 16931, and the reason where there is none; exit 1."""
    done = entrega("extract", exports, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    documents = [from_json(json.dumps(line)) for line in lines[:2]]
    assert [document.number for document in documents] == ["F-a", "F-b"]
    assert isinstance(documents[0], Invoice)
    assert documents[0].lines[0].net_amount == Decimal("20.00")
    assert (lines[2]["state"], lines[2]["findings"][0]["rule"]) == ("refused", "xml-syntax")
    assert done.returncode == 1


def test_files_of_one_folder_stand_in_the_table_as_they_do_in_it(exports: Path) -> None:
    """The folder is said once; --json and what is complained of name the whole path."""
    (exports / "deep" / "er").mkdir(parents=True)
    (exports / "deep" / "er" / "d.xml").write_text(ubl("F-d"))
    done = entrega("extract", exports, "--recursive")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert [words[0] for words in lines if {"read", "refused"} & set(words)] == [
        "a.xml",
        "b.xml",
        "c.xml",
        "deep/er/d.xml",
    ]
    assert "".join(lines[0]) == f"in{exports}"
    assert f"{exports}/c.xml".encode() in done.stderr


def test_what_is_no_file_is_called_what_it_is(exports: Path) -> None:
    """A folder where one file is wanted, a device, and a name that nothing has."""
    for words, told in (
        (("recipients", "import", exports), f"{exports} is a folder, and one file is wanted"),
        (("extract", "/dev/null"), "/dev/null is no file, but a device or a pipe"),
        (("extract", exports / "missing.xml"), f"there is no file {exports}/missing.xml"),
    ):
        done = entrega(*words)
        assert (done.returncode, told in done.stderr.decode()) == (2, True), done.stderr


def test_convert_writes_each_document_under_the_name_of_its_export(exports: Path, tmp_path: Path) -> None:
    """A folder goes to a folder; what is refused is told with its place and not written; the rest is."""
    done = entrega("convert", exports, "--to", "json", "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "b.json"]
    assert done.returncode == 1
    assert b"xml-syntax" in done.stderr
    assert b"c.xml" in done.stderr


def test_convert_gives_one_document_on_stdout(exports: Path) -> None:
    """Without -o the bytes of the one document are all that stands on stdout, its total computed."""
    done = entrega("convert", exports / "a.xml", "--to", "json")
    document = from_json(done.stdout)
    assert isinstance(document, Invoice)
    assert document.totals.amount_due == Decimal("24.20")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("convert", "a.xml", "--to", "nothing"), "there is no format 'nothing'"),
        (("convert", "a.xml", "--to", "json", "--option", "colour=red"), "json has no option 'colour'"),
        (("convert", ".", "--to", "json"), "name a folder for what is made of them with -o"),
        (("convert", "missing.xml", "--to", "json"), "there is no file"),
        (
            ("convert", "a.xml", "--to", "json", "--losses", "hide"),
            "--losses: there is no 'hide'; there are: report, refuse, note",
        ),
    ],
)
def test_a_wrong_call_says_what_is_wrong(exports: Path, words: tuple[str, ...], told: str) -> None:
    """Exit 2, and one sentence that names the option or the file."""
    paths = [str(exports / word) if word in ("a.xml", ".", "missing.xml") else word for word in words]
    done = entrega(*paths)
    assert done.returncode == 2
    assert told in done.stderr.decode()


def test_edi_goes_into_an_interchange_where_mailboxes_are_named(exports: Path, tmp_path: Path) -> None:
    """With --from and --for the file is a whole interchange, which is read again; a folder without files is no work."""
    out = tmp_path / "edi"
    mailboxes = ("--from", "ZZ:US", "--for", "ZZ:THEM", "--control-number", "7")
    assert entrega("convert", exports / "a.xml", "--to", "x12-4010", *mailboxes, "-o", out).returncode == 0
    (path,) = out.iterdir()
    assert path.read_text().startswith("ISA*00*")
    assert json.loads(entrega("extract", path, "--json").stdout)["invoice_number"] == "F-a"
    (tmp_path / "empty").mkdir()
    assert entrega("validate", tmp_path / "empty").returncode == 2
    assert entrega("convert", exports / "a.xml", "--to", "json", "-o", "/dev/null/x/").returncode == 2


def test_formats_lists_every_target() -> None:
    """The table has a row for each target, with what it carries and the rules it is held against."""
    from stages.formats import registry

    rows = [json.loads(line) for line in entrega("formats", "--json").stdout.splitlines()]
    written = {row["format"]: row for row in rows if row.get("writes")}
    assert set(written) == set(registry.targets())
    assert written["peppol"]["rules"] == ["peppol"]


def test_what_an_export_lacks_a_profile_may_give(tmp_path: Path) -> None:
    """The first thing to try is named, until a profile is: then nothing but the place in the file is told."""
    (tmp_path / "a.json").write_text('[{"invoice_number": "F-1"}]')
    (tmp_path / "x.yaml").write_text("name: x\nconstants: {currency: EUR}\n")
    told = b"the `constants` of an extraction profile give: --profile FILE"
    for command in (("extract",), ("validate",), ("convert", "--to", "json")):
        done = entrega(*command, tmp_path / "a.json")
        assert (done.returncode, told in done.stderr) == (1, True), command
    assert told not in entrega("extract", tmp_path / "a.json", "--profile", tmp_path / "x.yaml").stderr


def test_what_a_format_does_not_carry_is_named_once(tmp_path: Path) -> None:
    """People read each field with how many documents it concerns; a script has the fields of each document."""
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(ubl("F-1", extra="<cbc:TaxPointDate>2026-11-02</cbc:TaxPointDate>"))
    words = ("convert", tmp_path / "a.xml", tmp_path / "b.xml", "--to", "x12-4010", "-o", tmp_path / "out")
    assert "not carried: tax_point_date (2)" in entrega(*words).stderr.decode().splitlines()
    rows = [json.loads(line) for line in entrega(*words, "--json").stdout.splitlines()]
    assert [row["not_carried"] for row in rows] == [["tax_point_date"], ["tax_point_date"]]


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    """A UBL invoice with twelve elements that no document here has a field for."""
    extra = "".join(f"<cbc:UUID>u-{at}</cbc:UUID>" for at in range(12))
    path = tmp_path / "warned.xml"
    path.write_text(ubl("F-1", extra=extra))
    return path


def test_what_a_reader_warns_of_is_told_with_its_place(warned: Path, tmp_path: Path) -> None:
    """People read the first ten on stderr and how many more there are, of `extract` and `convert`."""
    for command, state in ((("extract",), "read"), (("convert", "--to", "json", "-o", tmp_path / "o"), "written")):
        told = entrega(command[0], warned, *command[1:]).stderr.decode().splitlines()
        at = told.index(f"entrega: {warned} invoice[1]: {state}, with 12 warnings")
        assert told[at + 1].startswith("  line 6, /Invoice/cbc:UUID[1]: ubl-unknown: ")
        assert told[at + 1].endswith("found 'u-0'")
        assert told[at + 10].endswith("found 'u-9'")
        assert told[at + 11] == "  and 2 more; --json has all"


def test_scripts_have_every_warning(warned: Path) -> None:
    """`extract --json` keeps stdout for documents and tells all on stderr; --envelope and `convert --json` have them in
    the row."""
    plain = entrega("extract", warned, "--json")
    document = json.loads(plain.stdout)
    assert document["invoice_number"] == "F-1"
    assert plain.stderr.decode().count("found 'u-") == 12
    row = json.loads(entrega("extract", warned, "--json", "--envelope").stdout)
    assert (row["file"], row["address"], row["state"]) == (str(warned), "invoice[1]", "read")
    assert row["document"] == document
    assert [each["found"] for each in row["warnings"]] == [f"u-{at}" for at in range(12)]
    made = json.loads(entrega("convert", warned, "--to", "json", "--json").stdout)
    assert [each["found"] for each in made["warnings"]] == [f"u-{at}" for at in range(12)]


def test_a_folder_without_files_stops_nothing(exports: Path, tmp_path: Path) -> None:
    """Empty folders and folders that are left out are told, and the rest is read; --recursive takes what is below, and
    what is made of it lies in folders of the same names."""
    (tmp_path / "empty").mkdir()
    (exports / "below").mkdir()
    (exports / "below" / "a.xml").write_text(ubl("F-d"))
    done = entrega("extract", tmp_path / "empty", exports, "--json")
    assert len(done.stdout.splitlines()) == 3
    told = done.stderr.decode()
    assert f"there is no file in {tmp_path / 'empty'}" in told
    assert f"{exports}: a folder in it is left out; --recursive takes what is there, too" in told
    out = tmp_path / "out"
    assert entrega("convert", exports, "--recursive", "--to", "json", "-o", out).returncode == 1  # c.xml is cut off
    made = sorted(str(path.relative_to(out)) for path in out.rglob("*.json"))
    assert made == ["a.json", "b.json", "below/a.json"]

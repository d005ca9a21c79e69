"""`entrega profile suggest`: what is proposed loads, reads its sample, and is what a person would have written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from reading_samples import everything

from schemas.documents import Invoice
from schemas.errors import ConfigurationError
from schemas.profiles import load_profile
from stages.formats.suggesting import suggest
from stages.formats.suggesting.words import matches, plain

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
HEADERS = {
    "en": ("Invoice No;Invoice Date;Customer;VAT Number;Currency;Description;Qty;Unit Price;VAT %", ".", "2026-11-02"),
    "pt": (
        "Nº Fatura;Data de Emissão;Nome do Cliente;NIF;Moeda;Descrição;Quantidade;Preço Unitário;Taxa IVA",
        ",",
        "02/11/2026",
    ),
    "es": ("Número Factura;Fecha;Razón Social;NIF;Divisa;Descripción;Cantidad;Precio;Tipo IVA", ",", "02/11/2026"),
    "pl": (
        "Numer faktury;Data wystawienia;Nabywca;NIP;Waluta;Nazwa towaru;Ilość;Cena netto;Stawka VAT",
        ",",
        "2026-11-02",
    ),
    "de": (
        "Rechnungs-Nr.;Rechnungsdatum;Kunde;USt-IdNr.;Währung;Bezeichnung;Menge;Einzelpreis;MwSt-Satz",
        ",",
        "02.11.2026",
    ),
    "fr": (
        "N° facture;Date facture;Nom du client;N° TVA;Devise;Désignation;Quantité;Prix unitaire;Taux TVA",
        ",",
        "02/11/2026",
    ),
    "it": (
        "Numero fattura;Data fattura;Ragione sociale;Partita IVA;Valuta;Descrizione;Quantità;Prezzo;Aliquota",
        ",",
        "02/11/2026",
    ),
}


def sample(header: str, sign: str, day: str) -> str:
    rows = [
        f"F-{n // 2 + 1};{day};Casa Verde;PT500000000;EUR;Papel A4;{n + 1};{f'1{n}.50'.replace('.', sign)};23"
        for n in range(6)
    ]
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize("language", HEADERS)
def test_each_language_is_understood(language: str) -> None:
    """Every column finds its field, the decimal sign and the days are told, and every document is read, once the one
    thing that no export tells is filled in: whose it is."""
    data = sample(*HEADERS[language]).encode("cp1252" if language in ("de", "fr") else "utf-8")
    proposed = suggest(data, f"shop-{language}")
    profile = load_profile(proposed.trial)
    assert profile.csv is not None
    assert {path: column.column for path, column in profile.csv.document.items()} == dict(
        zip(("invoice_number", "issue_date", "buyer.name", "buyer.vat_identifier", "currency"),
            HEADERS[language][0].split(";")[:5], strict=True)
    )  # fmt: skip
    assert set(profile.csv.line) == {"name", "quantity", "net_price", "vat_rate"}
    assert profile.csv.decimal == HEADERS[language][1]
    records = everything(data, profile)
    documents = [r.document for r in records]
    assert [(d.number, len(d.lines)) for d in documents if isinstance(d, Invoice)] == [
        ("F-1", 2),
        ("F-2", 2),
        ("F-3", 2),
    ]
    assert proposed.blanks == ("the name of your own company; add its vat_identifier, address",)
    assert "# unsure" in proposed.text
    with pytest.raises(
        ConfigurationError, match=r"to be filled in: constants\.seller\.name \(the name of your own company"
    ):
        load_profile(proposed.text)


def test_what_is_not_sure_says_so() -> None:
    """Days of which month and day may change places stand in a comment; currency, quantity, price and rate, which no
    column has, are left to fill in."""
    rows = ("1;02/03/2026;7;1.234,50;a", "2;03/04/2026;8;10,00;b", "")
    text = "\n".join(("title of the report", "", "Invoice;Date;Customer ID;Total;Note", *rows))
    proposed = suggest(text.encode(), "x")
    profile = load_profile(proposed.trial)
    assert profile.csv is not None
    assert (profile.csv.decimal, profile.csv.thousands, profile.csv.header is not None) == (",", ".", True)
    for told in ("day and month may change places", "# not used:"):
        assert told in proposed.text
    assert [blank.split(",")[0].split(";")[0] for blank in proposed.blanks] == [
        "the currency of the amounts", "the VAT category: S", "the VAT rate in per cent", "how many", "the price",
        "the name of your own company",
    ]  # fmt: skip
    assert all(r.document for r in everything(text, profile))


@pytest.mark.parametrize("header", ["Item", "Artikel", "Artigo", "SKU"])
def test_codes_of_items_and_numbers_that_a_spreadsheet_spoilt(header: str) -> None:
    """A column of codes called "Item" is the item's number beside its description, and `14810.0` is customer 14810;
    the note beside it says what was cut."""
    rows = ("F1;2026-11-02;14810.0;82494L;Wooden frame;6;2.95", "F2;2026-11-02;17511.0;21755;Love block;3;5.95", "")
    text = "\n".join((f"Invoice No;Invoice Date;CustomerID;{header};Description;Quantity;Unit Price", *rows))
    proposed = suggest(text.encode(), "x")
    assert "a spreadsheet wrote 14810.0; what is behind is cut" in proposed.text
    documents = [r.document for r in everything(text, load_profile(proposed.trial))]
    assert [
        (d.buyer.erp_id, d.lines[0].seller_item_id, d.lines[0].name) for d in documents if isinstance(d, Invoice)
    ] == [("14810", "82494L", "Wooden frame"), ("17511", "21755", "Love block")]


def test_an_item_that_is_described_stays_its_name() -> None:
    """Words in a column called "Item" are the name, and codes are it where nothing else is, as a guess."""
    head = "Invoice No;Invoice Date;Customer;Item;Quantity;Unit Price\n"
    words = suggest(f"{head}F1;2026-11-02;A;Wooden frame;6;2.95\nF2;2026-11-02;B;Love block;3;5.95\n".encode(), "x")
    assert "line: {name: Item," in words.text
    codes = suggest(f"{head}F1;2026-11-02;A;82494L;6;2.95\nF2;2026-11-02;B;21755;3;5.95\n".encode(), "x")
    assert "name: Item   # unsure: no column is called a description" in codes.text


def unfilled(profile: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_profile(profile)
    return caught.value.text


SPOILT = """Rechnung;Datum;Kunde;Artikel;Menge;Preis;MwSt;Währung
R-1;02.11.2026;Müller;"Schraube;
M8";1.000,5;0,125;19;EUR
R-1;02.11.2026;Müller;Mutter;-2;1.234,56;7;EUR
R-2;03.11.2026;Żółw;Teil;1;10,00;19;EUR
R-3;31.02.2026;Bad;Teil;1;10,00;19;EUR
R-4;04.11.2026;Rest;Teil;x;10,00;19;EUR
R-5;04.11.2026;Rest;Teil;1;10,00;19;EUR
"""


def test_bad_cells_do_not_cost_their_column() -> None:
    """A column stays what most of its cells are; those that do not fit are told with line and value, and each refuses
    its document when the sample is read. Nothing is put in their place."""
    proposed = suggest(SPOILT.encode(), "x")
    wrong = [('line 6, column "Datum"', "31.02.2026"), ('line 7, column "Menge"', "x")]
    assert [(each.place, each.found) for each in proposed.misfits] == wrong
    assert all(f"#   {place}: {found}" in proposed.text for place, found in wrong)
    assert "2000-01-01" not in proposed.text
    profile = load_profile(proposed.trial)
    read = {r.document.number: r.document for r in everything(SPOILT, profile) if isinstance(r.document, Invoice)}
    assert set(read) == {"R-1", "R-2", "R-5"}
    assert [str(line.quantity) for line in read["R-1"].lines] == ["1000.5", "-2"]
    assert read["R-2"].issue_date.isoformat() == "2026-11-03"


@pytest.mark.parametrize("column", ["Datum", "Menge", "Preis", "Kunde", "MwSt", "Währung"])
def test_what_no_column_has_is_left_to_fill_in(column: str) -> None:
    """Without one of its columns a sample gives a profile that names what is missing, and that no reader takes."""
    rows = [row.split(";") for row in SPOILT.replace(";\nM8", "").splitlines()]
    at = rows[0].index(column)
    text = "\n".join(";".join(cell for n, cell in enumerate(row) if n != at) for row in rows) + "\n"
    proposed = suggest(text.encode(), "x")
    missing = {
        "Datum": "constants.issue_date", "Menge": "constants.line.quantity", "Preis": "constants.line.net_price",
        "Kunde": "constants.buyer.name", "MwSt": "constants.line.vat_rate", "Währung": "constants.currency",
    }[column]  # fmt: skip
    with pytest.raises(ConfigurationError) as caught:
        load_profile(proposed.text)
    assert f"{missing} (" in caught.value.text
    assert "constants.seller.name (" in caught.value.text
    assert isinstance(next(r.document for r in everything(text, load_profile(proposed.trial)) if r.document), Invoice)


def test_an_amount_without_a_price_is_that_of_all_pieces() -> None:
    """A line's amount and quantity without a price: both are kept, and the price is that of so many (BT-149)."""
    head = "Invoice No;Invoice Date;Customer;Description;Qty;Net amount"
    text = f"{head}\n1;2026-11-02;A;Pen;4;10.00\n2;2026-11-02;B;Ink;3;5.50\n"
    profile = load_profile(suggest(text.encode(), "x").trial)
    lines = [r.document.lines[0] for r in everything(text, profile) if isinstance(r.document, Invoice)]
    assert [(str(x.quantity), str(x.net_price), str(x.base_quantity), str(x.net_amount)) for x in lines] == [
        ("4", "10.00", "4", "10.00"), ("3", "5.50", "3", "5.50"),
    ]  # fmt: skip


def test_a_rate_of_zero_asks_what_it_means() -> None:
    """Rates above zero are taken for S; what zero means is left to fill in, for zero only."""
    text = SPOILT.replace(";7;EUR", ";0;EUR")
    proposed = suggest(text.encode(), "x")
    with pytest.raises(ConfigurationError, match=r"csv\.line\.vat_category\.map\.0 \(the VAT category"):
        load_profile(proposed.text)
    profile = load_profile(re.sub('"FILL IN: the VAT category.*?"', "Z", proposed.trial.replace('"0": S', '"0": Z')))
    document = next(r.document for r in everything(text, profile) if isinstance(r.document, Invoice))
    assert [line.vat_category for line in document.lines] == ["S", "Z"]


def test_rates_with_a_per_cent_sign() -> None:
    """`19 %` is a rate of 19, with a blank or without; `0%` asks what it means."""
    text = SPOILT.replace(";19;EUR", ";19 %;EUR").replace(";7;EUR", ";0%;EUR")
    proposed = suggest(text.encode(), "x")
    assert "csv.line.vat_category.map.0" in unfilled(proposed.text)
    document = next(
        r.document for r in everything(text, load_profile(proposed.trial)) if isinstance(r.document, Invoice)
    )
    assert [str(line.vat_rate) for line in document.lines] == ["19", "0"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_told_by_its_bytes(codec: str) -> None:
    """With a byte order mark or without, UTF-16 is proposed as such, and is not called unsure."""
    data = sample(*HEADERS["pl"]).encode(codec)
    proposed = suggest(data, "x")
    assert re.search(r"encoding: utf-16-[lb]e$", proposed.text, re.MULTILINE)
    documents = [r.document for r in everything(data, load_profile(proposed.trial))]
    assert [d.lines[0].name for d in documents if isinstance(d, Invoice)] == ["Papel A4"] * 3


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "empty"), (b"\0\1\2", "no text"), (b"one\ntwo words\nthree\n", "separator"), (b"a;b\n1;2\n3;4\n", "number")],
)
def test_no_proposal_says_why(data: bytes, told: str) -> None:
    """Where nothing can be proposed the reason is told."""
    with pytest.raises(ValueError, match=told):
        suggest(data, "x")


@pytest.mark.parametrize(
    ("header", "field"),
    [("Rechnungs-Nr.", "invoice_number"), ("InvoiceNo", "invoice_number"), ("Ilość", "quantity"),
     ("Preço Unitário", "net_price"), ("ZIP", "buyer.address.post_code"),
     ("Fälligkeit", "due_date"), ("P.IVA", "buyer.vat_identifier")],
)  # fmt: skip
def test_headers(header: str, field: str) -> None:
    """Accents, signs and capitals do not hide a word."""
    assert matches(header)[0].field == field
    assert plain("Straße Łódź") == "strasse lodz"


@pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
def test_a_real_days_lines() -> None:
    """A real shop's day: the proposal reads its eleven documents with 279 lines."""
    data = (CORPORA / "csv" / "2011-02-06.csv").read_bytes()
    records = everything(data, load_profile(suggest(data, "retail").trial))
    assert len(records) == 11
    assert sum(len(r.document.lines) for r in records if isinstance(r.document, Invoice)) == 279


def test_the_command(tmp_path: Path) -> None:
    """`profile suggest` writes the profile and says how the sample is read; `profile check` tells each document."""
    file, profile = tmp_path / "shop.csv", tmp_path / "shop.yaml"
    file.write_text(sample(*HEADERS["en"]), "utf-8")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", "profile", *words], capture_output=True, text=True, check=False
        )

    suggested = run("suggest", str(file), "-o", str(profile))
    assert (suggested.returncode, "3 documents are read and 0 refused" in suggested.stderr) == (0, True), (
        suggested.stderr
    )
    told = json.loads(run("suggest", str(file), "--json").stdout)
    assert (told["profile"], told["read"], told["refused"]) == (profile.read_text("utf-8"), 3, 0)
    assert told["fill_in"] == ["the name of your own company; add its vat_identifier, address"]
    unfilled = run("check", str(file), str(profile))
    assert unfilled.returncode == 2
    assert "still to be filled in: constants.seller.name" in unfilled.stderr
    filled = re.sub('"FILL IN:.*"', "Shop Ltd", profile.read_text("utf-8"))
    profile.write_text(filled, "utf-8")
    checked = run("check", str(file), str(profile), "--json")
    assert (checked.returncode, checked.stdout.count('"state":"read"')) == (0, 3)
    file.write_text(file.read_text("utf-8").replace("10.50", "10,5O"), "utf-8")
    assert run("check", str(file), str(profile)).returncode == 1
    file.write_text("nothing\n", "utf-8")
    assert run("suggest", str(file)).returncode == 1

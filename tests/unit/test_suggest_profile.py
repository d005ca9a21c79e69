"""`entrega profile suggest`: what is proposed loads, reads its sample, and is what a person would have written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from reading_samples import everything
from test_read_fixed import head, line, text

from schemas.documents import Invoice
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
    """Every column finds its field, the decimal sign and the days are told, and every document is read."""
    data = sample(*HEADERS[language]).encode("cp1252" if language in ("de", "fr") else "utf-8")
    proposed = suggest(data, f"shop-{language}")
    profile = load_profile(proposed.text)
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
    assert "YOUR COMPANY" in proposed.text
    assert "# unsure" in proposed.text


def test_what_is_not_sure_says_so() -> None:
    """Days of which month and day may change places, missing currency, price and rate: each stands in a comment."""
    rows = ("1;02/03/2026;7;1.234,50;a", "2;03/04/2026;8;10,00;b", "")
    text = "\n".join(("title of the report", "", "Invoice;Date;Customer ID;Total;Note", *rows))
    proposed = suggest(text.encode(), "x")
    profile = load_profile(proposed.text)
    assert profile.csv is not None
    assert (profile.csv.decimal, profile.csv.thousands, profile.csv.header is not None) == (",", ".", True)
    for told in ("day and month may change places", "currency: XXX   # unsure", "vat_rate", "# not used:"):
        assert told in proposed.text
    assert all(r.document for r in everything(text, profile))


@pytest.mark.parametrize("header", ["Item", "Artikel", "Artigo", "SKU"])
def test_codes_of_items_and_numbers_that_a_spreadsheet_spoilt(header: str) -> None:
    """A column of codes called "Item" is the item's number beside its description, and `14810.0` is customer 14810;
    the note beside it says what was cut."""
    rows = ("F1;2026-11-02;14810.0;82494L;Wooden frame;6;2.95", "F2;2026-11-02;17511.0;21755;Love block;3;5.95", "")
    text = "\n".join((f"Invoice No;Invoice Date;CustomerID;{header};Description;Quantity;Unit Price", *rows))
    proposed = suggest(text.encode(), "x")
    assert "a spreadsheet wrote 14810.0; what is behind is cut" in proposed.text
    documents = [r.document for r in everything(text, load_profile(proposed.text))]
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


def test_fixed_width_records() -> None:
    """Types of record, fields, days and numbers are found; the proposal reads its sample, and calls itself a guess."""
    data = text(
        *[r for n in range(1, 5) for r in (head(f"A-{n}"), line(f"A-{n}", "Paper"), line(f"A-{n}", f"Pens {n}"))]
    )
    proposed = suggest(data, "host")
    profile = load_profile(proposed.text)
    assert profile.fixed is not None
    assert {kind: record.role for kind, record in profile.fixed.records.items()} == {
        "0": "ignore", "1": "head", "2": "line", "9": "ignore",
    }  # fmt: skip
    assert profile.fixed.width == 60
    documents = [r.document for r in everything(data, profile)]
    assert [len(d.lines) for d in documents if isinstance(d, Invoice)] == [2, 2, 2, 2]
    assert proposed.text.count("# unsure") >= 4


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
    records = everything(data, load_profile(suggest(data, "retail").text))
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
    checked = run("check", str(file), str(profile), "--json")
    assert (checked.returncode, checked.stdout.count('"state":"read"')) == (0, 3)
    file.write_text(file.read_text("utf-8").replace("10.50", "10,5O"), "utf-8")
    assert run("check", str(file), str(profile)).returncode == 1
    file.write_text("nothing\n", "utf-8")
    assert run("suggest", str(file)).returncode == 1

"""FatturaPA: the Italian invoice, issued through the exchange system SdI. What is mailed beside it is a copy."""

from __future__ import annotations

from schemas.documents import Invoice
from schemas.errors import Finding
from stages.formats.fatturapa import reader
from stages.formats.format import Format, Options, Target


def _write(document: Invoice, options: Options) -> bytes:
    from stages.formats.fatturapa import writer

    return writer.write(document, options)


def _losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    from stages.formats.fatturapa import writer

    return writer.losses(document, options)


def _file_name(document: Invoice, options: Options) -> str:
    from stages.formats.fatturapa import writer

    return writer.file_name(document, options)


OPTIONS = {
    "regime_fiscale": "the seller's tax regime: RF01 ordinary, RF02, RF04 to RF19",
    "transmission_format": "FPR12 (companies, people) or FPA12 (public offices); else told by the buyer's endpoint",
    "codice_destinatario": "the buyer's code at SdI: six characters of a public office, seven of others",
    "pec": "the buyer's certified mail, where it has no code",
    "id_trasmittente": "who hands the file to SdI, IT01234567890; the seller where nothing is said",
    "progressive": "of one file: ProgressivoInvio, the end of its name; else made of seller, day and number",
    "tipo_documento": "TD01 to TD28, where the type code (BT-3) does not tell it",
    "natura_ae": "natura of reverse charge: N6.1 to N6.9, or N2.1 for services abroad",
    "natura_e": "natura of what is exempt; N4 where nothing is said",
    "natura_o": "natura of what is out of scope; N2.2 where nothing is said",
    "natura_g": "natura of exports; N3.1 where nothing is said",
    "natura_k": "natura of supplies within the Union; N3.2 where nothing is said",
    "natura_z": "natura of what is zero rated",
}

FORMAT = Format(
    name="fatturapa",
    title="FatturaPA 1.2",
    fits=reader.fits,
    read=reader.read,
    reads="FatturaPA 1.2 (FPR12, FPA12), simplified 1.0 (FSM10), also in .p7m",
    targets=(
        Target(
            "fatturapa",
            "FatturaPA",
            "1.2.2",
            frozenset({"invoice", "credit-note"}),
            _write,
            _losses,
            ("fatturapa",),
            signature="cades-fatturapa",
            file_name=_file_name,
            options=OPTIONS,
            countries=frozenset({"IT"}),
            platform="SdI",
        ),
    ),
)

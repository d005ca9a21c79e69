"""What only CII's stylesheet asks: rules of its syntax that a document can break, in our words."""

from __future__ import annotations

CII: dict[str, str] = {
    "BR-16": "the document has a line (BG-25)",
    "BR-DEC-13": "the VAT total has at most two decimal places (BT-110)",
    "BR-DEC-15": "the VAT total in accounting currency is there and has at most two decimal places (BT-111)",
    "CII-SR-014": "the document says of what type it is (BT-3)",
    "CII-SR-046": "an item's standard identifier has a scheme (BT-157)",
    "CII-SR-069": "an item's attribute has a name (BT-160)",
    "CII-SR-072": "an item's attribute has a value (BT-161)",
    "CII-SR-454": "a line has its VAT category and rate (BG-30)",
    "CII-DT-033": "a unit stands only where the invoiced quantity of a line has one (BT-130)",
}
CII_NEWEST: dict[str, str] = {
    "CII-SR-470": "a credit transfer names the account that it goes to (BT-84)",
    "CII-SR-475": "one attachment at most has a description (BT-123)",
    "CII-SR-476": "one attachment at most is embedded (BT-125)",
}
"""Since 1.3.16."""

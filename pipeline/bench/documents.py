"""The export of a bench run: canonical JSON, every document valid in Peppol BIS Billing 3, none like another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson

from stages.words import LANGUAGES

TENANT = "bench"
PROFILE = f"""tenant: {TENANT}
brand: {{name: Bench e Filhos}}
language: en
learn_parties: true
policy: {{quiet_from: "00:00", quiet_until: "00:00"}}
"""
"""XAdES and the Peppol rules are the profile's defaults; nobody is disturbed at night by the outbox."""

BUYERS = 50
"""Different recipients: each is learnt at its first invoice and looked up at the next."""


def export(first: int, count: int, lines: int) -> bytes:
    """Invoices `first` to `first + count - 1`, UTF-8 JSON, one array."""
    return orjson.dumps([invoice(number, lines) for number in range(first, first + count)])


def invoice(number: int, lines: int) -> dict[str, Any]:
    """One invoice in the words of `schemas/documents.py`, without totals: conversion computes them."""
    issued = date(2026, 1, 5) + timedelta(days=number % 300)
    buyer = number % BUYERS
    return {
        "invoice_number": f"B{number:07d}",
        "issue_date": issued.isoformat(),
        "due_date": (issued + timedelta(days=30)).isoformat(),
        "currency": "EUR",
        "buyer_reference": f"dept-{buyer}",
        "order_reference": f"PO-{number}",
        "payment_terms": "30 days net",
        "seller": {
            "name": "Bench e Filhos, Lda.",
            "vat_identifier": "PT501442600",
            "endpoint": {"scheme": "9946", "value": "PT501442600"},
            "address": {"line_1": "Rua da Boavista 148", "post_code": "1200-069", "city": "Lisboa", "country": "PT"},
            "contact": {"name": "Inês Carvalho", "telephone": "+351210000000", "email": "faturas@bench.example"},
        },
        "buyer": {
            "name": f"Hurtownia Żółta Gęś {buyer} sp. z o.o.",
            "endpoint": {"scheme": "0088", "value": _gtin(590123412000 + buyer)},
            "erp_id": f"C{buyer:06d}",
            "address": {
                "line_1": "ul. Świętokrzyska 12/4", "post_code": "90-001", "city": "Łódź", "country": "PL",
            },
        },
        "payment": {
            "means_code": "58",
            "remittance_information": f"B{number:07d}",
            "credit_transfers": [{"account": "PT50000201231234567890154", "account_name": "Bench e Filhos, Lda."}],
        },
        "lines": [_line(number, at) for at in range(lines)],
        "hints": {"email": f"ap{buyer}@buyer.example", "language": LANGUAGES[buyer % len(LANGUAGES)]},
    }  # fmt: skip


def _line(number: int, at: int) -> dict[str, Any]:
    return {
        "identifier": str(at + 1),
        "name": f"Azeite virgem extra {at + 1}",
        "description": "Garrafa 0,75 l, caixa de 6",
        "quantity": str(1 + (number + at) % 12),
        "unit": "XBX",
        "net_price": f"{10 + (number * 7 + at * 13) % 90}.{(number + at) % 100:02d}",
        "vat_category": "S",
        "vat_rate": "23" if at % 3 else "6",
        "seller_item_id": f"AZ-{at:04d}",
    }


def _gtin(twelve: int) -> str:
    """A GLN or GTIN-13 with its check digit (GS1 General Specifications, 7.9)."""
    digits = [int(digit) for digit in f"{twelve:012d}"]
    total = sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{twelve:012d}{-total % 10}"

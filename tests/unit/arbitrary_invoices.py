"""Invoices with whatever the canonical model lets them hold, for properties of writers."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    CreditTransfer,
    Delivery,
    Identifier,
    Invoice,
    ItemAttribute,
    Line,
    Note,
    Party,
    Payment,
    Period,
    PrecedingInvoice,
    Totals,
    VatBreakdown,
)

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=20).map(
    lambda each: each.strip() or "x"
)
codes = st.sampled_from(["A", "B-1", "0088", "x&y"])
maybe = st.none() | words
days = st.none() | st.dates(date(1999, 1, 1), date(2099, 12, 31))
amounts = st.decimals(min_value=-99_999, max_value=99_999, places=2)
numbers = st.decimals(min_value=-99_999, max_value=99_999, places=5)
identifiers = st.builds(Identifier, value=codes, scheme=st.none() | codes)
addresses = st.builds(
    Address,
    line_1=maybe,
    line_2=maybe,
    line_3=maybe,
    city=maybe,
    post_code=st.none() | codes,
    subdivision=maybe,
    country=st.sampled_from([None, "PT", "DE"]),
)
parties = st.builds(
    Party,
    name=words,
    trading_name=maybe,
    identifiers=st.lists(identifiers, max_size=3).map(tuple),
    legal_registration=st.none() | identifiers,
    vat_identifier=st.none() | codes,
    tax_registration=st.none() | codes,
    legal_information=maybe,
    endpoint=st.none() | identifiers,
    address=st.none() | addresses,
    contact=st.none() | st.builds(Contact, name=maybe, telephone=maybe, email=maybe),
)
periods = st.none() | st.builds(Period, start=days, end=days)
charges = st.builds(
    AllowanceCharge, charge=st.booleans(), amount=amounts, base_amount=st.none() | amounts,
    percentage=st.none() | numbers, vat_category=st.sampled_from(["S", "E", None]), vat_rate=st.none() | numbers,
    reason=maybe, reason_code=st.none() | codes,
)  # fmt: skip
lines = st.builds(
    Line, identifier=codes, note=maybe, object_identifier=st.none() | identifiers, quantity=numbers, unit=codes,
    net_amount=st.none() | amounts, order_line_reference=st.none() | codes, accounting_reference=maybe, period=periods,
    allowances_charges=st.lists(charges, max_size=2).map(tuple), net_price=numbers, price_discount=st.none() | numbers,
    gross_price=st.none() | numbers, base_quantity=st.none() | numbers, base_quantity_unit=st.none() | codes,
    vat_category=st.sampled_from(["S", "E", "O", "Q"]), vat_rate=st.none() | numbers, name=words, description=maybe,
    seller_item_id=st.none() | codes, buyer_item_id=st.none() | codes, standard_item_id=st.none() | identifiers,
    classifications=st.lists(identifiers, max_size=2).map(tuple), origin_country=st.sampled_from([None, "PT"]),
    attributes=st.lists(st.builds(ItemAttribute, name=words, value=words), max_size=2).map(tuple),
)  # fmt: skip
payments = st.builds(
    Payment, means_code=codes, means_text=maybe, remittance_information=maybe, mandate=st.none() | codes,
    credit_transfers=st.lists(st.builds(CreditTransfer, account=codes, account_name=maybe), max_size=2).map(tuple),
    card_account=st.none() | codes, card_holder=maybe, creditor_identifier=st.none() | codes,
    debited_account=st.none() | codes,
)  # fmt: skip
documents = st.builds(
    Invoice, invoice_number=words, issue_date=st.dates(), type_code=st.sampled_from(["380", "381", "389"]),
    currency=st.sampled_from(["EUR", "JPY"]), accounting_currency=st.sampled_from([None, "SEK"]), tax_point_date=days,
    tax_point_code=st.none() | codes, due_date=days, buyer_reference=maybe, project_reference=st.none() | codes,
    contract_reference=st.none() | codes, order_reference=st.none() | codes, sales_order_reference=st.none() | codes,
    receiving_advice_reference=st.none() | codes, despatch_advice_reference=st.none() | codes,
    tender_reference=st.none() | codes, object_identifier=st.none() | identifiers, accounting_reference=maybe,
    payment_terms=maybe,
    notes=st.lists(st.builds(Note, text=words, subject_code=st.none() | codes), max_size=3).map(tuple),
    preceding_invoices=st.lists(st.builds(PrecedingInvoice, number=codes, issue_date=days), max_size=2).map(tuple),
    seller=parties, buyer=parties, payee=st.none() | parties, tax_representative=st.none() | parties,
    delivery=st.none() | st.builds(Delivery, name=maybe, location=st.none() | identifiers, date=days,
                                   address=st.none() | addresses),
    period=periods, payment=st.none() | payments, allowances_charges=st.lists(charges, max_size=2).map(tuple),
    totals=st.builds(Totals, tax_amount_accounting=st.none() | amounts, paid_amount=st.none() | amounts,
                     rounding_amount=st.none() | amounts, allowance_total=st.none() | amounts),
    vat_breakdown=st.lists(
        st.builds(VatBreakdown, taxable_amount=amounts, tax_amount=amounts, rate=st.none() | numbers,
                  category=st.sampled_from(["S", "E"]), exemption_reason=maybe),
        max_size=2).map(tuple),
    attachments=st.lists(
        st.builds(Attachment, reference=codes, description=maybe, external_location=maybe,
                  content_base64=st.sampled_from([None, "YQ=="]), media_type=codes, file_name=codes),
        max_size=2).map(tuple),
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
)  # fmt: skip

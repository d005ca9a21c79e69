"""Germany: XRechnung's BR-DE, and the same rules inside the Peppol set for documents between Germans (DE-R).

One text of each rule; the two sets differ in its name.

Source   XRechnung 3.0 (KoSIT), chapter 12; OpenPeppol BIS Billing 3, DE-R
"""

from __future__ import annotations

import re

from stages.rules.catalogue import RuleSet
from stages.rules.native.edition import Hit, Hits
from stages.rules.native.facts import Facts, Means, plain

TAXED = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})
_TYPES = frozenset({"326", "380", "384", "389", "381", "875", "876", "877"})
_SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_SPECIFICATIONS = (
    _SPECIFICATION,
    f"{_SPECIFICATION}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0",
    f"{_SPECIFICATION}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9",
)
_EMAIL = re.compile(r"[^@ \t\r\n]+@(?:[^@. \t\r\n]+\.)+[^@. \t\r\n]+\Z")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_DIGIT = re.compile("[0-9]")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{0,30}\Z")
_BLANK = re.compile("[ \t\r\n]")
CASH_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(?:#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#\Z")
_LAST_DISCOUNT = re.compile(r"#(?:SKONTO|VERZUG)#[^\n]*#\Z")
_MARKED = re.compile(r"#[^\n\r]+#")
_ENDED = re.compile(r"[ \t\r\n]*\n")
_TELEPHONE_DIGITS = 3

# What Peppol calls the rules: DE-R-001 is BR-DE-1, but for these.
_PEPPOL = {"23-a": "023-1", "23-b": "023-2", "24-a": "024-1", "24-b": "024-2", "25-a": "025-1", "25-b": "025-2"}


def german(f: Facts) -> Hits:
    """For XRechnung always; in the Peppol set where both parties are in Germany."""
    if f.rules is RuleSet.XRECHNUNG:
        if not f.written and f.document.specification not in _SPECIFICATIONS:
            yield "BR-DE-21", "specification", f.document.specification, _SPECIFICATION
        for number, place, found, expected in _rules(f):
            yield _xrechnung(number), place, found, expected
        yield from _delivery_date(f)
    elif f.rules is RuleSet.PEPPOL and f.german:
        for number, place, found, expected in _rules(f):
            yield _of_peppol(number), place, found, expected


def _xrechnung(number: str) -> str:
    return "BR-TMP-2" if number == "URL" else f"BR-DE-{number}"


def _of_peppol(number: str) -> str:
    return "DE-R-T02" if number == "URL" else f"DE-R-{_PEPPOL.get(number) or number.zfill(3)}"


def names() -> dict[str, tuple[str, str]]:
    """Number of each rule -> its name in XRechnung and in Peppol."""
    numbers = [str(n) for n in (*range(1, 12), *range(14, 21), 22, 26, 27, 28, 30, 31)] + [*_PEPPOL, "URL"]
    return {number: (_xrechnung(number), _of_peppol(number)) for number in numbers}


def _rules(f: Facts) -> Hits:
    d = f.document
    if not f.means:
        yield "1", "payment", None, None
    if not d.buyer_reference:
        yield "15", "buyer_reference", None, None
    taxed = TAXED.intersection(
        [line.vat_category for line in d.lines] + [each.given.vat_category or "" for each in f.charges]
    )
    if taxed and not f.has_representative and not f.seller_vat and not f.seller.tax_registration:
        yield "16", "seller.vat_identifier", None, None
    if d.type_code not in _TYPES:
        yield "17", "type_code", d.type_code, None
    if d.payment_terms and not cash_discount(terms_of(f)):
        yield "18", "payment_terms", d.payment_terms, "#SKONTO#TAGE=14#PROZENT=2.25#"
    names = [each.file_name for each in d.attachments if each.content_base64 and each.file_name]
    if len(names) != len(set(names)):
        yield "22", "attachments", None, None
    if d.type_code == "384" and not any(each.number or each.issue_date for each in f.preceding):
        yield "26", "preceding_invoices", None, None
    if any(means.has_mandate for means in f.means):
        if not any(each.scheme == "SEPA" and not place.startswith("buyer") for place, each in f.identified()):
            yield "30", "payment.creditor_identifier", None, None
        if not any(means.payer for means in f.means):
            yield "31", "payment.debited_account", None, None
    for index, attachment in enumerate(d.attachments):
        if attachment.external_location and _URL.match(attachment.external_location) is None:
            yield "URL", f"attachments[{index}].external_location", attachment.external_location, "https://…"
    yield from _parties(f)
    for means in f.means:
        yield from _means(f, means)
    for index, row in enumerate(d.vat_breakdown):
        if row.rate is None or not row.category:
            yield "14", f"vat_breakdown[{index}].rate", None, None


def _parties(f: Facts) -> Hits:
    for address, place, city, code in (
        (f.seller_address, "seller.address", "3", "4"),
        (f.buyer_address, "buyer.address", "8", "9"),
        (f.delivery_address, "delivery.address", "10", "11"),
    ):
        if address is not None:
            if not address.city:
                yield city, f"{place}.city", None, None
            if not address.post_code:
                yield code, f"{place}.post_code", None, None
    contact = f.seller_contact
    if contact is None:
        yield "2", "seller.contact", None, None
        return
    for field, number in (("name", "5"), ("telephone", "6"), ("email", "7")):
        if not getattr(contact, field):
            yield number, f"seller.contact.{field}", None, None
    if len(_DIGIT.findall(contact.telephone or "")) < _TELEPHONE_DIGITS:
        yield "27", "seller.contact.telephone", contact.telephone, "three digits at least"
    if _EMAIL.match(plain(contact.email)) is None:
        yield "28", "seller.contact.email", contact.email, None


def _means(f: Facts, means: Means) -> Hits:
    place = means.place
    if means.code in ("30", "58"):
        account = f.iban(means)
        if means.code == "58" and not _is_iban(account):
            yield "19", f"{place}.credit_transfers[0].account", account, "an IBAN"
        yield from _one_way(
            "23", place, means.account is not None, bool(means.card) or means.has_mandate, "credit_transfers"
        )
    elif means.code in ("48", "54", "55"):
        yield from _one_way(
            "24", place, bool(means.card), means.account is not None or means.has_mandate, "card_account"
        )
    elif means.code == "59":
        if not _is_iban(means.payer):
            yield "20", f"{place}.debited_account", means.payer, "an IBAN"
        yield from _one_way("25", place, means.has_mandate, means.account is not None or bool(means.card), "mandate")


def _one_way(number: str, place: str, there: bool, others: bool, field: str) -> Hits:
    """What the means' code announces is there, and nothing else."""
    if not there:
        yield f"{number}-a", f"{place}.{field}", None, None
    if others:
        yield f"{number}-b", place, None, None


def _is_iban(text: str) -> bool:
    """Shape, and ISO 7064 modulo 97-10. The published rule gives small letters numbers of their own."""
    bare = _BLANK.sub("", text)
    if _IBAN.match(bare) is None:
        return False
    moved = bare[4:] + bare[:2].upper() + bare[2:4]
    return int("".join(str(ord(each) - (55 if ord(each) > 64 else 48)) for each in moved)) % 97 == 1


def terms_of(f: Facts) -> str:
    """BT-20; our writers end a discount for early payment with the line break that is wanted."""
    terms = f.document.payment_terms or ""
    return f"{terms}\n" if f.written and _LAST_DISCOUNT.search(terms) is not None else terms


def cash_discount(terms: str, shape: re.Pattern[str] = CASH_DISCOUNT) -> bool:
    """Every line that begins with # is a cash discount as XRechnung writes it, and a line break follows the last."""
    marked = [line for line in re.split("\r?\n", terms) if plain(line).startswith("#")]
    if not marked:
        return True
    return all(shape.match(plain(line)) for line in marked) and bool(_ENDED.match(_MARKED.split(terms)[-1]))


def _delivery_date(f: Facts) -> Hits:
    """BR-DE-TMP-32: when it was delivered, for the document or for every line."""
    d = f.document
    dated = d.delivery is not None and d.delivery.date is not None
    periods = [d.period, *(line.period for line in d.lines)]
    filled = [each is not None and (each.start is not None or each.end is not None) for each in periods]
    if not dated and not filled[0] and not d.tax_point_code and not all(filled[1:]):
        hit: Hit = ("BR-DE-TMP-32", "delivery.date", None, None)
        yield hit

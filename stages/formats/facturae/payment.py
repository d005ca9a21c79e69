"""How a Facturae is to be paid.

Source: Facturae 3.2.2, InstallmentsType, AccountType
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Invoice
from stages.formats.facturae.codes import MEANS, MEANS_CODES
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places


def payment(document: Invoice, fit: Fitting, due: Decimal) -> str:
    """PaymentDetails: one instalment of all that is `due`, in the document's sign; "" where no day is given."""
    payment = document.payment
    if document.due_date is None:
        for name in ("payment", "payment_terms"):
            if getattr(document, name):
                fit.lost(name, "Facturae writes payment details with a due date (BT-9), and there is none")
        return ""
    transfers = payment.credit_transfers if payment else ()
    account = transfers[0] if transfers else None
    for index in range(1, len(transfers)):
        fit.lost(f"payment.credit_transfers[{index}]", "an instalment has one account")
    bic = account.service_provider if account else None
    if bic and len(bic) not in (8, 11):
        fit.lost("payment.credit_transfers[0].service_provider", "a BIC has 8 or 11 letters and digits")
        bic = None
    code = MEANS_CODES.get(payment.means_code) if payment else "04"
    if payment is None:
        fit.changed("due_date", "Facturae writes it with means of payment, and there are none: a transfer (04) is")
    elif MEANS.get(code or "") != payment.means_code:
        fit.changed("payment.means_code", f"written as Facturae's means {code or '13'}")
    debited = payment.debited_account if payment else None
    return branch(
        "PaymentDetails",
        branch(
            "Installment",
            leaf("InstallmentDueDate", document.due_date),
            leaf("InstallmentAmount", places(due, 2, 2)),
            leaf("PaymentMeans", code or "13"),
            branch(
                "AccountToBeCredited",
                _account(fit, "payment.credit_transfers[0].account", account.account if account else None),
                leaf("BIC", f"{bic:X<11}" if bic else None),
            ),
            leaf(
                "PaymentReconciliationReference",
                fit.text("payment.remittance_information", payment.remittance_information if payment else None, 60),
            ),
            branch("AccountToBeDebited", _account(fit, "payment.debited_account", debited)),
            leaf(
                "CollectionAdditionalInformation",
                fit.text("payment_terms", document.payment_terms, 2500, lines=True),
            ),
            leaf("DebitReconciliationReference", fit.text("payment.mandate", payment.mandate if payment else None, 60)),
        ),
    )


def _account(fit: Fitting, place: str, number: str | None) -> str:
    number = "".join((number or "").split())
    iban = number[:2].isalpha() and number[2:4].isdigit()
    return leaf("IBAN" if iban else "AccountNumber", fit.text(place, number, 34))

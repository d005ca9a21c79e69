"""English: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="en",
    own_name="English",
    skip="Skip to the document",
    languages="Language",
    nothing_due="Nothing to pay",
    preview_alt="Picture of the first page of the document. The PDF has the whole text.",
    view="View the document",
    view_hint="Opens the PDF in a new tab",
    files="Download",
    pdf="PDF",
    pdf_hint="To read and print",
    e_format="E-invoice",
    e_format_hint="XML, for your accounting software",
    signature="Signed container",
    signature_hint="E-invoice with its electronic signature",
    e_document="Electronic document",
    e_document_hint="For your business software",
    signed_document_hint="Electronic document with its signature",
    download="Download: {name}",
    confirm="I confirm receipt",
    confirm_lead="Let {seller} know that the document has reached you. It does not mean that you agree with it.",
    confirmed="Receipt confirmed",
    confirmed_lead="You confirmed receipt on {time}. Thank you.",
    press_again="Nothing has been recorded yet. Please press the button once more.",
    superseded="There is a corrected version of this document. Please use that one.",
    valid_until="This page is for you alone and can be opened until {date}.",
    privacy="We record when this page is opened, what is downloaded and when you confirm receipt.",
    expired="This link has expired",
    expired_lead="For your safety, links work for a limited time only. Please ask the sender for a new one.",
    revoked="This link was withdrawn",
    revoked_lead="The sender has withdrawn this link. If you still expect a document, please ask the sender.",
    unknown="There is nothing at this address",
    unknown_lead="The link may have been cut off in the message. Open it again from there, or copy it as a whole.",
    unavailable="Please try again in a moment",
    unavailable_lead="The page cannot be shown just now. Your link remains valid and nothing is lost.",
    not_ready="The document is still being prepared. Please come back a little later.",
)

"""English: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} from {seller}",
    preheader="{amount} – view, download and confirm receipt, no account needed.",
    greeting="Hello,",
    greeting_named="Hello {name},",
    intro="{seller} has a document for you.",
    invoice_number="Invoice number",
    number="Number",
    button="View document",
    link_hint="If the button does not work, open this address in your browser:",
    expires="The link is for you alone and works until {date}.",
    why="You receive this message because {seller} has issued a document to you.",
)

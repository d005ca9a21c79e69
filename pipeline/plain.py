"""Our words in plain English: what a state means, what a reason says, and what a person does about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.reasons import SENTENCES, Reason

TONES: dict[str, str] = {
    "delivered": "good",
    "captured": "good",
    "accepted": "good",
    "moving": "wait",
    "waiting": "wait",
    "parked": "warn",
    "undeliverable": "bad",
    "refused": "bad",
    "duplicate": "rest",
    "superseded": "rest",
    "discarded": "rest",
}
"""Every state of a document, in the order in which bars and legends show them."""

STATES: dict[str, str] = {
    "delivered": "Delivered",
    "captured": "In the outbox",
    "accepted": "Taken by the provider",
    "moving": "In work",
    "waiting": "Waiting",
    "parked": "Needs a person",
    "undeliverable": "Undeliverable",
    "refused": "Refused",
    "duplicate": "Duplicate",
    "superseded": "Superseded",
    "discarded": "Discarded",
}

MEANS: dict[str, str] = {
    "delivered": "The receiving server or phone took the message.",
    "captured": "The message was kept in the outbox; nothing left the house.",
    "accepted": "The provider took the message and reports nothing more.",
    "moving": "The document is on its way through the stages.",
    "waiting": "For a report from the provider, or for the time of the next try.",
    "parked": "Work stopped until a person acts.",
    "undeliverable": "Every channel was tried, or none could be used.",
    "refused": "It breaks a rule, or could not be read. It is mended in the ERP and exported again.",
    "duplicate": "The same content had been registered before; nothing more was done.",
    "superseded": "A later export of its number took its place.",
    "discarded": "A person closed it without doing it.",
}

CHANNELS = {"email": "E-mail", "sms": "SMS", "edi": "EDI"}

REASONS: dict[str, tuple[str, str]] = {
    "export-unreadable": ("The file or record cannot be read.", "Mend the export in the ERP and drop it again."),
    "document-invalid": ("The document breaks a rule of its format.", "Mend it in the ERP and export it again."),
    "tenant-unknown": (
        "There is no usable profile of the tenant that it names.",
        "Correct the tenant's name, or add its profile; then replay.",
    ),
    "recipient-unknown": (
        "The buyer is not in the directory, or fits more than one party.",
        "Import the recipient, or correct the directory (entrega recipients import FILE), then replay.",
    ),
    "no-route": (
        "The export was read, but nobody is to have such a document, or no format of the recipient carries it.",
        "Name a format that does in the recipient's or the tenant's profile, then replay; else discard it.",
    ),
    "no-contact": ("The party has no address that may be used.", "Add a contact to the directory, then replay."),
    "certificate-unfit": ("The signing certificate may not be used.", "Install a valid certificate, then replay."),
    "not-signable": (
        "The document cannot be signed in the way that its format's law wants.",
        "See what was found; mend the document or name another signature in the profile, then replay.",
    ),
    "time-stamps-missing": (
        "The plan asks for time-stamps, and no time-stamping authority is configured.",
        "Set tsa_url, then replay; or name a signature without time-stamp in the profile.",
    ),
    "artefact-damaged": (
        "Stored bytes are not those that were put.",
        "Restore the artefact from a backup, then replay; look for who changed it.",
    ),
    "message-refused": ("A provider will never take this message.", "See the provider's words; correct, then replay."),
    "limit-exceeded": ("It is larger or slower than what is allowed.", "Split the export, or raise the limit."),
    "content-conflict": (
        "A document with the same supplier, type, number and date has other content.",
        "The first one stands, and this one is not sent. To correct the first, export a credit note or a corrected "
        "invoice (type 384) with a number of its own; if this is another document, give it its own number in the ERP. "
        "Drop that, then close this one (entrega parked discard). If later exports are to replace earlier ones, set "
        "on_conflict: supersede in the tenant's profile and drop this again.",
    ),
    "store-unavailable": ("Database or object store did not answer.", "It is tried again by itself."),
    "signer-unavailable": ("The key holder did not answer.", "It is tried again by itself."),
    "provider-unavailable": ("The provider did not answer.", "It is tried again by itself."),
    "provider-throttled": ("The provider asks for patience.", "It is tried again by itself."),
    "engine-unavailable": ("The rule engine did not answer; nothing leaves unchecked.", "It is tried again by itself."),
    "retries-exhausted": ("It was tried as often as allowed.", "See what failed, then replay."),
    "outcome-unknown": (
        "The call broke in a way that does not tell whether the provider took the message.",
        "Nothing: it is asked, or sent once more, and the log says so.",
    ),
    "undecodable": ("A message on the topic is not one of ours.", "Find its producer; then replay or discard."),
    "bug": ("Our own code failed.", "Report it with the document's id; replay once a new version runs."),
    "broker-refused": ("The broker does not take a message of this size.", "Split the export, then drop it again."),
    "lost": ("It was sent on three times and did not arrive.", "Look at the broker, then replay."),
    "silence": ("No report came in the time allowed.", "Nothing: the next channel takes over where there is one."),
    "unconfirmed": ("No report came; nobody knows whether it arrived.", "Ask the recipient."),
    "awaiting-report": ("The provider's report is awaited.", "Nothing: without one, the next channel takes over."),
    "quiet-hours": ("It is the recipient's night.", "Nothing: it is sent in the morning."),
    "cannot-compose": (
        "The message could not be composed.",
        "Correct what is named, in the directory or the supplier's profile, then replay.",
    ),
    "no-outcome-recorded": ("The dispatcher ended during the call.", "Nothing: it is asked, or sent once more."),
    "no-channel": (
        "No channel is left that may be used.",
        "Add an address to the contact in the directory, then send it again.",
    ),
    "no-address": ("There is no address for this channel.", "Add one to the directory, then send it again."),
    "contact-retired": (
        "The contact had left the recipients file before the message went.",
        "To send it to the contacts that the directory has now: entrega resend.",
    ),
    "suppressed": (
        "The address is on a list of those that are not used, ours or the provider's.",
        "See why (entrega suppress list); correct the address, or lift it where it is out of date, then send it again.",
    ),
    "bounced": (
        "The receiving side gave the message back and did not say why.",
        "Ask the recipient; then send it again.",
    ),
    "refused": ("The provider did not take the message and did not say why.", "See its log; then send it again."),
    "stopped": ("The dispatcher was stopped during the call.", "Nothing: it is asked, or sent once more."),
    "delivered": ("It had been delivered by then.", "Nothing."),
    "unknown": ("No reason was given.", "See what happened in its story."),
    "deferred": ("The receiving server asked for patience.", "Nothing: the provider goes on trying."),
    "handed-over": ("The recipient has confirmed receipt.", "Nothing."),
    "new-round": ("A person had it sent again, or put it back.", "Nothing."),
    "newer-round": ("A newer round took its place.", "Nothing."),
    "superseded": ("A later export of its number took its place.", "Nothing."),
    "discarded": ("A person closed it.", "Nothing."),
    "duplicate": ("The same content had been registered before.", "Nothing."),
}
"""Reason -> what it says, what to do."""

_DO: dict[Reason, str] = {
    Reason.UNKNOWN_RECIPIENT: "Ask for a working address and correct it in the directory, then send it again.",
    Reason.INVALID_ADDRESS: "Correct the address in the directory, then send it again.",
    Reason.BAD_DOMAIN: "Correct the address in the directory, then send it again.",
    Reason.MAILBOX_FULL: "Tell the recipient by another way, or wait; then send it again.",
    Reason.MAILBOX_DISABLED: "Ask for another address and put it into the directory, then send it again.",
    Reason.RECIPIENT_MOVED: "Ask for the new address and put it into the directory, then send it again.",
    Reason.TOO_LARGE: "Our messages carry a link and no file: ask the recipient's postmaster what limit it has.",
    Reason.BLOCKED: "See the provider's words; check the reputation of the sending domain, or ask their postmaster.",
    Reason.SPAM: "Ask the recipient to allow the sender's address; check SPF, DKIM and DMARC; then send it again.",
    Reason.THROTTLED: "Wait, or lower the rate (email_per_second, sms_per_second); then send it again.",
    Reason.EXPIRED: "The server or phone was away for too long: ask the recipient, then send it again.",
    Reason.UNREACHABLE: "It may work tomorrow: send it again then, or use another channel.",
    Reason.SYSTEM_FAILURE: "Send it again later; if it stays, ask their postmaster or the provider.",
    Reason.MALFORMED: "Report it with the document's id and the provider's words: the message is ours.",
    Reason.OPTED_OUT: "Respect it; agree on another channel.",
    Reason.COMPLAINED: "Respect it; agree on another channel.",
    Reason.LANDLINE: "Ask for a mobile number and put it into the directory, then send it again.",
    Reason.INVALID_NUMBER: "Correct the number in the directory, then send it again.",
    Reason.UNKNOWN_NUMBER: "Ask for the new number and put it into the directory, then send it again.",
    Reason.REGION_NOT_ALLOWED: "Allow the country in the provider's settings, then send it again.",
    Reason.NOT_AUTHENTICATED: "Check SPF, DKIM and DMARC of the sending domain.",
    Reason.CREDENTIALS: "Check the provider's key in the settings.",
    Reason.SENDER_NOT_ALLOWED: "Register the sender with the provider.",
    Reason.SENDER_NOT_REGISTERED: "Register the number with the carriers.",
    Reason.FILTERED: "Ask the provider why; register the sender with the carriers, then send it again.",
    Reason.CANCELLED: "Nothing; where it is still wanted, send it again.",
    Reason.OTHER: "See the provider's words and code in its story; then send it again.",
}


def reason(word: str | None) -> tuple[str, str]:
    """What a reason says, and what to do; for a word without a sentence, the word itself and no advice.

    >>> reason("not-authenticated")
    ('SPF, DKIM or DMARC of the sending domain failed.', 'Check SPF, DKIM and DMARC of the sending domain.')
    >>> reason("brand-new"), reason(None)
    (('Brand new.', ''), ('', ''))
    """
    if not word:
        return "", ""
    if word in REASONS:
        return REASONS[word]
    if word in list(Reason):
        return SENTENCES[Reason(word)], _DO.get(Reason(word), "")
    return f"{word.replace('-', ' ').capitalize()}.", ""


def sentence(text: str) -> str:
    """With one stop at its end, whatever an error's text ends in.

    >>> sentence("line 1 cannot be read: csv-number"), sentence("The document breaks BR-CO-16.")
    ('line 1 cannot be read: csv-number.', 'The document breaks BR-CO-16.')
    """
    return text if text.endswith(("!", "?", "…")) else f"{text.rstrip(' .:;')}."


def found(finding: Mapping[str, Any], said: str = "") -> str:
    """Where it is, what stands there and what should, as a sentence; a place that `said` names is not told twice.

    >>> found({"place": "line 3, total", "found": "12,5", "expected": "12.5"}), found({"rule": "BR-02"})
    ('line 3, total: found 12,5, expected 12.5.', '')
    >>> found({"place": "line 3, total", "found": "12,5"}, "line 3, total cannot be read: csv-number")
    'Found 12,5.'
    """
    place = str(finding.get("place") or "")
    values = [f"{word} {finding[word]}" for word in ("found", "expected") if finding.get(word) is not None]
    told = ": ".join(filter(None, ("" if place in said else place, ", ".join(values))))
    return sentence(told[0].upper() + told[1:] if told and place in said else told) if told else ""


def state(word: str, because: str | None = None) -> dict[str, str]:
    """A state for a page: its word, label, tone and meaning. Who confirms receipt is no server that took a message."""
    means = reason(because)[0] if because == "handed-over" else MEANS.get(word, "")
    return {"word": word, "label": STATES.get(word, word), "tone": TONES.get(word, "rest"), "means": means}


def actor(word: str) -> str:
    """Who did it, for people.

    >>> actor("stage:conversion"), actor("provider:twilio"), actor("operator:ana"), actor("recipient")
    ('conversion', 'twilio', 'ana', 'the recipient')
    """
    kind, _, name = word.partition(":")
    return {"recipient": "the recipient", "link": "a visitor of the link"}.get(kind, name or kind)

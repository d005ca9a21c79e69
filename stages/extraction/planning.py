"""Planning: which party the buyer is, and what will be made for it. Nobody is ever guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.directory import Known
from connectors.profiles import Pinned
from schemas import ids
from schemas.canonical import Document
from schemas.documents import DeliveryHints, Identifier, Party
from schemas.errors import ConfigurationError
from schemas.messages import Plan, Rendition
from schemas.outcomes import LearntParty, Refusal
from schemas.tenants import TenantProfile
from stages.formats import registry
from stages.formats.format import Target
from stages.words import chosen

GLN = "0088"
FREE_SIGNATURE = "xades-b-b-asic-e"
"""Of targets whose law asks for no certain signature: a container beside the document."""
NEVER_DELIVERED = frozenset({"syntax-acknowledgement", "collection-report"})
"""What translators and banks say to this house."""
_WORDS = {"endpoint": "electronic address", "vat": "VAT number", "gln": "GLN", "erp": "customer number"}

Pair = tuple[str, str]
Found = Mapping[Pair, tuple[Known, ...]]


@dataclass(frozen=True)
class Recognised:
    """The party and the rule that recognised it; `learnt` where the invoice itself taught it."""

    party: Known
    rule: str
    learnt: LearntParty | None = None


def normal(scheme: str, value: str) -> str:
    """As the directory compares: without blanks and punctuation, in capitals; ERP numbers without leading zeros."""
    if scheme == "erp":
        return value.strip().lstrip("0") or value.strip()
    return "".join(c for c in value.upper() if c.isalnum() or c in "@:_")


def identifiers(party: Party) -> list[Pair]:
    """All by which a party may be recognised, the strongest first."""
    pairs: list[Pair] = []
    if party.endpoint:
        pairs.append((f"endpoint:{party.endpoint.scheme}", party.endpoint.value))
    if party.vat_identifier:
        pairs.append(("vat", party.vat_identifier))
    glns = [*party.identifiers, *([party.endpoint] if party.endpoint else [])]
    pairs += [("gln", each.value) for each in glns if each.scheme == GLN]
    # BT-46 without a scheme is what seller and buyer agreed upon: the seller's number for this customer
    numbers = [party.erp_id, *(each.value for each in party.identifiers if each.scheme is None)]
    pairs += [("erp", number) for number in numbers if number]
    return list(dict.fromkeys((scheme, normal(scheme, value)) for scheme, value in pairs))


def never_delivered(document: Document) -> Refusal | None:
    """Why a document of this kind goes to nobody, whatever the directory says."""
    if document.kind not in NEVER_DELIVERED:
        return None
    word = document.document_type.replace("-", " ")
    return Refusal("no-route", f"The export was read, but a document of type {word} is not delivered to a partner.")


def recognise(document: Document, tenant: str, found: Found, pinned: Pinned) -> Recognised | Refusal:
    """One party that all identifiers which are known agree on; none, several or a contradiction is a refusal."""
    if kept := never_delivered(document):
        return kept
    pairs = identifiers(document.receiver)
    hits = {pair: found[pair] for pair in pairs if found.get(pair)}
    if hits:
        sets = [{known.party_id for known in parties} for parties in hits.values()]
        agreed = set.intersection(*sets)
        if len(agreed) == 1:
            party = next(known for parties in hits.values() for known in parties if known.party_id in agreed)
            return Recognised(party, _decided(hits))
        return _unknown(document, pairs, hits)
    learnt = _learn(document, tenant, pairs) if pinned.profile.learn_parties else None
    if learnt is None:
        return _unknown(document, pairs, {})
    party = Known(learnt.party_id, learnt.name, 1, learnt.language, learnt.country, {}, learnt.identifiers)
    return Recognised(party, "learnt", learnt)


def _decided(hits: Found) -> str:
    """What recognised the party: the strongest identifier that it alone has; where others share each of them, those
    that only together leave one."""
    alone = [scheme for (scheme, _), parties in hits.items() if len(parties) == 1]
    schemes = dict.fromkeys(scheme.partition(":")[0] for scheme in alone[:1] or [scheme for scheme, _ in hits])
    return "+".join(schemes)


def _unknown(document: Document, pairs: Iterable[Pair], hits: Found) -> Refusal:
    who = "buyer" if document.kind == "invoice" else "recipient"
    each = {known.party_id: known for parties in hits.values() for known in parties}.values()
    asked = list(dict.fromkeys(_WORDS[scheme.partition(":")[0]] for scheme, _ in hits or pairs))
    if each:
        told = (
            f"its {' and '.join(asked)} {'lead' if len(asked) > 1 else 'leads'} to {len(each)} different parties "
            "of the directory."
        )
    elif asked:
        told = f"no party of the directory has its {' or '.join(asked)}."
    else:
        told = (
            "the export gives it neither an electronic address nor a VAT number, a GLN or a customer number. "
            "Add one in the ERP, and drop the export again."
        )
    return Refusal(
        "recipient-unknown",
        f"The {who} was not recognised: {told}",
        detail={
            "asked": [list(pair) for pair in pairs],
            "candidates": [{"party": str(known.party_id), "name": known.name} for known in each],
        },
    )


def _learn(document: Document, tenant: str, pairs: list[Pair]) -> LearntParty | None:
    """An unknown buyer with an identifier and an address for messages, where the profile lets invoices teach."""
    buyer, hints = document.receiver, _hints(document)
    email = hints.email or (buyer.contact.email if buyer.contact else None)
    if not pairs or not (email or hints.phone):
        return None
    return LearntParty(
        party_id=ids.derive("party", tenant, f"{pairs[0][0]}:{pairs[0][1]}"),
        name=buyer.name,
        language=hints.language,
        country=buyer.address.country if buyer.address else None,
        identifiers=tuple(pairs),
        email=email,
        phone=hints.phone,
    )


def _hints(document: Document) -> DeliveryHints:
    return getattr(document, "hints", DeliveryHints())


def with_receiver(document: Document, party: Party) -> Document:
    """The document with another receiver, whatever field its kind has it in."""
    return document.model_copy(update={document.RECEIVER: party})


def complete_receiver(document: Document, party: Known) -> tuple[Document, list[str]]:
    """Fill what the export did not say and the directory knows: the receiver's endpoint. Tells which fields."""
    if document.receiver.endpoint is not None:
        return document, []
    for scheme, value in party.identifiers:
        if scheme.startswith("endpoint:"):
            endpoint = Identifier(value=value, scheme=scheme.removeprefix("endpoint:"))
            receiver = document.receiver.model_copy(update={"endpoint": endpoint})
            return with_receiver(document, receiver), [f"{document.RECEIVER}.endpoint"]
    return document, []


def plan(document: Document, recognised: Recognised, pinned: Pinned) -> Plan | Refusal:
    """What will be made, every part pinned with its version; a refusal where no format carries such a document."""
    profile = pinned.profile
    try:
        renditions = _renditions(document, recognised.party, profile)
    except ConfigurationError as error:  # trying again changes nothing: somebody has to mend the recipient's options
        told = f"What the recipient is to have cannot be made: {error.text}."
        return Refusal("no-route", f"{told} Mend the recipient's or the tenant's options, then replay.")
    if not renditions:
        word, (asked, _) = document.document_type.replace("-", " "), _formats(document, recognised.party, profile)
        told = f"The recipient is to have {', '.join(asked)}, and that has no message for a document of type {word}."
        return Refusal("no-route", f"{told} Name a format that has one in the recipient's or the tenant's profile.")
    return Plan(
        party=recognised.party.party_id,
        party_rule=recognised.rule,
        renditions=renditions,
        language=chosen(recognised.party.language, _hints(document).language, profile.language),
        pdf_signature=profile.pdf_signature,
        brand=pinned.version,
        profile=pinned.version,
    )


def _formats(document: Document, party: Known, profile: TenantProfile) -> tuple[tuple[str, ...], str]:
    """The formats that are asked for, and by whose profile: the recipient's, else the country's, else the tenant's."""
    if wished := party.preferences.get("formats"):
        return tuple(wished), "recipient"
    address = document.receiver.address
    country = party.country or (address.country if address else None)
    if country in profile.country_formats:
        return profile.country_formats[country], "country"
    return profile.formats, "tenant"


def _renditions(document: Document, party: Known, profile: TenantProfile) -> tuple[Rendition, ...]:
    """One for each format that is asked for and has a message for this kind of document."""
    names, chosen_by = _formats(document, party, profile)
    own: dict[str, str] = party.preferences.get("format_options") or {}
    found: list[Rendition] = []
    for name in dict.fromkeys(names):
        target = registry.target(name)
        if not {document.kind, document.document_type} & target.kinds:
            continue
        given = {**profile.format_options.get(name, {}), **own}
        options = {key: value for key, value in given.items() if key in target.options}
        target.check(options)
        found.append(
            Rendition(
                format=name,
                rules="+".join(target.under(document, options).rules) or "none",
                options=options,
                losses=profile.losses.get(name, "report"),
                rule_engine=profile.rule_engine,
                rule_sample=profile.rule_sample if profile.rule_engine == "native" else Decimal(0),
                chosen_by=chosen_by,
                signature=_signature(profile, target),
            )
        )
    return tuple(found)


def _signature(profile: TenantProfile, target: Target) -> Any:
    """The tenant's word where the format leaves a choice; what the format's law wants, where it does not."""
    if "none" in (profile.signature, target.signature):
        return "none"
    return profile.signature if target.signature == FREE_SIGNATURE else target.signature

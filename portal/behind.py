"""What stands behind a valid link, and how it is put into a recipient's words: money, days and times of their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from pipeline.store import artefacts, pages
from pipeline.store.links import Link
from portal.desk import Desk
from schemas.canonical import MODELS
from schemas.codes import CREDIT_NOTE_TYPES
from schemas.errors import ConfigurationError
from schemas.messages import ArtefactKind, ArtefactRef
from schemas.tenants import BrandProfile, zone_named
from stages.words import days, load_notice, load_page, load_printed, locale

MESSAGE_KINDS = frozenset(MODELS) - {"invoice"}


@dataclass(frozen=True)
class Behind:
    """A document as one recipient may see it. `language` is their tag (BCP 47), `zone` theirs or the supplier's."""

    link_id: UUID
    type: str
    number: str
    seller: str
    initials: str
    amount: Decimal | None
    currency: str | None
    due_date: date | None
    issue_date: date | None
    state: str
    demonstration: bool
    copy_of: str | None
    confirmed_at: datetime | None
    expires_at: datetime
    language: str
    zone: str
    colour: str
    accent: str
    footer: str | None
    logo: bytes | None
    artefacts: Mapping[ArtefactKind, ArtefactRef]

    @property
    def credit(self) -> bool:
        return self.type == "credit-note" or self.type in CREDIT_NOTE_TYPES

    @property
    def message(self) -> bool:
        """Something around an invoice, which asks for no money."""
        return self.type in MESSAGE_KINDS

    def moment(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    def at(self, moment: datetime, language: str) -> dict[str, str]:
        """A moment as people write it there, with its zone's name; `iso` for machines."""
        zone = zone_named(self.zone) or UTC
        day = days.moment(moment, zone, locale(language))
        return {"text": f"{day} ({moment.astimezone(zone).tzname()})", "iso": moment.astimezone(UTC).isoformat()}

    def in_words(self, language: str) -> dict[str, Any]:
        """Everything the page prints, in the language and with the figures of a BCP 47 tag."""
        from babel.numbers import format_currency

        texts, printed, local = load_page(language), load_printed(language), locale(language)
        kind = printed.title_of(self.type if self.message else "credit-note" if self.credit else "invoice")
        money = ""
        if self.amount is not None and self.currency is not None:
            money = format_currency(self.amount, self.currency, locale=local)

        def day(value: date | None) -> dict[str, str] | None:
            return {"text": days.long(value, local), "iso": value.isoformat()} if value else None

        files = {}
        for name, artefact in _FILES.items():
            ref = self.artefacts.get(artefact)
            if ref is not None:
                files[name] = {"name": ref.name, "size": size(ref.size, local)}
        return {
            "title": load_notice(language).subject.format(kind=kind, number=self.number, seller=self.seller),
            "kind": kind,
            "number": self.number,
            "seller": self.seller,
            "initials": self.initials,
            "has_logo": self.logo is not None,
            "amount_label": printed.amount_credited if self.credit else printed.amount_due,
            "amount": money,
            "nothing_due": self.amount is not None and not self.credit and self.amount <= 0,
            "due_label": printed.due_date,
            "due": None if self.credit else day(self.due_date),
            "issued_label": printed.issue_date,
            "issued": day(self.issue_date),
            "superseded": self.state == "superseded",
            "demonstration": printed.demonstration if self.demonstration else None,
            "message": self.message,
            "copy_notice": printed.copy.format(platform=self.copy_of) if self.copy_of else None,
            "valid_until": texts.valid_until.format(
                date=days.long(self.expires_at.astimezone(zone_named(self.zone) or UTC).date(), local)
            ),
            "footer": self.footer,
            "files": files,
        }


_FILES = {"pdf": ArtefactKind.PDF, "e_format": ArtefactKind.E_FORMAT, "signature": ArtefactKind.SIGNATURE}


async def behind(desk: Desk, link: Link) -> Behind:
    """What a valid link leads to. The look is of the version that the document was planned with.

    Raises StoreUnavailable.
    """
    assert link.link_id and link.document_id and link.tenant  # noqa: PT018  of a valid link all are set
    async with desk.store.transaction() as conn:
        row = await pages.behind_link(conn, link.link_id)
        refs = await artefacts.of_owner(conn, link.document_id)
    assert row is not None
    newest: dict[ArtefactKind, ArtefactRef] = {}
    for ref in refs:  # newest first: a signed e-format stands for the one it was made of
        kind = ArtefactKind.E_FORMAT if ref.kind is ArtefactKind.SIGNED_DOCUMENT else ref.kind
        newest.setdefault(kind, ref)
    brand, logo, default = _look(desk, row["profile"], link.tenant)
    seller = brand.name if brand else row["seller"] or link.tenant
    return Behind(
        link_id=link.link_id,
        type=row["type"],
        number=row["number"] or "",
        seller=seller,
        initials=_initials(seller),
        amount=row["amount_due"],
        currency=row["currency"],
        due_date=row["due_date"],
        issue_date=row["issue_date"],
        state=row["state"],
        demonstration=row["demonstration"],
        copy_of=row["copy_of"],
        confirmed_at=row["confirmed_at"],
        expires_at=row["expires_at"],
        language=link.language or default,
        zone=row["timezone"] or row["policy_timezone"] or "UTC",
        colour=brand.colour if brand else "#1d4ed8",
        accent=brand.accent if brand else "#0f172a",
        footer=brand.footer if brand else None,
        logo=logo,
        artefacts=newest,
    )


def _look(desk: Desk, version: str | None, tenant: str) -> tuple[BrandProfile | None, bytes | None, str]:
    """A page without its colours is better than none: what cannot be read is left out."""
    try:
        found = desk.profiles.pinned(version) if version else desk.profiles.current(tenant)
    except ConfigurationError:
        return None, None, "en"
    return found.profile.brand, found.logo, found.profile.language


@lru_cache(maxsize=64)
def _initials(seller: str) -> str:
    from stages.rendering.brand import Brand

    return Brand(name=seller).initials


def size(count: int, local: Any) -> str:
    """Bytes for people, in thousands as file managers count: `48 kB`."""
    from babel.numbers import format_decimal

    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{format_decimal(round(count / 1000), locale=local)} kB"
    return f"{format_decimal(round(count / 1_000_000, 1), locale=local)} MB"

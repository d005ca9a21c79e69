"""The delivery stage: one delivery a contact, the first attempt, the policy as it stands now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import yaml

from connectors.profiles import FolderProfiles
from schemas import ids
from schemas.errors import NoContact
from schemas.messages import ArtefactKind, ArtefactRef, Plan, Resolved, ResolvedContact
from stages.delivery import Delivery

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ref(kind: ArtefactKind) -> ArtefactRef:
    return ArtefactRef(kind=kind, key="k", sha256="0" * 64, size=1, media_type="text/plain", name="n")


def resolved(*contacts: ResolvedContact, round_: int = 1) -> Resolved:
    plan = Plan(
        party=uuid4(), party_rule="vat", renditions=(), language="pl", brand="acme@1", profile="acme@0123456789ab"
    )
    return Resolved(
        tenant="acme", export_id=uuid4(), document_id=UUID(int=9), round=round_, plan=plan, renditions=(),
        canonical=ref(ArtefactKind.CANONICAL), completed=ref(ArtefactKind.COMPLETED), pdf=ref(ArtefactKind.PDF),
        contacts=contacts,
    )  # fmt: skip


def contact(number: int, *channels: str, hours: float = 0) -> ResolvedContact:
    at = NOON + timedelta(hours=hours)
    return ResolvedContact(contact=UUID(int=number), channels=channels, not_before=at, rule="default")


@pytest.fixture
def stage(tmp_path: Path) -> Delivery:
    profile = {"tenant": "acme", "brand": {"name": "Acme"}, "policy": {"silence_hours": 7}}
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(profile), "utf-8")
    return Delivery(FolderProfiles(tmp_path), lambda: NOON)


async def test_one_delivery_a_contact(stage: Delivery) -> None:
    """Each contact gets a delivery with its channels in order, the first of which is the first attempt's."""
    done = await stage.handle(resolved(contact(1, "email", "sms"), contact(2, "sms", hours=3)))
    first, second = done.effects
    assert done.state == "waiting"
    assert first.channels == ("email", "sms")  # type: ignore[union-attr]
    assert first.due_at == NOON  # type: ignore[union-attr]
    assert first.delivery_id == ids.delivery_id(UUID(int=9), UUID(int=1), "notify", 1)  # type: ignore[union-attr]
    assert first.attempt_id == ids.attempt_id(first.delivery_id, "email", 1)  # type: ignore[union-attr]
    assert second.due_at == NOON + timedelta(hours=3)  # type: ignore[union-attr]
    assert (first.language, first.profile) == ("pl", "acme@0123456789ab")  # type: ignore[union-attr]
    assert first.policy["silence_hours"] == 7  # type: ignore[union-attr]


async def test_a_replay_is_the_same_and_a_round_is_another(stage: Delivery) -> None:
    """The same message makes the same ids; a new round makes a delivery of its own."""
    message = resolved(contact(1, "email"))
    assert (await stage.handle(message)).effects == (await stage.handle(message)).effects
    (again,) = (await stage.handle(resolved(contact(1, "email"), round_=2))).effects
    (first,) = (await stage.handle(message)).effects
    assert again.delivery_id != first.delivery_id  # type: ignore[union-attr]


async def test_nobody_to_deliver_to(stage: Delivery) -> None:
    """Without a contact that has a channel the document is parked."""
    with pytest.raises(NoContact):
        await stage.handle(resolved(contact(1)))

"""Who is told, how and when: a preference beats a rule beats the default, and the event says which it was."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from connectors.directory import ContactPoint, Known, Reachable
from connectors.profiles import FolderProfiles
from schemas.errors import NoContact
from schemas.messages import ArtefactKind, ArtefactRef, MadeRendition, Plan, Rendered, Rendition
from schemas.outcomes import Done
from schemas.tenants import DeliveryPolicy
from stages.resolution import Resolution

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
PARTY = uuid.UUID(int=7)


@dataclass(frozen=True)
class People:
    """A directory of one party, in memory."""

    points: tuple[ContactPoint, ...]
    preferences: dict[str, str] = field(default_factory=dict)
    looked: list[set[uuid.UUID]] = field(default_factory=list)
    """The parties of each look-up."""

    def find(self, tenant: str, identifiers: object) -> dict[tuple[str, str], tuple[Known, ...]]:
        return {}

    def reachable(self, tenant: str, parties: Collection[uuid.UUID]) -> dict[uuid.UUID, Reachable]:
        self.looked.append(set(parties))
        known = {party: Known(party, "Casa Verde", 1, "pt", "PT", dict(self.preferences)) for party in parties}
        return {party: Reachable(each, self.points) for party, each in known.items()}


def point(**given: str | None) -> ContactPoint:
    values: dict[str, str | None] = dict.fromkeys(("name", "email", "phone", "language", "timezone", "channel"))
    return ContactPoint(contact_id=uuid.uuid4(), version=1, **{**values, **given})  # type: ignore[arg-type]


def message(party: uuid.UUID = PARTY) -> Rendered:
    ref = ArtefactRef(
        kind=ArtefactKind.PDF, key=f"demo/{PARTY}/pdf/{'0' * 64}", sha256="0" * 64, size=1, media_type="x", name="x"
    )
    plan = Plan(
        party=party, party_rule="vat", renditions=(Rendition(format="peppol", rules="peppol"),), language="pt",
        brand="demo@1", profile="demo@1",
    )  # fmt: skip
    made = MadeRendition(format="peppol", document=ref, rule_set="r")
    return Rendered(
        tenant="demo",
        export_id=PARTY,
        document_id=PARTY,
        canonical=ref,
        plan=plan,
        completed=ref,
        renditions=(made,),
        pdf=ref,
    )


async def resolved(tmp_path: Path, people: People, profile: str = "", now: datetime = NOON) -> Done:
    (tmp_path / "demo.yaml").write_text(f"tenant: demo\nbrand: {{name: Vinhos}}\n{profile}")
    return await Resolution(people, FolderProfiles(tmp_path), lambda: now).handle(message())


RULES = "rules: [{name: retail by sms, segment: retail, channels: [sms, email]}]\n"


@pytest.mark.parametrize(
    ("channel", "segment", "expected", "why"),
    [
        (None, None, ("email", "sms"), "default"),
        (None, "retail", ("sms", "email"), "rule retail by sms"),
        ("email", "retail", ("email", "sms"), "preference"),
        ("sms", None, ("sms", "email"), "preference"),
    ],
)
async def test_preference_beats_rule_beats_default(
    tmp_path: Path, channel: str | None, segment: str | None, expected: tuple[str, ...], why: str
) -> None:
    """All four combinations, each with what decided in the event."""
    people = People((point(email="a@b.pt", phone="+351912345678", channel=channel),), {"segment": segment or ""})
    done = await resolved(tmp_path, people, RULES)
    assert done.message is not None
    contact = done.message.contacts[0]  # type: ignore[attr-defined]
    assert (contact.channels, contact.rule) == (expected, why)
    assert done.facts[0].data["contacts"][0]["rule"] == why


async def test_a_channel_without_an_address_is_skipped_and_said(tmp_path: Path) -> None:
    """A consumer with only a phone gets an SMS; that there was no e-mail address stands in the event."""
    done = await resolved(tmp_path, People((point(phone="+351912345678"),)))
    assert done.message is not None
    assert done.message.contacts[0].channels == ("sms",)  # type: ignore[attr-defined]
    assert done.facts[0].data["skipped"][0]["why"] == "no email address"


async def test_a_batch_asks_the_directory_once(tmp_path: Path) -> None:
    """A thousand documents are no thousand questions; each gets what its own party wants."""
    (tmp_path / "demo.yaml").write_text("tenant: demo\nbrand: {name: Vinhos}\n")
    people = People((point(email="a@b.pt"),))
    messages = [message(uuid.UUID(int=number % 3)) for number in range(1000)]
    stage = Resolution(people, FolderProfiles(tmp_path), lambda: NOON).gathered(messages)
    done = [await stage.handle(each) for each in messages]
    assert people.looked == [{uuid.UUID(int=number) for number in range(3)}]
    assert [each.message.plan.party for each in done] == [each.plan.party for each in messages]  # type: ignore[union-attr]


async def test_every_contact_of_the_party_is_told(tmp_path: Path) -> None:
    """One delivery each."""
    done = await resolved(tmp_path, People((point(email="a@b.pt"), point(email="c@d.pt"))))
    assert done.message is not None
    assert len(done.message.contacts) == 2  # type: ignore[attr-defined]


async def test_a_party_without_any_address_stops_the_document(tmp_path: Path) -> None:
    """Nobody to tell is a person's business, not a silent success."""
    with pytest.raises(NoContact):
        await resolved(tmp_path, People((point(name="Ana"),)))


async def test_an_sms_waits_for_the_morning_of_its_reader(tmp_path: Path) -> None:
    """At 22:00 UTC it is midnight in Warsaw in summer: the message waits until eight there."""
    night = datetime(2026, 7, 1, 22, 0, tzinfo=UTC)
    people = People((point(phone="+48601234567", timezone="Europe/Warsaw"),))
    done = await resolved(tmp_path, people, now=night)
    assert done.message is not None
    assert done.message.contacts[0].not_before == datetime(2026, 7, 2, 6, 0, tzinfo=UTC)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 1, 15, 12, 0, tzinfo=UTC), datetime(2026, 1, 15, 12, 0, tzinfo=UTC)),
        (datetime(2026, 1, 15, 21, 0, tzinfo=UTC), datetime(2026, 1, 16, 8, 0, tzinfo=UTC)),
        (datetime(2026, 1, 15, 3, 0, tzinfo=UTC), datetime(2026, 1, 15, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),  # clocks go forward
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),  # clocks go back
    ],
)
def test_quiet_hours_end_at_the_policys_time_on_the_readers_clock(now: datetime, expected: datetime) -> None:
    """Over midnight, and over both changes of the clock."""
    assert DeliveryPolicy().earliest("sms", now) == expected


def test_quiet_hours_of_the_same_day_and_none_at_all() -> None:
    """Equal ends mean none; a nap after lunch is one of the same day; other channels are free."""
    none = DeliveryPolicy(quiet_from=time(0), quiet_until=time(0))
    assert none.earliest("sms", datetime(2026, 1, 1, 3, tzinfo=UTC)) == datetime(2026, 1, 1, 3, tzinfo=UTC)
    nap = DeliveryPolicy(quiet_from=time(13), quiet_until=time(15))
    assert nap.earliest("sms", datetime(2026, 1, 1, 14, tzinfo=UTC)) == datetime(2026, 1, 1, 15, tzinfo=UTC)
    assert nap.earliest("email", datetime(2026, 1, 1, 14, tzinfo=UTC)) == datetime(2026, 1, 1, 14, tzinfo=UTC)
    assert nap.earliest("sms", datetime(2026, 1, 1, 14, tzinfo=UTC), "No/Where") == datetime(2026, 1, 1, 15, tzinfo=UTC)

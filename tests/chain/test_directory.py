"""The directory on the real database: imported from CSV, looked up by stages, unchanged by the same file twice."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from event_store import PASSWORD

from pipeline.recipients import read_recipients
from pipeline.store import directory, history, importing
from pipeline.store.database import Store
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from schemas.errors import ConfigurationError, StoreUnavailable
from schemas.events import EventType

FILE = """name,erp_id,vat,gln,endpoint_scheme,endpoint,country,language,email,phone,channel,contact
Casa Verde,0000100,PT 501 964 843,,0088,5601234500009,PT,pt,contas@casaverde.pt,912 345 678,,
Zielony Dom,200,PL5260001246,,,,PL,pl,biuro@zielony.pl,601234567,sms,Anna
Grupo Norte,300,PT501964843,5601234500016,,,PT,de_at,norte@grupo.pt,,,
"""


@pytest.fixture
async def store(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(application_url(migrated(), PASSWORD), KeyRing.create(tmp_path / "ring"), size=2)
    await store.open()
    yield store
    await store.close()


async def imported(store: Store, text: str) -> importing.Imported:
    return await importing.import_recipients(store, "demo", read_recipients(io.StringIO(text)), "operator:test")


async def test_an_imported_party_is_found_by_each_of_its_identifiers(store: Store) -> None:
    """Compared without blanks, punctuation and leading zeros; numbers become E.164, languages BCP 47."""
    done = await imported(store, FILE)
    assert (done.new, done.changed, done.unchanged, done.refused) == (3, 0, 0, ())
    port = PostgresDirectory(store.url)
    pairs = [("endpoint:0088", "5601234500009"), ("erp", "100"), ("gln", "5601234500016"), ("vat", "PL5260001246")]
    found = port.find("demo", pairs)
    assert {pair: found[pair][0].name for pair in pairs} == dict(
        zip(pairs, ["Casa Verde", "Casa Verde", "Grupo Norte", "Zielony Dom"], strict=True)
    )
    contact = port.contacts("demo", found["endpoint:0088", "5601234500009"][0].party_id)[0]
    assert (contact.email, contact.phone) == ("contas@casaverde.pt", "+351912345678")
    assert found["gln", "5601234500016"][0].language == "de-AT"


async def test_one_number_of_two_parties_finds_both(store: Store) -> None:
    """A VAT group: the caller decides, the directory does not choose."""
    await imported(store, FILE)
    found = PostgresDirectory(store.url).find("demo", [("vat", "PT501964843")])
    assert sorted(known.name for known in found["vat", "PT501964843"]) == ["Casa Verde", "Grupo Norte"]


async def test_another_tenants_parties_are_not_found(store: Store) -> None:
    """Every row has a tenant."""
    await imported(store, FILE)
    assert PostgresDirectory(store.url).find("other", [("erp", "100")]) == {}


async def test_the_same_file_again_changes_nothing(store: Store) -> None:
    """A changed address is a new version of the contact, and an event."""
    await imported(store, FILE)
    again = await imported(store, FILE)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    changed = await imported(store, FILE.replace("biuro@zielony.pl", "kontakt@zielony.pl"))
    assert (changed.new, changed.changed, changed.unchanged) == (0, 1, 2)
    async with store.transaction() as conn:
        events = await history.search(conn, history.EventQuery(types=(EventType.PARTY_IMPORTED,)))
    assert len(events) == 4


async def test_a_wrong_line_is_left_out_and_the_rest_goes_on(store: Store) -> None:
    """Lines are counted, and everything that is wrong with them is told."""
    done = await imported(store, f"{FILE}X,1,,,,,PT,fi,nobody,,,\n")
    assert (done.new, done.left_out) == (3, 1)
    assert [(finding.rule, finding.place) for finding in done.refused] == [
        ("language-unknown", "line 5, column language"), ("email-invalid", "line 5, column email"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["100", "0000100", "erp 0000100", "endpoint:0088 5601234500009", "5601234500009", "casa verde", "ID"],
)
async def test_people_find_a_party_by_whatever_they_have(store: Store, name: str) -> None:
    """Name, id or its beginning, or any number, alone or as the table shows it; with its contact's mailbox."""
    await imported(store, FILE.replace("contact\n", "contact,mailbox\n").replace("345 678,,\n", "345 678,,,ZZ:CASA\n"))
    async with store.transaction() as conn:
        known = await directory.party(conn, "Casa Verde")
        asked = str(known["party_id"])[:8] if name == "ID" else name
        assert await directory.party(conn, asked) == known
    assert [(each["email"], each["mailbox"]) for each in known["contacts"]] == [("contas@casaverde.pt", "ZZ:CASA")]


async def test_a_number_that_nobody_or_several_have_is_told(store: Store) -> None:
    """Of several each is named, so that one can be asked for."""
    await imported(store, FILE)
    async with store.transaction() as conn:
        with pytest.raises(ConfigurationError, match="no party has the name, number or id nobody"):
            await directory.party(conn, "nobody")
        with pytest.raises(ConfigurationError, match=r"fits 2 parties: .*\(Casa Verde, .*\(Grupo Norte, "):
            await directory.party(conn, "PT 501 964 843")


def test_a_directory_that_does_not_answer_is_a_transient_error() -> None:
    """The document waits; it is not parked."""
    with pytest.raises(StoreUnavailable):
        PostgresDirectory("postgresql://nobody@127.0.0.1:1/none").find("demo", [("vat", "X")])

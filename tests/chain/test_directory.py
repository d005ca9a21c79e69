"""The directory on the real database: imported from CSV, looked up by stages, unchanged by the same file twice."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from event_store import PASSWORD

from pipeline.recipients import read_recipients
from pipeline.store import directory, history, importing, learning
from pipeline.store.database import Store
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from schemas import ids
from schemas.errors import ConfigurationError, StoreUnavailable
from schemas.events import EventType
from schemas.messages import ArtefactKind, ArtefactRef, ExportReceived
from schemas.outcomes import LearntParty

FILE = """name,erp_id,vat,gln,endpoint_scheme,endpoint,country,language,email,phone,channel,contact
Casa Verde,0000100,PT 501 964 843,,0088,5601234500009,PT,pt,contas@casaverde.pt,912 345 678,,
Zielony Dom,200,PL5260001246,,,,PL,pl,biuro@zielony.pl,601234567,sms,Anna
Grupo Norte,300,PT509442013,5601234500016,,,PT,de_at,norte@grupo.pt,,,
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
    party = found["endpoint:0088", "5601234500009"][0].party_id
    contact = port.reachable("demo", [party])[party].contacts[0]
    assert (contact.email, contact.phone) == ("contas@casaverde.pt", "+351912345678")
    assert found["gln", "5601234500016"][0].language == "de-AT"


async def shared(store: Store) -> None:
    """A VAT group, as directories may have it from before: two parties with one number."""
    await imported(store, FILE)
    async with store.transaction() as conn:
        await conn.execute(
            """INSERT INTO party_identifier (tenant, scheme, value, party_id)
               SELECT tenant, 'vat', 'PT501964843', party_id FROM party WHERE name = 'Grupo Norte'"""
        )


async def test_one_number_of_two_parties_finds_both(store: Store) -> None:
    """The caller decides, the directory does not choose."""
    await shared(store)
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


async def test_a_number_of_another_party_is_refused(store: Store) -> None:
    """With whose it is, by this file or an earlier one; nothing of the line is imported, the others are."""
    await imported(store, FILE)
    head = "name,erp_id,vat,gln,email\n"
    done = await imported(store, f"{head}X,7,pt501964843,,x@x.pt\nY,8,,5601234500016,y@y.pt\nZ,9,,,z@z.pt\n")
    assert (done.new, done.left_out) == (2, 1)
    (gln,) = done.refused
    assert (gln.rule, gln.place, gln.found) == ("identifier-of-another-party", "line 3, column gln", "5601234500016")
    assert "Grupo Norte (" in (gln.expected or "")
    (vat,) = done.remarks
    assert (vat.rule, vat.place, vat.found) == ("identifier-shared", "line 2, column vat", "pt501964843")
    found = PostgresDirectory(store.url).find("demo", [("vat", "PT501964843")])
    assert [each.name for each in found["vat", "PT501964843"]] != ["Casa Verde"]
    async with store.transaction() as conn:
        assert [row["name"] for row in await directory.parties(conn)] == [
            "Casa Verde", "Grupo Norte", "X", "Z", "Zielony Dom",
        ]  # fmt: skip


SOURCE = ArtefactRef(kind=ArtefactKind.SOURCE, key="k", sha256="0" * 64, size=1, media_type="text/plain", name="x")
WISHES = """name,erp_id,vat,country,segment,email,contact,formats,format_options
Casa Verde,100,PT501964843,PT,retail,a@casa.pt,Ana,peppol factur-x,profile=basic
Casa Verde,0100,,,,b@casa.pt,Rui,,
"""


async def wishes(store: Store) -> tuple[dict[str, object], str, list[str]]:
    async with store.transaction() as conn:
        party = await directory.party(conn, "100")
    return party["preferences"], party["identifiers"], sorted(each["email"] for each in party["contacts"])


async def test_a_contacts_line_does_not_clear_what_another_says_of_the_party(store: Store) -> None:
    """What a party is may stand on one of its lines; each line is a contact. The same file again changes nothing."""
    done = await imported(store, WISHES)
    assert (done.new, done.changed, done.left_out) == (1, 0, 0)
    preferences = {"segment": "retail", "formats": ["peppol", "factur-x"], "format_options": {"profile": "basic"}}
    told = (preferences, "erp 100, vat PT501964843", ["a@casa.pt", "b@casa.pt"])
    assert await wishes(store) == told
    again = await imported(store, WISHES)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert await wishes(store) == told


async def test_an_absent_column_leaves_and_an_empty_cell_clears(store: Store) -> None:
    """Wishes, numbers and a contact's fields alike; a party may be named by any of its numbers."""
    await imported(store, WISHES)
    before = await wishes(store)
    await imported(store, "name,vat\nCasa Verde,PT501964843\n")
    assert await wishes(store) == before
    await imported(store, "name,erp_id,contact,email,formats\nCasa Verde,100,Ana,c@casa.pt,\n")
    assert await wishes(store) == ({"segment": "retail"}, before[1], ["b@casa.pt", "c@casa.pt"])
    done = await imported(store, "name,erp_id,vat,segment\nCasa Verde,100,,\n")
    assert (done.changed, await wishes(store)) == (1, ({}, "erp 100", ["b@casa.pt", "c@casa.pt"]))


async def test_what_an_invoice_taught_gives_way_to_the_file(store: Store) -> None:
    """A learnt party's numbers are the imported party's from then on: its documents are nobody else's."""
    taught = LearntParty(
        party_id=ids.derive("party", "demo", "endpoint:0088:5"), name="casa verde", language=None, country="PT",
        identifiers=(("endpoint:0088", "5"), ("vat", "PT501964843")), email="a@casa.pt", phone=None,
    )  # fmt: skip
    message = ExportReceived(tenant="demo", export_id=taught.party_id, name="x", source=SOURCE)
    async with store.transaction() as conn:
        await learning.learn(conn, message, [taught], [], store.clock())
    done = await imported(store, WISHES)
    assert (done.new, done.left_out) == (1, 0)
    found = PostgresDirectory(store.url).find("demo", [("vat", "PT501964843"), ("endpoint:0088", "5")])
    assert [known.name for parties in found.values() for known in parties] == ["Casa Verde"]


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
    await shared(store)
    async with store.transaction() as conn:
        with pytest.raises(ConfigurationError, match="no party has the name, number or id nobody"):
            await directory.party(conn, "nobody")
        with pytest.raises(ConfigurationError, match=r"fits 2 parties: .*\(demo, Casa Verde, .*\(demo, Grupo Norte, "):
            await directory.party(conn, "PT 501 964 843")


def test_a_directory_that_does_not_answer_is_a_transient_error() -> None:
    """The document waits; it is not parked."""
    with pytest.raises(StoreUnavailable):
        PostgresDirectory("postgresql://nobody@127.0.0.1:1/none").find("demo", [("vat", "X")])

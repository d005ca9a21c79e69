"""The directory on the real database: imported from CSV, looked up by stages, unchanged by the same file twice."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from event_store import PASSWORD

from pipeline.store import directory, history
from pipeline.store.database import Store
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from schemas.errors import ConfigurationError, ExportUnreadable, StoreUnavailable
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


async def imported(store: Store, text: str) -> directory.Imported:
    return await directory.import_recipients(
        store, "demo", list(directory.read_recipients(io.StringIO(text))), "operator:test"
    )


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


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (",1,,,,,PT,,a@b.pt,,,", "name-missing"),
        ("X,,,,,,PT,,a@b.pt,,,", "identifier-missing"),
        ("X,1,,,,123,PT,,a@b.pt,,,", "endpoint-scheme-missing"),
        ("X,1,,,,,PT,fi,a@b.pt,,,", "language-unknown"),
        ("X,1,,,,,PT,,not an address,,,", "email-invalid"),
        ("X,1,,,,,PT,,,12,,", "phone-invalid"),
        ("X,1,,,,,PT,,a@b.pt,,fax,", "channel-unknown"),
    ],
)
async def test_a_wrong_line_is_left_out_with_its_place_and_the_rest_goes_on(store: Store, line: str, rule: str) -> None:
    """The finding names the line and the rule."""
    done = await imported(store, f"{FILE}{line}\n")
    assert (done.new, [(finding.rule, finding.place) for finding in done.refused]) == (3, [(rule, "line 5")])


def test_a_file_with_another_header_is_refused() -> None:
    """Before anything is imported; the columns that there may be are named."""
    with pytest.raises(ExportUnreadable, match="erp_id"):
        list(directory.read_recipients(io.StringIO("Nome;Telefone\nA;1\n")))


async def test_people_find_a_party_by_name_or_number(store: Store) -> None:
    """And are told when nobody fits."""
    await imported(store, FILE)
    async with store.transaction() as conn:
        assert (await directory.party(conn, "200"))["name"] == "Zielony Dom"
        assert (await directory.party(conn, "casa verde"))["contacts"][0]["email"] == "contas@casaverde.pt"
        with pytest.raises(ConfigurationError):
            await directory.party(conn, "nobody")


def test_a_directory_that_does_not_answer_is_a_transient_error() -> None:
    """The document waits; it is not parked."""
    with pytest.raises(StoreUnavailable):
        PostgresDirectory("postgresql://nobody@127.0.0.1:1/none").find("demo", [("vat", "X")])

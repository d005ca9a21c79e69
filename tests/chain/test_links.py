"""Links: each sending its own, withdrawn or expired one by one, and a token that stands nowhere but in its message."""

from __future__ import annotations

import json
import re

import pytest
from delivery_house import NOON, House

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from connectors.storage import get
from pipeline.store import links
from schemas.messages import ArtefactRef


async def tokens(house: House, count: int = 1, **more: object) -> list[str]:
    """Documents sent to the outbox; the token of each, from the message that carries it."""
    documents = await house.deliver(count, **more)  # type: ignore[arg-type]
    outbox = house.folder / "outbox"
    await house.dispatcher({"email": OutboxEmail(outbox), "sms": OutboxSms(outbox)}, link_days=30).once()
    found = []
    for document in documents:
        (row,) = await house.ask("SELECT message FROM attempt WHERE document_id = %s", document)
        text = json.loads(get(house.storage, ArtefactRef.model_validate(row["message"])))["text"]
        found += re.findall(r"https://docs\.example\.com/d/(\S+)", text)
    return found


async def test_a_link_leads_to_its_document(house: House) -> None:
    """The token of a message leads to its document, contact, attempt and language, also typed in capitals."""
    (token,) = await tokens(house, language="pl")
    link = await links.look_up(house.store, token.upper())
    (attempt,) = await house.ask("SELECT * FROM attempt")
    assert (link.state, link.document_id, link.attempt_id) == ("valid", house.documents[0], attempt["attempt_id"])
    assert (link.tenant, link.channel, link.language) == ("acme", "email", "pl")
    assert len(token) == 32


async def test_looking_changes_nothing(house: House) -> None:
    """A scanner may fetch a link a hundred times: it stays what it is, and nothing is written."""
    (token,) = await tokens(house)
    before = await house.ask("SELECT * FROM link")
    for _ in range(100):
        assert (await links.look_up(house.store, token)).state == "valid"
    assert await house.ask("SELECT * FROM link") == before
    assert "link-fetched" not in await house.happened(house.documents[0])


async def test_expired(house: House) -> None:
    """A link ends after its days, to the second."""
    (token,) = await tokens(house)
    house.later(days=30, seconds=-1)
    assert (await links.look_up(house.store, token)).state == "valid"
    house.later(seconds=1)
    assert (await links.look_up(house.store, token)).state == "expired"


async def test_withdrawn_one_by_one(house: House) -> None:
    """Withdrawing one link leaves the others open; twice is once."""
    first, second = await tokens(house, 2)
    link = await links.look_up(house.store, first)
    assert link.link_id is not None
    assert await links.revoke(house.store, link.link_id, why="wrong recipient", actor="operator:eva")
    assert not await links.revoke(house.store, link.link_id, why="again", actor="operator:eva")
    assert (await links.look_up(house.store, first)).state == "revoked"
    assert (await links.look_up(house.store, second)).state == "valid"
    assert (await house.happened(house.documents[0]))[-1] == "link-revoked"


@pytest.mark.parametrize("token", ["", "a", "a" * 32, "a" * 31 + "!", "../../etc/passwd", "é" * 32, "a" * 10_000, "\0"])
async def test_unknown(house: House, token: str) -> None:
    """What was never drawn leads nowhere, whatever it looks like."""
    found = await links.look_up(house.store, token)
    assert found == links.Link("unknown")


async def test_neighbours_of_a_token_are_unknown(house: House) -> None:
    """Each of the thousand tokens that differ in one character leads nowhere."""
    (token,) = await tokens(house)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    for place in range(len(token)):
        for letter in alphabet.replace(token[place], ""):
            other = token[:place] + letter + token[place + 1 :]
            assert links.digest(other) != links.digest(token)
    assert (await links.look_up(house.store, token[:-1] + ("a" if token[-1] != "a" else "b"))).state == "unknown"


async def test_a_token_stands_in_its_message_only(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """No table, event, log line or output holds a token, and a link's representation hides it."""
    token, other = await tokens(house, 2, phone="+351912345678", channels=("email", "sms"))
    assert token != other
    tables = await house.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'entrega'")
    assert len(tables) > 15
    for table in tables:
        for row in await house.ask(f"SELECT t::text AS line FROM entrega.{table['table_name']} t"):  # noqa: S608
            assert token not in row["line"], table["table_name"]
    captured = capfd.readouterr()
    assert token not in captured.out + captured.err
    drawn = links.draw(NOON, 90)
    assert drawn.token not in repr(drawn) + str(drawn)

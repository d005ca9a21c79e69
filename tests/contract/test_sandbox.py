"""The sandbox itself: it does what its rules say, remembers what it took, and reports as providers do."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from messages import a_text, an_email
from receiver import Receiver

from connectors.email.sendgrid import SendGridSender
from connectors.email.smtp import SmtpSender
from connectors.sandbox import Rule, Sandbox, Take, Targets
from connectors.sandbox.rules import Rules
from connectors.sms.twilio import TwilioSender
from schemas.errors import MessageRefused, OutcomeUnknown

ROOT = Path(__file__).parents[2]


async def test_journal_is_on_disk_before_the_answer(tmp_path: Path) -> None:
    """A message that was taken stands in the file when its sender is answered, once, in the order of answers."""
    async with Sandbox(tmp_path) as sandbox:
        email = SmtpSender(sandbox.host, sandbox.smtp_port, "b@example.pt", security="none")
        for number in range(5):
            message = an_email(f"a{number}@example.com")
            await email.send(message)
            lines = (tmp_path / "accepted.jsonl").read_bytes().splitlines()
            assert len(lines) == number + 1
            last = json.loads(lines[-1])
            assert (last["provider"], last["attempt"], last["to"]) == ("smtp", str(message.attempt), message.to)
            assert (last["subject"], len(last["sha256"])) == (message.subject, 64)
        await email.close()


async def test_journal_survives_a_crash(tmp_path: Path) -> None:
    """A new sandbox finds what the old one took; a line cut off by a crash was never answered and is dropped."""
    async with Sandbox(tmp_path) as first:
        sms = TwilioSender(first.account_sid, first.auth_token, base_url=first.http_url)
        message = a_text()
        sid = (await sms.send(message)).provider_message_id
        taken_at, key = first.accepted()[0].time, first.sendgrid_public_key
        await sms.close()
    with open(tmp_path / "accepted.jsonl", "ab") as file:  # noqa: ASYNC230
        file.write(b'{"provider": "twilio", "ti')
    async with Sandbox(tmp_path) as second:
        assert [entry.provider_id for entry in second.accepted()] == [sid]
        assert second.sendgrid_public_key == key
        sms = TwilioSender(second.account_sid, second.auth_token, base_url=second.http_url)
        assert await sms.find(message, taken_at) == sid
        await sms.send(a_text())
        await sms.close()
        assert len((tmp_path / "accepted.jsonl").read_bytes().splitlines()) == 2


def test_rules_do_not_depend_on_order() -> None:
    """With one seed, what happens to each recipient is the same whatever comes in between; with another, it is not."""
    rules = [Rule(take=Take.DROP, probability=0.3), Rule(take=Take.FAIL, every=2)]
    people = [f"p{i}@example.com" for i in range(200)]

    def run(seed: int, order: list[str]) -> dict[str, list[Take]]:
        machine = Rules(rules, seed)
        decided: dict[str, list[Take]] = {person: [] for person in people}
        for person in order:
            decided[person].append(machine.decide("smtp", person)[0].take)
        return decided

    same = run(1, people * 2)
    assert same == run(1, [*reversed(people), *people])
    assert same != run(2, people * 2)
    drops = sum(takes.count(Take.DROP) for takes in same.values())
    assert 80 < drops < 160
    assert {takes[0] for takes in same.values()} == {Take.DROP, Take.ACCEPT}
    assert {takes[1] for takes in same.values()} == {Take.DROP, Take.FAIL}


async def test_settings_over_http(tmp_path: Path) -> None:
    """Rules and targets are replaced while it runs; wrong ones are refused and change nothing; the log is read on."""
    async with Sandbox(tmp_path) as sandbox, aiohttp.ClientSession(sandbox.http_url) as web:
        rule = {"to": "*@closed.example", "take": "refuse", "code": 552, "status": "5.2.2"}
        async with web.put("/rules", json=[rule]) as answer:
            assert (answer.status, await answer.json()) == (200, [rule])
        email = SmtpSender(sandbox.host, sandbox.smtp_port, "b@example.pt", security="none")
        with pytest.raises(MessageRefused) as refusal:
            await email.send(an_email("a@closed.example"))
        assert (refusal.value.detail["code"], refusal.value.detail["reason"]) == ("552", "mailbox-full")
        assert refusal.value.detail["permanent"] is False
        for number in range(3):
            await email.send(an_email(f"a{number}@open.example"))
        await email.close()
        for wrong in ([{"take": "eat"}], {"take": "refuse"}, [{"probability": 2}]):
            async with web.put("/rules", json=wrong) as answer:
                assert answer.status == 422
        async with web.get("/rules") as answer:
            assert await answer.json() == [rule]
        async with web.get("/log", params={"provider": "smtp", "after": "1"}) as answer:
            assert [entry["to"] for entry in await answer.json()] == ["a1@open.example", "a2@open.example"]
        async with web.put("/targets", json={"sendgrid_webhook": "http://127.0.0.1:9/x"}) as answer:
            assert answer.status == 200
        async with web.get("/") as answer:
            about = await answer.json()
        assert about["targets"]["sendgrid_webhook"] == "http://127.0.0.1:9/x"
        assert about["smtp_port"] == sandbox.smtp_port


async def test_reports_are_sent_until_taken(tmp_path: Path) -> None:
    """A webhook that answers 503 gets the same report again, until it takes it: once."""
    async with Sandbox(tmp_path, deliver_after=0.05) as sandbox, Receiver(refusals=3) as receiver:
        sandbox.targets = Targets(sendgrid_webhook=receiver.url)
        email = SendGridSender(sandbox.api_key, sandbox.http_url)
        await email.send(an_email())
        await email.close()
        assert await sandbox.flush() == 0
        assert receiver.refused == 3
        assert [json.loads(got.body)[0]["event"] for got in receiver.received] == ["processed", "delivered"]


async def test_flush_does_not_wait(tmp_path: Path) -> None:
    """A bounce that is due in an hour comes when flushed; what cannot be delivered is counted as left."""
    async with Sandbox(tmp_path, bounce_after=3600) as sandbox, Receiver() as receiver:
        sandbox.targets = Targets(bounce_url=receiver.url)
        email = SmtpSender(sandbox.host, sandbox.smtp_port, "b@example.pt", security="none")
        await email.send(an_email("bounce-later@example.com"))
        assert (sandbox.reporter.pending, receiver.received) == (1, [])
        assert await sandbox.flush() == 0
        assert len(receiver.received) == 1
        sandbox.targets = Targets(bounce_url="http://127.0.0.1:1/nobody")
        await email.send(an_email("bounce-later@example.com"))
        assert await sandbox.flush(0.3) == 1
        await email.close()


async def test_reorder_lose_repeat(tmp_path: Path) -> None:
    """Reports come in another order, several times, or never, as told."""
    async with Sandbox(tmp_path, deliver_after=0.01) as sandbox, Receiver() as receiver:
        sms = TwilioSender(sandbox.account_sid, sandbox.auth_token, receiver.url, sandbox.http_url)
        await sms.send(a_text("+15005550027"))
        assert await sandbox.flush() == 0
        statuses = [got.body.partition(b"MessageStatus=")[2].partition(b"&")[0] for got in receiver.received]
        assert sorted(statuses) == [b"delivered", b"delivered", b"sent", b"sent"]
        assert statuses != [b"sent", b"sent", b"delivered", b"delivered"]
        receiver.received.clear()
        sandbox.set_rules([Rule(lose=1.0)])
        await sms.send(a_text())
        assert await sandbox.flush() == 0
        assert receiver.received == []
        assert len(sandbox.accepted()) == 2
        await sms.close()


async def test_as_a_program(tmp_path: Path) -> None:
    """As a program it says where it is in one line of JSON, works, and ends at SIGTERM with its journal whole."""
    rules = tmp_path / "rules.json"
    rules.write_text('[{"to": "x@example.com", "take": "drop-after"}]')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.sandbox", str(tmp_path / "s"), "--rules", str(rules),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    about = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    email = SmtpSender(about["smtp_host"], about["smtp_port"], "b@example.pt", security="none")
    with pytest.raises(OutcomeUnknown):
        await email.send(an_email("x@example.com"))
    await email.send(an_email("y@example.com"))
    await email.close()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    lines = Path(about["journal"]).read_text().splitlines()  # noqa: ASYNC240
    assert [json.loads(line)["to"] for line in lines] == ["x@example.com", "y@example.com"]

"""The e-mail contract over SendGrid's own SDK, its payload, and what its webhook reports."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from email_contract import EmailContract
from messages import an_email
from receiver import Received, Receiver

from connectors.email.sendgrid import SendGridSender, payload
from connectors.email.sendgrid_events import SIGNATURE_HEADER, TIMESTAMP_HEADER, reports, verify
from connectors.sandbox import Rule, Sandbox, Take, Targets
from connectors.sandbox.sendgrid import validate
from schemas.deliveries import Report, ReportAction
from schemas.errors import MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class TestSendGrid(EmailContract):
    provider = "sendgrid"

    def sender(self, sandbox: Sandbox) -> SendGridSender:
        return SendGridSender(sandbox.api_key, sandbox.http_url)

    def unreachable(self, port: int) -> SendGridSender:
        return SendGridSender("SG.x", f"http://127.0.0.1:{port}")

    async def test_wrong_key(self, sandbox: Sandbox) -> None:
        """A wrong key is no verdict on the message: an operator puts it right, and the message goes then."""
        sender = SendGridSender("SG.wrong", sandbox.http_url)
        with pytest.raises(ProviderUnavailable) as failure:
            await sender.send(an_email())
        assert (failure.value.detail["code"], failure.value.detail["reason"]) == ("401", "credentials")
        await sender.close()

    async def test_says_how_long_to_wait(self, sandbox: Sandbox) -> None:
        """Retry-After reaches the caller in seconds, for 429 and for a 503 that asks to come again."""
        sender = self.sender(sandbox)
        for take, error in ((Take.THROTTLE, ProviderThrottled), (Take.UNAVAILABLE, ProviderUnavailable)):
            sandbox.set_rules([Rule(take=take)])
            with pytest.raises(error) as failure:
                await sender.send(an_email())
            assert failure.value.retry_after == 1.0  # type: ignore[attr-defined]
        await sender.close()

    async def test_502_without_word_is_unknown(self, sandbox: Sandbox) -> None:
        """A bad gateway may have passed the message on."""
        sandbox.set_rules([Rule(take=Take.FAIL, code=502)])
        sender = self.sender(sandbox)
        with pytest.raises(OutcomeUnknown):
            await sender.send(an_email())
        await sender.close()

    async def test_hung_up_before_the_body(self, hanging_up: int) -> None:
        """A connection that breaks while a large body is still being written: surely not taken."""
        sender = SendGridSender("SG.x", f"http://127.0.0.1:{hanging_up}", timeout=5)
        with pytest.raises(ProviderUnavailable):
            await sender.send(an_email(html="x" * 20_000_000))
        await sender.close()

    @pytest.mark.parametrize(
        ("word", "expected"),
        [
            ("ok", ["accepted", "delivered"]),
            ("bounce-later", ["accepted", "bounced"]),
            ("late-bounce", ["accepted", "delivered", "bounced"]),
            ("block", ["accepted", "bounced"]),
            ("suppressed", ["dropped"]),
            ("defer", ["accepted", "deferred", "delivered"]),
            ("complain", ["accepted", "delivered", "complained"]),
        ],
    )
    async def test_reports_come_signed(self, sandbox: Sandbox, word: str, expected: list[str]) -> None:
        """What SendGrid tells later arrives signed, and is read as reports on the attempt, in its order."""
        async with Receiver() as receiver:
            sandbox.targets = Targets(sendgrid_webhook=receiver.url + "/sendgrid")
            sender = self.sender(sandbox)
            message = an_email(f"{word}@example.com")
            accepted = await sender.send(message)
            await sender.close()
            got = await receiver.until(lambda all_: len(all_) == len(expected))
            read = [report for one in got for report in checked(sandbox, one)]
            assert [report.action for report in read] == expected
            assert {report.attempt for report in read} == {message.attempt}
            assert {report.provider_message_id for report in read} == {accepted.provider_message_id}
            bounce = next((r for r in read if r.action is ReportAction.BOUNCED), None)
            if bounce is not None:
                assert bounce.permanent is (word != "block")
                assert bounce.reason == ("blocked" if word == "block" else "unknown-recipient")

    async def test_repeated_reports_have_one_key(self, sandbox: Sandbox) -> None:
        """A report sent five times, each with another sg_event_id, is one fact."""
        async with Receiver() as receiver:
            sandbox.targets = Targets(sendgrid_webhook=receiver.url)
            sender = self.sender(sandbox)
            await sender.send(an_email("repeat@example.com"))
            await sender.close()
            got = await receiver.until(lambda all_: len(all_) == 10)
            read = [report for one in got for report in checked(sandbox, one)]
            assert len({report.raw["sg_event_id"] for report in read}) == 10
            assert sorted({report.action for report in read}) == ["accepted", "delivered"]
            assert len({report.key for report in read}) == 2

    def test_payload_is_good_and_private(self) -> None:
        """The payload passes SendGrid's checks, switches tracking off, and its arguments hold only the attempt."""
        message = an_email()
        body = payload(message)
        assert validate(body) is None
        assert body["personalizations"][0]["custom_args"] == {"entrega_attempt": str(message.attempt)}
        assert [name for name, setting in body["tracking_settings"].items() if setting["enable"]] == []
        assert body["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"personalizations": []}, "personalizations"),
            ({"personalizations": [{"to": [{"email": "nobody"}]}]}, "personalizations.0.to.0.email"),
            ({"from": {}}, "from.email"),
            ({"subject": ""}, "subject"),
            ({"content": []}, "content"),
            ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
            ({"headers": {"Subject": "x"}}, "headers"),
        ],
    )
    def test_sandbox_checks_what_sendgrid_checks(self, change: dict[str, object], field: str) -> None:
        """The sandbox names the same wrong field as SendGrid does."""
        problem = validate({**payload(an_email()), **change})
        assert problem is not None
        assert problem[1] == field

    async def test_empty_text_is_refused_as_malformed(self, sandbox: Sandbox) -> None:
        """A message that SendGrid finds malformed is refused, and not blamed on the address."""
        sender = self.sender(sandbox)
        with pytest.raises(MessageRefused) as refusal:
            await sender.send(an_email(text=""))
        assert refusal.value.detail["reason"] == "malformed"
        await sender.close()


def checked(sandbox: Sandbox, got: Received) -> list[Report]:
    signature, stamp = got.headers[SIGNATURE_HEADER], got.headers[TIMESTAMP_HEADER]
    assert verify(sandbox.sendgrid_public_key, got.body, signature, stamp)
    assert not verify(sandbox.sendgrid_public_key, json.dumps(json.loads(got.body)).encode(), signature, stamp)
    return reports(got.body, NOW)


@pytest.fixture
def hanging_up() -> Iterator[int]:
    """A port whose server reads a little and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()

"""The SMS contract over Twilio's own SDK, and what its status callbacks report."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from messages import a_text
from receiver import Received, Receiver
from sms_contract import SmsContract

from connectors.attempts import attempt_of_callback
from connectors.sandbox import Rule, Sandbox, Take
from connectors.sms.twilio import TwilioSender
from connectors.sms.twilio_events import SIGNATURE_HEADER, reports, verify
from schemas.deliveries import Report
from schemas.errors import MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sender_for(sandbox: Sandbox, callback: str = "http://127.0.0.1:1/twilio") -> TwilioSender:
    return TwilioSender(sandbox.account_sid, sandbox.auth_token, callback, sandbox.http_url)


class TestTwilio(SmsContract):
    provider = "twilio"

    def sender(self, sandbox: Sandbox) -> TwilioSender:
        return sender_for(sandbox)

    def unreachable(self, port: int) -> TwilioSender:
        return TwilioSender("AC1", "token", base_url=f"http://127.0.0.1:{port}")

    @pytest.mark.parametrize(
        ("code", "error", "reason"),
        [
            (21211, MessageRefused, "invalid-number"),
            (21408, MessageRefused, "region-not-allowed"),
            (21610, MessageRefused, "opted-out"),
            (21612, MessageRefused, "unreachable"),
            (21614, MessageRefused, "landline"),
            (21606, MessageRefused, "sender-not-allowed"),
            (29999, MessageRefused, "other"),
            (21611, ProviderUnavailable, "throttled"),
            (20003, ProviderUnavailable, "credentials"),
            (20429, ProviderThrottled, "throttled"),
        ],
    )
    async def test_codes(self, sandbox: Sandbox, code: int, error: type[Exception], reason: str) -> None:
        """Twilio's codes become a refusal or a wait, with a word of ours."""
        sandbox.set_rules([Rule(take=Take.REFUSE, code=code)])
        sender = sender_for(sandbox)
        with pytest.raises(error) as failure:
            await sender.send(a_text())
        detail = failure.value.detail  # type: ignore[attr-defined]
        assert (detail["code"], detail["reason"]) == (str(code), reason)
        await sender.close()

    async def test_wrong_token(self, sandbox: Sandbox) -> None:
        """A wrong token is no verdict on the message."""
        sender = TwilioSender(sandbox.account_sid, "wrong", base_url=sandbox.http_url)
        with pytest.raises(ProviderUnavailable) as failure:
            await sender.send(a_text())
        assert failure.value.detail["reason"] == "credentials"
        await sender.close()

    async def test_answer_that_is_no_json(self, sandbox: Sandbox) -> None:
        """A success whose body cannot be read may be a success."""
        async with Receiver() as receiver:
            sender = TwilioSender("AC1", "token", base_url=receiver.url)
            with pytest.raises(OutcomeUnknown):
                await sender.send(a_text())
            assert len(receiver.received) == 1
            await sender.close()

    @pytest.mark.parametrize(
        ("to", "expected", "reason", "permanent"),
        [
            ("+351912345678", ["accepted", "delivered"], None, None),
            ("+15005550021", ["accepted", "bounced"], "unknown-number", True),
            ("+15005550022", ["accepted", "bounced"], "landline", True),
            ("+15005550023", ["accepted", "bounced"], "unreachable", False),
            ("+15005550024", ["dropped"], "sender-not-registered", False),
        ],
    )
    async def test_callbacks_come_signed(
        self, sandbox: Sandbox, to: str, expected: list[str], reason: str | None, permanent: bool | None
    ) -> None:
        """Status callbacks arrive signed at the attempt's own address, and are read as its reports."""
        async with Receiver() as receiver:
            sender = sender_for(sandbox, receiver.url + "/hooks/twilio?tenant=t1")
            message = a_text(to)
            accepted = await sender.send(message)
            await sender.close()
            got = await receiver.until(lambda all_: len(all_) == len(expected))
            read = [report for one in got for report in checked(sandbox, one)]
            assert [report.action for report in read] == expected
            assert {report.attempt for report in read} == {message.attempt}
            assert {report.provider_message_id for report in read} == {accepted.provider_message_id}
            assert {report.final_recipient for report in read} == {to}
            assert (read[-1].reason, read[-1].permanent) == (reason, permanent)

    async def test_silent(self, sandbox: Sandbox) -> None:
        """A message of which nothing is heard again is taken all the same."""
        async with Receiver() as receiver:
            sender = sender_for(sandbox, receiver.url)
            await sender.send(a_text("+15005550025"))
            assert await sandbox.flush() == 0
            assert receiver.received == []
            assert len(sandbox.accepted()) == 1
            await sender.close()


def checked(sandbox: Sandbox, got: Received) -> list[Report]:
    form = parse_qsl(got.body.decode("utf-8"), keep_blank_values=True)
    assert urlsplit(got.url).query.startswith("tenant=t1&attempt=")
    assert verify(sandbox.auth_token, got.url, form, got.headers[SIGNATURE_HEADER])
    assert not verify(sandbox.auth_token, got.url + "0", form, got.headers[SIGNATURE_HEADER])
    return reports(dict(form), NOW, attempt_of_callback(got.url))

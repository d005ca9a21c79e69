"""Twilio: text messages by its REST API, through its own SDK; what it reports is in connectors/sms/twilio_events.py.

The SDK never tries again here: a hidden retry would be a second message that no record knows of. (Not by
`max_retries=0`: aiohttp_retry then repeats a 5xx for ever.) It ignores the time limit it is given: each call gets it.

| answer                                   | what it means                                                             |
|------------------------------------------|---------------------------------------------------------------------------|
| 201                                      | Accepted, the message's SID                                               |
| 400 and a code of twilio_events.CODES    | MessageRefused or ProviderUnavailable, as the table says                  |
| 401, 403, 404                            | ProviderUnavailable: our account or number, not the message               |
| 429                                      | ProviderThrottled                                                         |
| 503 with Retry-After                     | ProviderUnavailable: RFC 9110, 15.6.4, asks to send it again              |
| other 5xx, silence or a lost connection after the body | OutcomeUnknown; `find` asks Twilio what it has              |
| no connection                            | ProviderUnavailable                                                       |

Source: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from connectors.attempts import callback_url
from connectors.reasons import Reason
from connectors.sms.twilio_events import CODES, PROVIDER
from connectors.throttling import retry_after
from schemas.deliveries import Accepted, SmsMessage
from schemas.errors import EntregaError, MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable

if TYPE_CHECKING:
    from twilio.rest import Client

_SKEW = timedelta(minutes=2)
_URL = re.compile(r"https?://\S+")
_SEEN_AT_MOST = 500


@dataclass
class _Exchange:
    """What one request left behind, for the SDK's exceptions hold neither."""

    body_sent: bool = False
    headers: Any = None


_exchange: ContextVar[_Exchange] = ContextVar("twilio_exchange")


@dataclass
class TwilioSender:
    """`base_url` other than the default sends every request there: the sandbox, or a proxy.

    `status_callback`: the public address of our own hook; the attempt's id is added to it (connectors/attempts.py).
    `validity_period`: seconds Twilio may keep the message waiting, 1 to 36000; then it reports 30036.
    """

    account_sid: str
    auth_token: str
    status_callback: str | None = None
    base_url: str = "https://api.twilio.com"
    validity_period: int = 14_400
    timeout: float = 30.0
    connections: int = 50
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    provider: str = PROVIDER
    reports_delivery: bool = True

    def __post_init__(self) -> None:
        self._client: Client | None = None

    async def send(self, message: SmsMessage) -> Accepted:
        def create(client: Client) -> Any:
            more = {}
            if self.status_callback:
                more["status_callback"] = callback_url(self.status_callback, message.attempt)
            return client.messages.create_async(
                to=message.to,
                from_=message.sender,
                body=message.text,
                validity_period=self.validity_period,
                **more,
            )

        taken = await self._ask(create)
        if not taken.sid:
            raise OutcomeUnknown("Twilio's answer names no message", diagnostic=str(taken.status))
        return Accepted(provider=self.provider, provider_message_id=taken.sid, response=str(taken.status))

    async def find(self, message: SmsMessage, since: datetime) -> str | None:
        """Twilio's own list for this number, newest first, back to `since` less two minutes of clock difference.

        Not filtered by DateSent: a queued message has none yet, and to overlook it would send it twice. The body is
        compared by its link where it has one: Twilio may have replaced characters ("smart encoding").
        """
        links = set(_URL.findall(message.text))

        async def search(client: Client) -> str | None:
            stream = await client.messages.stream_async(to=message.to, limit=_SEEN_AT_MOST, page_size=50)
            async for found in stream:
                if found.date_created is not None and found.date_created < since - _SKEW:
                    return None
                body = found.body or ""
                if (links and links <= set(_URL.findall(body))) or body == message.text:
                    return str(found.sid)
            return None

        try:
            sid: str | None = await self._ask(search)
        except (OutcomeUnknown, MessageRefused) as error:
            raise ProviderUnavailable(f"Twilio's message list: {error.text}", **error.detail) from None
        return sid

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.http_client.close()

    async def _ask(self, call: Callable[[Client], Any]) -> Any:
        """Make one call of the SDK, and turn every way it can fail into one of the port's errors."""
        import aiohttp
        from twilio.base.exceptions import TwilioException, TwilioRestException

        exchange = _Exchange()
        token = _exchange.set(exchange)
        try:
            return await call(self._connect())
        except TwilioRestException as error:
            raise self._verdict(error, exchange.headers) from None
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientProxyConnectionError,
        ) as error:
            raise ProviderUnavailable(f"Twilio cannot be reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, OSError, TimeoutError, TwilioException, ValueError) as error:
            # ValueError: a 2xx whose body is no JSON.
            if not exchange.body_sent:
                raise ProviderUnavailable(f"Twilio cannot be reached: {type(error).__name__}") from None
            raise OutcomeUnknown(
                f"Twilio did not answer after the body was sent: {type(error).__name__}", diagnostic=str(error)
            ) from None
        finally:
            _exchange.reset(token)

    def _connect(self) -> Client:
        """The SDK's client, made inside the running loop: its session belongs to it."""
        if self._client is None:
            from twilio.rest import Client

            http = _http_client(self.base_url, self.timeout, self.connections)
            self._client = Client(self.account_sid, self.auth_token, http_client=http)
        return self._client

    def _verdict(self, error: Any, headers: Any) -> EntregaError:
        status, code = int(error.status), int(error.code or 0)
        said: dict[str, Any] = {"code": str(code or status), "diagnostic": str(error.msg)}
        wait = retry_after(headers, self.clock())
        if status == 429 or code == 20429:
            return ProviderThrottled(
                f"Twilio asks for patience: {code or status}", **said, reason=Reason.THROTTLED, retry_after=wait
            )
        if status in (401, 403) and code not in CODES:
            return ProviderUnavailable(f"Twilio refuses our account: {status}", **said, reason=Reason.CREDENTIALS)
        if status >= 500:
            if status == 503 and wait is not None:
                return ProviderUnavailable("Twilio does not take the message now: 503", **said, retry_after=wait)
            return OutcomeUnknown(f"Twilio failed after the body was sent: {status}", **said)
        known = CODES.get(code)
        if known is not None and not known.final:
            return ProviderUnavailable(f"Twilio does not take the message now: {code}", **said, reason=known.reason)
        if status < 400 or status in (404, 405):
            return ProviderUnavailable(f"Twilio does not know our account: {status}", **said, reason=Reason.CREDENTIALS)
        return MessageRefused(
            f"Twilio refused the message: {code or status}",
            **said,
            reason=known.reason if known else Reason.OTHER,
            permanent=known.permanent if known else False,
        )


def _http_client(base_url: str, timeout: float, connections: int) -> Any:
    """Twilio's own asynchronous HTTP client, with a time limit that is kept, another host, and no log of numbers."""
    import aiohttp
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.http.response import Response

    quiet = logging.getLogger("twilio.async_http_client.quiet")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False  # the SDK logs query strings, which hold phone numbers, at INFO
    target = urlsplit(base_url)

    class HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
        async def request(self, method: str, url: str, **arguments: Any) -> Response:
            parts = urlsplit(url)
            arguments["timeout"] = timeout  # left alone it is None: no limit at all, whatever the client was given
            login = arguments.pop("auth")  # aiohttp calls the way in which the SDK passes it deprecated
            arguments["headers"]["Authorization"] = aiohttp.encode_basic_auth(*login)
            moved = urlunsplit(parts._replace(scheme=target.scheme, netloc=target.netloc))
            response = await super().request(method, moved, **arguments)
            exchange = _exchange.get(None)
            if exchange is not None:
                exchange.headers = response.headers
            return response

    async def sent(*_: Any) -> None:
        exchange = _exchange.get(None)
        if exchange is not None:
            exchange.body_sent = True

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(sent)
    trace.on_request_chunk_sent.append(sent)
    client = HttpClient(pool_connections=False, logger=quiet, timeout=timeout)
    client.session = aiohttp.ClientSession(
        # Short: a request over a connection that the other side has just closed has an unknown outcome.
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=4),
        trace_configs=[trace],
    )
    return client

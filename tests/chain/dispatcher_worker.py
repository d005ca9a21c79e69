"""A dispatcher as a process of its own, to be killed: `python dispatcher_worker.py FOLDER URL SMTP_PORT HTTP_URL`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from delivery_house import open_house

from connectors.email.smtp import SmtpSender
from connectors.sms.twilio import TwilioSender


async def main(folder: Path, url: str, smtp_port: int, http_url: str) -> None:
    async with open_house(url, folder, real=True) as house:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        senders = {
            "email": SmtpSender("127.0.0.1", smtp_port, "bounces@acme.example", security="none", connections=8),
            "sms": TwilioSender("AC" + "5a" * 16, "sandbox", base_url=http_url),
        }
        dispatcher = house.dispatcher(senders, lease_seconds=1.0, in_flight=20, batch=10)
        print("ready", flush=True)
        await dispatcher.run(stop)
        await dispatcher.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))

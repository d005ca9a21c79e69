"""`python -m connectors.sandbox FOLDER`: the sandbox as a program. One JSON line with its addresses on stdout, then it
runs until SIGTERM or SIGINT. `--rules` names a JSON file with a list of rules."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from connectors.sandbox.rules import Rule
from connectors.sandbox.server import Sandbox, Targets, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description="SMTP, SendGrid and Twilio on loopback.")
    parser.add_argument("folder", type=Path, help="holds accepted.jsonl and the signing key")
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bounce-after", type=float, default=3.0, metavar="SECONDS")
    for name in Targets.model_fields:
        parser.add_argument("--" + name.replace("_", "-"))
    given = parser.parse_args()
    rules = [Rule.model_validate(rule) for rule in json.loads(given.rules.read_text("utf-8"))] if given.rules else []
    sandbox = Sandbox(
        folder=given.folder,
        http_port=given.http_port,
        smtp_port=given.smtp_port,
        rules=rules,
        seed=given.seed,
        bounce_after=given.bounce_after,
        targets=Targets(**{name: getattr(given, name) for name in Targets.model_fields}),
    )
    asyncio.run(_run(sandbox))


async def _run(sandbox: Sandbox) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def announce(about: dict[str, Any]) -> None:
        print(json.dumps(about), flush=True)

    await serve(sandbox, announce, stop)


if __name__ == "__main__":
    main()

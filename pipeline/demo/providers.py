"""The sandbox as the demo runs it: a process of its own, on loopback, to which SendGrid's and Twilio's SDKs talk."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError

BOUNCE_SECONDS = 4.0
"""From taking the e-mail to reporting that it bounced."""


@dataclass(frozen=True)
class Providers:
    """A running sandbox; `about` is what it says of itself."""

    process: subprocess.Popen[str]
    about: dict[str, Any]

    @property
    def log_url(self) -> str:
        return f"{self.about['http_url']}/log"

    @property
    def log_file(self) -> Path:
        return Path(self.about["journal"])

    def settings(self) -> dict[str, str]:
        """What `entrega.toml` must say so that everything is sent to this sandbox."""
        return {
            "email_provider": "sendgrid",
            "sendgrid_key": self.about["api_key"],
            "sendgrid_url": self.about["http_url"],
            "sendgrid_webhook_key": self.about["sendgrid_public_key"],
            "sms_provider": "twilio",
            "twilio_account": self.about["account_sid"],
            "twilio_token": self.about["auth_token"],
            "twilio_url": self.about["http_url"],
        }

    def report_to(self, public_url: str) -> None:
        """Name the web hook that SendGrid's reports go to; Twilio's go where each message says."""
        self._ask("PUT", "/targets", {"sendgrid_webhook": f"{public_url}/webhooks/sendgrid"})

    def accepted(self) -> list[dict[str, Any]]:
        """What was taken so far, in order, as `connectors.sandbox.Entry`."""
        found: list[dict[str, Any]] = self._ask("GET", "/log")
        return found

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        if self.alive():
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        address = urlsplit(self.about["http_url"])
        connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=10)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise ConfigurationError(f"the sandbox answers {answer.status} to {method} {path}")
            return json.loads(content)
        except OSError as error:
            raise ConfigurationError(f"the sandbox does not answer: {error}") from error
        finally:
            connection.close()


def start(folder: Path, log: Path) -> Providers:
    """Start the sandbox; its journal and key stand in `folder`. Returns when it listens."""
    folder.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "connectors.sandbox", str(folder), "--bounce-after", str(BOUNCE_SECONDS)]
    with open(log, "ab") as errors:
        # a session of its own: Ctrl-C is for the demo, which stops the workers first
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True,
            start_new_session=True, preexec_fn=_end_with_parent,
        )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        tail = log.read_text("utf-8", "replace")[-1000:]
        raise ConfigurationError(f"the sandbox did not start\n{tail}")
    return Providers(process, json.loads(line))


def _end_with_parent() -> None:
    """A demo that is killed leaves no sandbox behind."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG

"""demo, sandbox: the main job on sample exports, and the providers' stand-ins that it is played with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import JsonOption

if TYPE_CHECKING:
    from pipeline.demo.run import Result, Running


def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(sandbox)


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="End when every document has reached its end.")] = False,
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder, kept; default .entrega/demo, fresh each time.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """The main job on sample exports, before your eyes.

    Delivered to a sandbox of providers: nothing leaves this machine. At a terminal it stays up with its pages until
    Ctrl-C. Exit 0 only if each document ended as it should.
    """
    import asyncio
    import signal
    import sys

    from pipeline.cli.output import say
    from pipeline.demo import folder, run

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    for number in folder.ENDING:
        signal.signal(number, stop)
    for name in folder.forget_environment():
        say(f"{name} is left aside: the demo keeps to itself")
    where = (data or folder.DEFAULT).absolute()
    code = 1
    try:
        with run.running(where, fresh=data is None, say=say) as here:
            with _progress(json) as show:
                result = asyncio.run(run.play(here, show))
            code = 0 if result.as_expected else 1
            _print(here, result, json)
            if not exit_ and sys.stdout.isatty():
                say("\nEverything stays up: click around. Ctrl-C ends the demo.")
                _stay(here)
        say(f"All of it is stopped; `entrega up --data {where}` brings the pages back.")
    except KeyboardInterrupt:
        pass
    raise typer.Exit(code)


def _progress(json: bool) -> Any:
    """A bar at a terminal, a line now and then elsewhere; gives the function that is told how far it is."""
    import sys
    import time
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    from pipeline.cli.output import say

    @contextmanager
    def shown() -> Any:
        if json:
            yield lambda ended, known: None
        elif sys.stderr.isatty():
            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("Documents at their end", total=None)
                yield lambda ended, known: bar.update(task, completed=ended, total=known or None)
        else:
            last = time.monotonic() - 10

            def line(ended: int, known: int) -> None:
                nonlocal last
                if time.monotonic() - last >= 5:
                    last = time.monotonic()
                    say(f"{ended} of {known} documents at their end")

            yield line

    return shown()


def _print(here: Running, result: Result, json: bool) -> None:
    from pipeline import wiring
    from pipeline.cli.output import json_line, say
    from pipeline.cli.tables import table
    from pipeline.demo import expected, outcome

    wanted = expected().documents
    pages = wiring.addresses(here.settings)
    addresses = {
        "operator's page": pages["operator"],
        "a recipient's page": result.link or "none was sent",
        "outbox": pages["outbox"],
        "sandbox log": here.providers.log_url,
        "the same as a file": str(here.providers.log_file),
    }
    if json:
        for row in result.rows:
            json_line({**row.shown(), "document_id": row.document_id, "as_expected": row.as_expected(wanted)})
        json_line({"addresses": addresses, "seconds": round(result.seconds, 1), "as_expected": result.as_expected})
        return
    table(outcome.COLUMNS, [row.shown() for row in result.rows], title="What became of each document")
    if result.story:
        number = next(row.number for row in result.rows if len(row.channels) > 1)
        table(("after", "event", "detail"), result.story, title=f"How {number} got there")
    _sum_up(here, result)
    for name, address in addresses.items():
        print(f"{name:<20} {address}")
    if not result.link and not result.repeated:
        say("No message with a link was found in the sandbox's log")


def _sum_up(here: Running, result: Result) -> None:
    from pipeline.cli.output import say
    from pipeline.demo import expected

    wanted = expected().documents
    wrong = [row for row in result.rows if not row.as_expected(wanted)]
    again = " All of them were dropped by an earlier run: nothing was sent twice." if result.repeated else ""
    if result.as_expected:
        say(f"{len(result.rows)} documents in {result.seconds:.0f} s, each ended as it should.{again}")
        return
    say(f"{len(wrong)} of {len(result.rows)} documents did not end as they should in {result.seconds:.0f} s:")
    for row in wrong:
        should = "duplicate" if row.again else wanted[row.number].end if row.number in wanted else "nothing"
        say(f"  {row.number}: {row.end} {row.reason}, should be {should}")
    missing = set(wanted) - {row.number for row in result.rows}
    if missing:
        say(f"  never seen: {', '.join(sorted(missing))}")
    say(f"The logs are in {here.settings.data / 'log'}")


def _stay(here: Running) -> None:
    """Until Ctrl-C, or until something that must run does not."""
    import time

    from pipeline import kept
    from pipeline.cli.output import say

    while True:
        time.sleep(1)
        if not here.providers.alive() or kept.kept(here.settings.data) is None:
            say("Something that the demo started is gone; the logs are in " + str(here.settings.data / "log"))
            return


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the HTTP server; 0: a free one.")] = 0,
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="Of the SMTP server; 0: a free one.")] = 0,
    rules: Annotated[
        Path | None,
        typer.Option(help="JSON: a list of rules, before what addresses say."),
    ] = None,
    log: Annotated[Path, typer.Option(help="Folder of accepted.jsonl and the webhook's key.")] = Path(
        ".entrega/sandbox"
    ),
    sendgrid_webhook: Annotated[str | None, typer.Option(help="Where SendGrid's reports go.")] = None,
    bounce_url: Annotated[str | None, typer.Option(help="Where bounce mails go, by HTTP.")] = None,
    json: JsonOption = False,
) -> None:
    """Stand-ins of SMTP, SendGrid and Twilio.

    On loopback, until Ctrl-C: they accept, refuse, throttle and bounce later, as rules say, and keep what they took.
    """
    import asyncio

    from pydantic import TypeAdapter, ValidationError

    from connectors.sandbox import Rule, Sandbox, Targets
    from schemas.errors import ConfigurationError

    chosen: list[Rule] = []
    if rules is not None:
        try:
            chosen = TypeAdapter(list[Rule]).validate_json(rules.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{rules}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise ConfigurationError(": ".join(filter(None, (str(rules), place, first["msg"])))) from error
    targets = Targets(sendgrid_webhook=sendgrid_webhook, bounce_url=bounce_url)
    running = Sandbox(folder=log, http_port=port, smtp_port=smtp_port, rules=chosen, targets=targets)
    asyncio.run(_serve(running, json))


async def _serve(sandbox: Any, json: bool) -> None:
    import asyncio
    import signal

    from connectors.sandbox import serve
    from pipeline.cli.output import json_line, say

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def announce(about: dict[str, Any]) -> None:
        if json:
            json_line(about)
            return
        print(f"{'SendGrid, Twilio':<20} {about['http_url']}")
        print(f"{'SMTP':<20} {about['smtp_host']}:{about['smtp_port']}")
        print(f"{'what was accepted':<20} {about['http_url']}/log and {about['journal']}", flush=True)
        say("Settings that send everything here:")
        for name, value in (
            ("email_provider", "sendgrid"),
            ("sendgrid_key", about["api_key"]),
            ("sendgrid_url", about["http_url"]),
            ("sendgrid_webhook_key", about["sendgrid_public_key"]),
            ("sms_provider", "twilio"),
            ("twilio_account", about["account_sid"]),
            ("twilio_token", about["auth_token"]),
            ("twilio_url", about["http_url"]),
            ("twilio_sender", "+351900000900"),
        ):
            say(f'  {name} = "{value}"')
        say("Ctrl-C ends it.")

    await serve(sandbox, announce, stop)

"""up, down, status, worker, web, doctor, config: running it and looking after it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import DataOption, JsonOption

config = typer.Typer(help="The settings.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    for command in (up, down, status, worker, web, doctor):
        app.command()(command)
    app.command(hidden=True)(keep)
    app.add_typer(config, name="config")


def up(data: DataOption = None, json: JsonOption = False) -> None:
    """Start broker, database, workers and pages.

    Whatever is not configured otherwise is started here, in the background. What runs already is left alone; where
    settings were changed since, workers and pages are started anew with them.
    """
    from pipeline import background, wiring
    from pipeline.cli.output import json_line, say
    from pipeline.settings import load

    settings = load(data)
    found = background.up(settings, say)
    pages = wiring.addresses(settings)
    if json:
        json_line({"data": str(settings.data), "kafka": found.kafka, **pages})
    else:
        say(f"Ready. Data in {settings.data}")
        _print(pages)
        say("`entrega ingest FILE` drops an export; `entrega down` stops everything.")


def down(data: DataOption = None, json: JsonOption = False) -> None:
    """Stop what `up` started.

    Workers and pages first, then database and broker; documents on their way go on after the next `up`.
    """
    from pipeline import background
    from pipeline.cli.output import json_line, say, working
    from pipeline.settings import load

    settings = load(data)
    with working("Stopping", quiet=json):
        stopped = background.down(settings.data)
    if json:
        json_line({"stopped": bool(stopped)})
    else:
        say("Stopped." if stopped else "Nothing was running.")


def status(data: DataOption = None, json: JsonOption = False) -> None:
    """What runs and what does not, and what holds it up.

    Says where the pages are, if they are served here. Exit 1 when something crashed, hangs or is held up.
    """
    from pipeline import wiring
    from pipeline.cli import processes
    from pipeline.cli.output import rows
    from pipeline.settings import load

    settings = load(data)
    found = processes.running(settings)
    rows(("service", "is", "pid", "memory_mib", "note"), found, as_json=json)
    if not json and any((row["service"], row["is"]) == ("web", "running") for row in found):
        _print(wiring.addresses(settings))
    if any(row["is"] in processes.BAD for row in found):
        raise typer.Exit(1)


def _print(pages: Mapping[str, str]) -> None:
    for name, address in pages.items():
        print(f"{name:<10} {address}")


def keep(data: DataOption = None) -> None:
    """Look after what `up` started, in the foreground."""
    import asyncio

    from pipeline import logs
    from pipeline.keeper import Keeper
    from pipeline.settings import load

    settings = load(data)
    logs.configure(settings.log_level)
    asyncio.run(Keeper(settings).run())


def worker(
    roles: Annotated[list[str] | None, typer.Argument(help="Stages and roles; none: all of them.")] = None,
    instance: Annotated[
        str | None,
        typer.Option(help="This process's name among all workers of the cluster: started again, it goes on at once."),
    ] = None,
    data: DataOption = None,
) -> None:
    """Run stages and roles in this process.

    Until SIGTERM; for machines where `up` is not to look after it. `entrega worker signing rendering` runs those two.
    """
    import asyncio

    import structlog

    from pipeline import logs
    from pipeline.settings import load
    from schemas.errors import EntregaError

    settings = load(data)  # before Faust is imported: a wrong setting is told at once
    logs.configure(settings.log_level)
    from pipeline import worker as workers

    try:
        asyncio.run(workers.run(settings, roles or [], _ready_file(settings.data, "worker"), instance))
    except EntregaError:
        raise
    except Exception as error:
        structlog.get_logger().exception("worker-ended")
        _last_words(settings.data, "worker", str(error))
        workers.leave(1)
    workers.leave(0)


def web(data: DataOption = None) -> None:
    """Serve the pages and the providers' webhooks.

    Until SIGTERM; for machines where `up` is not to look after it.
    """
    from pipeline import logs, wiring
    from pipeline.settings import load

    settings = load(data)
    logs.configure(settings.log_level)
    wiring.serve_web(settings, _ready_file(settings.data, "web"))


def _last_words(data: Path, name: str, why: str) -> None:
    """For `status`: a process that is started again looks as healthy as ever."""
    from contextlib import suppress
    from datetime import UTC, datetime

    from pipeline.cli.processes import ended_file

    with suppress(OSError):  # a full disk is no reason to stay
        ended_file(data, name).write_text(f"ended at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: {why}", "utf-8")


def _ready_file(data: Path, name: str) -> Any:
    def ready() -> None:
        (data / "run").mkdir(parents=True, exist_ok=True)
        (data / "run" / f"{name}.ready").touch()

    return ready


def doctor(data: DataOption = None, json: JsonOption = False) -> None:
    """Ask every configured service whether it answers. Exit 1 when one does not."""
    import asyncio

    from pipeline.cli import health
    from pipeline.cli.output import rows, working
    from pipeline.settings import load

    settings = load(data)
    with working("Asking", quiet=json):
        found = asyncio.run(health.check(settings))
    rows(("what", "is", "detail"), found, as_json=json)
    if any(row["is"] == "wrong" for row in found):
        raise typer.Exit(1)


@config.command("show")
def config_show(data: DataOption = None, json: JsonOption = False) -> None:
    """Every setting, its value, and where it comes from. Secrets are masked."""
    from pipeline.cli.output import rows
    from pipeline.settings import describe

    rows(("setting", "value", "origin", "meaning"), describe(data), as_json=json)

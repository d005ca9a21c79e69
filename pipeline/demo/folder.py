"""The demo's data folder: a fresh one each time, or one that is named and kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from pipeline.settings import CACHE_VARIABLE
from schemas.errors import ConfigurationError

DEFAULT = Path(".entrega/demo")
MARK = "# Written by `entrega demo` at each of its runs; it leaves a file without this line alone.\n"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a demo: Ctrl-C, a stop from outside, the terminal's window closed."""
SENDER = {"email_sender": "faturas@vale-escondido.example", "twilio_sender": "+351900000900"}


def forget_environment() -> list[str]:
    """Take ENTREGA_* settings out of this process's environment, and so out of its children's; gives their names.

    They outrank the folder's file: with them the demo could write into somebody's broker, or mail real people.
    """
    names = [name for name in os.environ if name.startswith("ENTREGA_") and name != CACHE_VARIABLE]
    for name in names:
        del os.environ[name]
    return sorted(names)


def prepare(data: Path, *, fresh: bool) -> None:
    """Make the folder ready: emptied where it is the demo's own and `fresh` is asked for.

    Raises ConfigurationError where something runs in it, or where it is not a folder that the demo made.
    """
    from pipeline import embedded, kept

    settings = data / "entrega.toml"
    if data.exists() and any(data.iterdir()) and not _ours(settings):
        raise ConfigurationError(f"{data} is not empty and was not made by `entrega demo`: it is left as it is")
    if kept.kept(data) is not None:
        raise ConfigurationError(
            f"something runs in {data}: end that demo (Ctrl-C), or stop it with `entrega down --data {data}`"
        )
    if data.exists():
        embedded.stop(data)  # left behind by a demo that was killed
        if fresh:
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_settings(data: Path, values: Mapping[str, str]) -> None:
    """`entrega.toml` with these values; a JSON string is a TOML one."""
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
    fresh = data / "entrega.toml.new"
    fresh.touch(mode=0o600)
    fresh.write_text(MARK + "".join(lines), "utf-8")
    fresh.replace(data / "entrega.toml")


def _ours(settings: Path) -> bool:
    return settings.is_file() and settings.read_text("utf-8", "replace").startswith(MARK)

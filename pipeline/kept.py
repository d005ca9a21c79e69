"""What a keeper says of itself in `run/keeper.json`, and the locks that leave each data folder one keeper.

`run/keeper.lock` is held by the keeper as long as it lives; `run/up.lock` by the command that starts or stops it, so
that of two at once the second finds what the first did. The file stays behind when the keeper is killed: that tells a
crash from a stop. It names its folder, for a copied folder brings the file of a stranger along.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipeline.embedded.processes import Identity, wait_gone
from pipeline.embedded.space import replace_file

if TYPE_CHECKING:
    from pipeline.settings import Settings

STOP_SECONDS = 9.0
"""So long a child may take to end."""
Marks = Mapping[str, str]
"""A keyed digest of each setting's value: they can be compared, and tell nothing."""


@dataclass(frozen=True)
class Kept:
    """A keeper and its children by name; `marks` are of the settings that a child was started with."""

    keeper: Identity
    children: dict[str, Identity] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    marks: dict[str, Marks] = field(default_factory=dict)
    ready: bool = False
    silent: dict[str, str] = field(default_factory=dict)
    """Since when a child gives no sign of life, UTC."""
    stranger: bool = False
    """Another release's, whose word is not understood: it is known by its command."""

    def write(self, data: Path) -> None:
        """Replace the file where it says something else. Raises OSError."""
        text = json.dumps({"folder": str(data.resolve()), **asdict(self)})
        path = _file(data)
        if not path.exists() or path.read_text() != text:
            replace_file(path, text)


def last(data: Path) -> Kept | None:
    """The keeper that was started last in this folder, and was not stopped: it runs, or it died. None: no such."""
    try:
        raw = json.loads(_file(data).read_text())
        keeper = Identity(**raw["keeper"])
    except (OSError, ValueError, KeyError, TypeError):  # none there
        return None
    try:
        if raw["folder"] != str(data.resolve()):
            return None
        children = {name: Identity(**child) for name, child in raw["children"].items()}
        return Kept(keeper, children, raw["deaths"], raw["marks"], raw["ready"], raw["silent"])
    except (KeyError, TypeError, AttributeError):  # another release wrote it
        return Kept(keeper, stranger=True) if _keeps(keeper, data) else None


def _keeps(keeper: Identity, data: Path) -> bool:
    """Whether a process is a keeper of this folder, by the command with which it was started."""
    try:
        words = Path(f"/proc/{keeper.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return (
        keeper.alive() and b"keep" in words and data.resolve() in (Path(os.fsdecode(word)).resolve() for word in words)
    )


def kept(data: Path) -> Kept | None:
    """The running keeper of a data folder, or None."""
    found = last(data)
    return found if found is not None and found.keeper.alive() else None


def forget(data: Path) -> None:
    """The keeper was stopped: nobody is to take it for dead."""
    _file(data).unlink(missing_ok=True)


def end_orphans(data: Path) -> None:
    """A killed keeper's children end by themselves (they were told when it died): wait for that, kill what is left."""
    found = last(data)
    if found is not None and not found.keeper.alive():
        for child in wait_gone(list(found.children.values()), STOP_SECONDS):
            child.signal(signal.SIGKILL)
        wait_gone(list(found.children.values()), 2)


@contextmanager
def alone(data: Path) -> Iterator[bool]:
    """Whether this process is the folder's one keeper; if so, it is until the block ends."""
    with _open(data, "keeper.lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def one_at_a_time(data: Path) -> Iterator[None]:
    """Starting and stopping: the next waits until this one is done."""
    with _open(data, "up.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def marks(settings: Settings) -> Marks:
    """The settings as they can be compared later; the key is the data folder's own, for passwords are short."""
    from pipeline.wiring import drawn

    key = drawn(settings, "instance").encode()[:64]
    return {
        name: blake2b(repr(_plain(value)).encode(), key=key, digest_size=12).hexdigest()
        for name, value in settings
        if name != "data"
    }


def changed(settings: Settings, found: Kept, child: str | None = None) -> list[str]:
    """Names of the settings that are others now than those with which a child, or any of them, was started. Those of
    another release are not known.
    """
    if found.stranger:
        return []
    now = marks(settings)
    asked = found.marks.values() if child is None else [found.marks.get(child, {})]
    return sorted({name for then in asked for name in now if then.get(name) != now[name]})


def _plain(value: object) -> object:
    from pydantic import SecretStr

    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _file(data: Path) -> Path:
    return data / "run" / "keeper.json"


def _open(data: Path, name: str) -> TextIO:
    folder = data / "run"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    return (folder / name).open("w")

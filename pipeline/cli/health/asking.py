"""What every question of `doctor` shares: how it says that something is wrong, and what it must see first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pipeline import kept
from pipeline.settings import Settings

Question = Callable[[], Awaitable[str]]
"""Its answer in words. It raises Wrong, or what the question itself failed with."""


class Wrong(Exception):
    """What answers, and is not as it should be: in words for the operator."""


def in_force(settings: Settings, *names: str) -> None:
    """Raises Wrong where what runs has other values: the file's answer would be about nobody."""
    running = kept.kept(settings.data)
    others = [name for name in kept.changed(settings, running) if name in names] if running else []
    if others:
        raise Wrong(f"what runs was started with another {' and another '.join(others)}; `entrega up` starts it anew")


def set_up(settings: Settings) -> None:
    """Raises Wrong for a folder that was never set up: to look at it must not fill it."""
    if not (settings.secrets / "key-ring").exists():
        raise Wrong(f"{settings.data} is not set up; `entrega up` does it")

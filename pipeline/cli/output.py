"""What commands print: rows for people or JSON for scripts on stdout, sentences on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from schemas.errors import Finding

T = TypeVar("T")
FOUND = 300
"""Letters of what was found that are shown; --json has them all."""


def json_line(row: Any) -> None:
    """One JSON value and a line break on stdout. Dates as ISO 8601, decimals as strings."""
    import orjson

    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    try:
        line = orjson.dumps(row, default=str, option=options)
    except TypeError:  # a file's name that is no UTF-8
        line = orjson.dumps(_in_utf8(row), default=str, option=options)
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _in_utf8(value: Any) -> Any:
    r"""Texts of which no byte is lost: what stands for a byte that is no letter is written as `\udce9`."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_in_utf8(key): _in_utf8(each) for key, each in value.items()}
    return [_in_utf8(each) for each in value] if isinstance(value, (list, tuple)) else value


def say(text: str) -> None:
    """A sentence for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def complain(text: str, findings: Iterable[Finding] = ()) -> None:
    """What is wrong, and for each finding where and what was found."""
    say(f"entrega: {text}")
    for finding in findings:
        say(f"  {finding_line(finding)}")


def finding_line(finding: Finding) -> str:
    """Where, which rule, what it says, what was found."""
    from pipeline.cli.tables import SENTENCE, shown

    found = f"; found {shown(repr(finding.found), FOUND)}" if finding.found is not None else ""
    expected = f", expected {shown(repr(finding.expected), SENTENCE)}" if finding.expected is not None else ""
    place = f"{finding.place}: " if finding.place else ""
    return shown(f"{place}{finding.rule}: {finding.message}", SENTENCE) + found + expected


@contextmanager
def counting(doing: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr that tells how many are done: call what this gives with how many more are."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda more: progress.advance(task, more)


@contextmanager
def working(doing: str, *, quiet: bool) -> Iterator[None]:
    """A sign at the terminal that something is done whose length nobody knows."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


def rows(
    columns: Sequence[str], found: Iterable[Mapping[str, Any]], *, as_json: bool, title: str | None = None
) -> None:
    """The same rows either way."""
    if as_json:
        for row in found:
            json_line(dict(row))
    else:
        from pipeline.cli.tables import table

        table(columns, found, title=title)

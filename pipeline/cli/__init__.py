"""The command line. Each command imports what it needs when it is called: `entrega --help` answers at once.

Every command takes `--json`: one object, or one line a row, on stdout; people's words go to stderr. Exit 0 done, 1 some
document failed, 2 called wrongly or not configured.
"""

from __future__ import annotations

import errno
import io
import sys
from typing import Any


def main() -> None:
    """Entry point of the `entrega` command."""
    from pipeline.cli.app import build

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a letter that it has not is written as \u015b, and nothing ends for it
            stream.reconfigure(errors="backslashreplace")
    try:
        code = build()(standalone_mode=False)
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(_explain(error))
    # out of standalone mode click gives back the code of an Exit instead of raising it
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: BaseException) -> int:
    """A person's sentence for what ended the command; a bug keeps its traceback."""
    from pipeline.cli.output import complain
    from schemas.errors import ConfigurationError, PermanentError, TransientError

    name = type(error).__name__
    if isinstance(error, KeyboardInterrupt) or name in ("Abort", "Exit"):
        code: Any = getattr(error, "exit_code", 1 if name == "Abort" else 0)
        return 130 if isinstance(error, KeyboardInterrupt) else int(code)
    if isinstance(error, ConfigurationError):
        complain(error.text, error.findings)
        return 2
    if isinstance(error, (PermanentError, TransientError)):
        complain(f"{error.text} [{error.reason}]", error.findings)
        return 1
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain(f"{error.filename or 'the data folder'}: the disk is full")
        return 1
    if isinstance(error, OSError) and error.filename is not None:  # a path that cannot be read or written
        complain(f"{error.filename}: {error.strerror}")
        return 2
    if hasattr(error, "format_message"):  # click's own: a wrong option, an unknown command
        complain(error.format_message())
        return 2
    raise error

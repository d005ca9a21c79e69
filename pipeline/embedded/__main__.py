"""`python -m pipeline.embedded prepare`: fetch what services and rules need, so that no start needs a network."""

from __future__ import annotations

import sys

from pipeline.embedded import prepare
from schemas.errors import ConfigurationError


def main(arguments: list[str]) -> int:
    """The one command; 0 done, 2 called wrongly or not to be had."""
    if arguments != ["prepare"]:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        prepare(progress=lambda text: print(f"setup: {text}", file=sys.stderr))
    except ConfigurationError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
